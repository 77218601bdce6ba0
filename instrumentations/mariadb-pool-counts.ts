/** What is counted of a pool of mariadb: it tells how many connections it has, and nothing of what happens to them. */
import { dbPools, isCountingPools, poolName } from '../src/semconv/db-pool.ts';
import { serverOf } from './mariadb-origin.ts';

interface Pool {
  activeConnections(): number;
  idleConnections(): number;
  taskQueueSize(): number;
}

const DEFAULT_PORT = 3306;

const pools = dbPools<Pool>((pool) => {
  const { host, port = DEFAULT_PORT, socketPath, database } = serverOf(pool) ?? {};
  const name = poolName(socketPath ?? host, port, database);
  return {
    name,
    idle: pool.idleConnections(),
    used: pool.activeConnections(),
    pending: pool.taskQueueSize(),
  };
});

export function countPool(opened: unknown): void {
  if (isCountingPools() && typeof (opened as Pool | undefined)?.activeConnections === 'function')
    pools.note(opened as Pool);
}
