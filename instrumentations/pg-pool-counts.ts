/** What is counted of a pool of pg: connections, and what getting one takes. */
import { now, UNTRACED } from '../src/define.ts';
import { dbPools, poolName } from '../src/semconv/db-pool.ts';
import type { Client } from './pg-query.ts';

interface Pool {
  options?: { host?: string; port?: number; database?: string; max?: number; min?: number };
  Promise?: unknown;
  totalCount: number;
  idleCount: number;
  waitingCount: number;
  _clients?: Client[];
}

export const pgPools = dbPools<Pool>((pool) => {
  const { options = {}, totalCount, idleCount, waitingCount } = pool;
  // Clients know what a URL and the environment say.
  const { host, port, database } = pool._clients?.[0] ?? options;
  const name = poolName(host, port, database);
  return {
    name,
    idle: idleCount,
    used: totalCount - idleCount,
    pending: waitingCount,
    max: options.max,
    idleMin: options.min || undefined,
  };
});

const TIMEOUTS =
  /^(timeout exceeded when trying to connect|Connection terminated due to connection timeout)$/;

function got(pool: Pool, sinceMs: number, error: unknown, client: object | undefined): void {
  if (client !== undefined && client !== null) pgPools.acquired(pool, client, sinceMs);
  else if (TIMEOUTS.test(String((error as { message?: unknown } | undefined)?.message)))
    pgPools.timedOut(pool);
}

/** `pool.connect(callback?)`. A promise is looked at only where the app has asked for one: `pool.query` has a callback. */
export function asksForClient(pool: Pool, args: unknown[]): unknown {
  pgPools.note(pool);
  const sinceMs = now();
  const [callback] = args;
  if (typeof callback !== 'function') return pool.Promise === Promise ? sinceMs : UNTRACED;
  args[0] = function (this: unknown, error: unknown, client: object | undefined) {
    got(pool, sinceMs, error, client);
    return Reflect.apply(callback, this, arguments);
  };
  return UNTRACED;
}

export function gotClient(pool: Pool, _: unknown, error: unknown, client: object, sinceMs: number): void {
  got(pool, sinceMs, error, client);
}

/** What pools emit: `connect` with a new client, `release` with an error and the client. */
export function countEvent(pool: Pool, [event, first, client]: [string, object?, object?]): void {
  if (event === 'connect' && first !== undefined) pgPools.created(pool, first);
  else if (event === 'release' && client !== undefined) pgPools.released(pool, client);
}
