/** What is counted of a pool of mysql2: connections, and what getting one takes. */
import { now, type Point } from '../src/define.ts';
import { dbPools, isCountingPools, poolName } from '../src/semconv/db-pool.ts';
import type { MysqlOptions } from '../src/semconv/mysql.ts';

interface Pool {
  config: { connectionConfig?: MysqlOptions; connectionLimit?: number; maxIdle?: number };
  _allConnections: { length: number };
  _freeConnections: { length: number };
  _connectionQueue: { length: number };
}

const pools = dbPools<Pool>(({ config, _allConnections, _freeConnections, _connectionQueue }) => {
  const { host, port, socketPath, database } = config.connectionConfig ?? {};
  const name = poolName(socketPath ?? host, port, database);
  return {
    name,
    idle: _freeConnections.length,
    used: _allConnections.length - _freeConnections.length,
    pending: _connectionQueue.length,
    // 0 is no limit.
    max: config.connectionLimit || undefined,
    idleMax: config.maxIdle,
  };
});

/** Who waits for a connection that gets lost is put into the queue again. */
const waiting = new WeakSet<Function>();

function asks(pool: Pool, args: unknown[]): void {
  pools.note(pool);
  const sinceMs = now();
  const [callback] = args;
  if (typeof callback !== 'function' || waiting.has(callback)) return;
  const got = function (this: unknown, error: { code?: unknown } | null, connection: object | undefined) {
    if (connection !== undefined && connection !== null) pools.acquired(pool, connection, sinceMs);
    else if (error?.code === 'ETIMEDOUT') pools.timedOut(pool);
    return Reflect.apply(callback, this, arguments);
  };
  waiting.add(got);
  args[0] = got;
}

const when = isCountingPools;

/** Points of a pool's file. */
export const counted = (file: string, versions: string): Point[] => [
  { file, versions, when, target: 'prototype.getConnection', before: asks },
  {
    file,
    versions,
    when,
    target: 'prototype.releaseConnection',
    before: (pool: Pool, [connection]: [object]) => pools.released(pool, connection),
  },
  {
    file,
    versions,
    when,
    target: 'prototype.emit',
    before(pool: Pool, [event, connection]: [string, object]) {
      if (event === 'connection') pools.created(pool, connection);
    },
  },
];

/** Of the file of connections. */
export const connecting = {
  when,
  target: 'prototype.connect',
  before: (connection: object) => pools.creating(connection),
} satisfies Point;
