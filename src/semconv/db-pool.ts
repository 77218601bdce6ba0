import { now } from '../trace/clock.ts';

/** What a pool of connections tells of itself. */
export interface PoolReading {
  /** `db.client.connection.pool.name`, such as {@link poolName} makes; undefined while it is not known. */
  readonly name: string | undefined;
  readonly idle: number;
  readonly used: number;
  /** Requests that wait for a connection. */
  readonly pending?: number;
  /** Bounds that the app has set; absent where there is none. */
  readonly max?: number;
  readonly idleMin?: number;
  readonly idleMax?: number;
}

/** What of a pool is measured when it happens: `db.client.connection.create_time` and so on. */
export type PoolTime = 'create' | 'wait' | 'use';

/** Counts connections of pools. */
export interface PoolMeasure {
  /** Looks at a pool now and then, which is held weakly. */
  watch(pool: object, read: (pool: never) => PoolReading): void;
  time(what: PoolTime, name: string, ms: number): void;
  /** A request has waited too long. */
  timeout(name: string): void;
}

let measure: PoolMeasure | undefined;

export function setPoolMeasure(next: PoolMeasure | undefined): void {
  measure = next;
}

/** Whether connections are counted. It stays as it is once libraries are loaded. */
export function isCountingPools(): boolean {
  return measure !== undefined;
}

/** The pools of one library. */
export interface Pools<Pool extends object> {
  /** Notes that there is a pool: for whatever call of it comes first. */
  note(pool: Pool): void;
  /** A connection begins to be made. */
  creating(connection: object): void;
  created(pool: Pool, connection: object): void;
  /** A request that began at `sinceMs` has got a connection. */
  acquired(pool: Pool, connection: object, sinceMs: number): void;
  released(pool: Pool, connection: object): void;
  /** The same where the library has measured. */
  took(what: PoolTime, pool: Pool, ms: number): void;
  timedOut(pool: Pool): void;
}

/** @param read asked now and then */
export function dbPools<Pool extends object>(read: (pool: Pool) => PoolReading): Pools<Pool> {
  const known = new WeakSet<Pool>();
  const names = new WeakMap<Pool, string>();
  const making = new WeakMap<object, number>();
  const using = new WeakMap<object, number>();

  function nameOf(pool: Pool): string | undefined {
    let name = names.get(pool);
    if (name !== undefined) return name;
    name = read(pool).name;
    if (name !== undefined) names.set(pool, name);
    return name;
  }

  function took(what: PoolTime, pool: Pool, ms: number): void {
    const name = nameOf(pool);
    if (name !== undefined) measure?.time(what, name, ms);
  }

  /** How long ago something began. */
  function since(when: WeakMap<object, number>, connection: object, what: PoolTime, pool: Pool): void {
    const startMs = when.get(connection);
    if (startMs === undefined) return;
    when.delete(connection);
    took(what, pool, now() - startMs);
  }

  return {
    note(pool) {
      if (known.has(pool)) return;
      known.add(pool);
      measure?.watch(pool, read);
    },
    creating: (connection) => void making.set(connection, now()),
    created: (pool, connection) => since(making, connection, 'create', pool),
    acquired(pool, connection, sinceMs) {
      const ms = now();
      using.set(connection, ms);
      took('wait', pool, ms - sinceMs);
    },
    released: (pool, connection) => since(using, connection, 'use', pool),
    took,
    timedOut(pool) {
      const name = nameOf(pool);
      if (name !== undefined) measure?.timeout(name);
    },
  };
}

/** The name of a pool that has none: `server.address:server.port/db.namespace`, as the conventions put it together. */
export function poolName(
  address: unknown,
  port: unknown,
  namespace: string | null | undefined,
): string | undefined {
  if (typeof address !== 'string' || address === '') return undefined;
  const isPath = address.startsWith('/');
  const server = isPath || port === undefined ? address : `${address}:${String(port)}`;
  return namespace === undefined || namespace === null || namespace === ''
    ? server
    : `${server}/${namespace}`;
}
