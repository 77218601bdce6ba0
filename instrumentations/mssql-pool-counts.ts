/** What is counted of a pool of mssql, which makes connections of tedious. */
import { callbackOr, now, type Point, promise } from '../src/define.ts';
import { dbPools, isCountingPools, poolName } from '../src/semconv/db-pool.ts';

interface Pool {
  config?: { server?: string; port?: number; database?: string; pool?: { max?: number; min?: number } };
  size: number;
  available: number;
  pending: number;
  pool?: { max?: number; min?: number } | null;
}

const pools = dbPools<Pool>((of) => {
  const { config = {}, pool } = of;
  const name = poolName(config.server, config.port, config.database);
  // Before it is open and after it is closed, its getters throw.
  if (pool === undefined || pool === null) return { name, idle: 0, used: 0 };
  const { size, available: idle, pending } = of;
  return { name, idle, used: size - idle, pending, max: pool.max, idleMin: pool.min || undefined };
});

const file = 'lib/base/connection-pool.js';
const when = isCountingPools;

export const counted: readonly Point[] = [
  {
    file,
    when,
    target: 'prototype.acquire',
    ends: callbackOr(promise),
    before(pool: Pool) {
      pools.note(pool);
      return now();
    },
    after(pool: Pool, _: unknown, error: unknown, connection: object, sinceMs: number) {
      if (error === undefined) pools.acquired(pool, connection, sinceMs);
      else if ((error as { name?: unknown }).name === 'TimeoutError') pools.timedOut(pool);
    },
  },
  {
    file,
    when,
    target: 'prototype.release',
    before: (pool: Pool, [connection]: [object]) => pools.released(pool, connection),
  },
  {
    file: 'lib/tedious/connection-pool.js',
    when,
    target: 'prototype._poolCreate',
    ends: promise,
    before: now,
    after(pool: Pool, _: unknown, error: unknown, __: unknown, sinceMs: number) {
      if (error === undefined) pools.took('create', pool, now() - sinceMs);
    },
  },
];
