import { block } from '../encode/span.ts';
import { guarded } from '../guard.ts';
import { DB_CLIENT_CONNECTION_POOL_NAME, DB_CLIENT_CONNECTION_STATE } from '../semconv/keys.ts';
import { type PoolReading, setPoolMeasure } from '../semconv/db-pool.ts';
import {
  DB_CLIENT_CONNECTION_COUNT,
  DB_CLIENT_CONNECTION_CREATE_TIME,
  DB_CLIENT_CONNECTION_IDLE_MAX,
  DB_CLIENT_CONNECTION_IDLE_MIN,
  DB_CLIENT_CONNECTION_MAX,
  DB_CLIENT_CONNECTION_PENDING_REQUESTS,
  DB_CLIENT_CONNECTION_TIMEOUTS,
  DB_CLIENT_CONNECTION_USE_TIME,
  DB_CLIENT_CONNECTION_WAIT_TIME,
  type Instrument,
} from './instrument.ts';
import type { Histogram, Metrics, Sum } from './series.ts';

/** What pools have now: to be read at least so often, also where exports are rare, for a process that is killed loses the last. */
const MAX_READ_MS = 5_000;

const TIMES = {
  create: DB_CLIENT_CONNECTION_CREATE_TIME,
  wait: DB_CLIENT_CONNECTION_WAIT_TIME,
  use: DB_CLIENT_CONNECTION_USE_TIME,
} as const;

interface Watched {
  readonly pool: WeakRef<object>;
  readonly read: (pool: never) => PoolReading;
}

/** A value that is set, of a metric whose values are added up: several pools may have one name. */
interface Level {
  readonly sum: Sum;
  value: number;
  next: number;
}

/**
 * Counts connections of pools, read each `intervalMs` and, by `atLast`, before the process ends. How many there are is read now and then, which costs the calls nothing: a pool that the app forgets is no
 * longer there then, in whatever state it was.
 */
export function measurePools(
  metrics: Metrics,
  intervalMs: number,
  atLast: (callback: () => void) => void,
): void {
  const watched = new Set<Watched>();
  const levels = new Map<string, Level>();
  const times = new Map<string, Histogram>();
  const timeouts = new Map<string, Sum>();
  let timer: NodeJS.Timeout | undefined;

  function raise(instrument: Instrument, name: string, value: number | undefined, state?: string): void {
    if (value === undefined) return;
    const id = `${instrument.number} ${state} ${name}`;
    let level = levels.get(id);
    if (level === undefined) {
      const attributes = [DB_CLIENT_CONNECTION_POOL_NAME, name, DB_CLIENT_CONNECTION_STATE, state];
      level = { sum: metrics.sum(instrument, block(attributes)), value: 0, next: 0 };
      levels.set(id, level);
    }
    level.next += value;
  }

  const readAll = guarded('reading pools', () => {
    for (const level of levels.values()) level.next = 0;
    for (const one of watched) {
      const pool = one.pool.deref();
      if (pool === undefined) {
        watched.delete(one);
        continue;
      }
      const { name, idle, used, pending, max, idleMin, idleMax } = one.read(pool as never);
      if (name === undefined) continue;
      raise(DB_CLIENT_CONNECTION_COUNT, name, idle, 'idle');
      raise(DB_CLIENT_CONNECTION_COUNT, name, used, 'used');
      raise(DB_CLIENT_CONNECTION_PENDING_REQUESTS, name, pending);
      raise(DB_CLIENT_CONNECTION_MAX, name, max);
      raise(DB_CLIENT_CONNECTION_IDLE_MIN, name, idleMin);
      raise(DB_CLIENT_CONNECTION_IDLE_MAX, name, idleMax);
    }
    for (const level of levels.values()) {
      level.sum.add(level.next - level.value);
      level.value = level.next;
    }
  });

  setPoolMeasure({
    watch(pool, read) {
      watched.add({ pool: new WeakRef(pool), read });
      if (timer !== undefined) return;
      timer = setInterval(readAll, Math.min(intervalMs, MAX_READ_MS)).unref();
      atLast(readAll);
    },
    time(what, name, ms) {
      const id = `${what} ${name}`;
      let found = times.get(id);
      if (found === undefined) {
        found = metrics.histogram(TIMES[what], block([DB_CLIENT_CONNECTION_POOL_NAME, name]));
        times.set(id, found);
      }
      found.record(ms / 1000, undefined);
    },
    timeout(name) {
      let found = timeouts.get(name);
      if (found === undefined) {
        found = metrics.sum(DB_CLIENT_CONNECTION_TIMEOUTS, block([DB_CLIENT_CONNECTION_POOL_NAME, name]));
        timeouts.set(name, found);
      }
      found.add(1);
    },
  });
}
