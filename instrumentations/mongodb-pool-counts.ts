/** What is counted of the pools of the MongoDB driver, one for each server: they emit events with all that happens. */
import { now, type Point } from '../src/define.ts';
import { dbPools, isCountingPools } from '../src/semconv/db-pool.ts';

interface Pool {
  address?: string;
  options?: { maxPoolSize?: number; minPoolSize?: number };
  totalConnectionCount: number;
  availableConnectionCount: number;
  /** Since 4.8; those that are being made count as used. */
  waitQueueSize?: number;
  closed?: boolean;
}

const pools = dbPools<Pool>((pool) => {
  const { address: name, options = {}, waitQueueSize: pending } = pool;
  const idle = pool.closed === true ? 0 : pool.availableConnectionCount;
  const used = pool.closed === true ? 0 : pool.totalConnectionCount - idle;
  // 0 is no limit.
  const { maxPoolSize, minPoolSize } = options;
  return { name, idle, used, pending, max: maxPoolSize || undefined, idleMin: minPoolSize || undefined };
});

/** Of the Connection Monitoring and Pooling specification. Before 6.9 events have no durations. */
interface PoolEvent {
  connectionId?: number | string;
  durationMS?: number;
  reason?: string;
}

/** When each connection of a pool was taken, by its id. */
const taken = new WeakMap<Pool, Map<unknown, number>>();

function heard(pool: Pool, [name, event]: [string, PoolEvent?]): void {
  if (event === undefined) return;
  const { connectionId: id, durationMS: ms, reason } = event;
  switch (name) {
    case 'connectionPoolCreated':
      pools.note(pool);
      break;
    case 'connectionReady':
      if (ms !== undefined) pools.took('create', pool, ms);
      break;
    case 'connectionCheckedOut': {
      let times = taken.get(pool);
      if (times === undefined) taken.set(pool, (times = new Map()));
      times.set(id, now());
      if (ms !== undefined) pools.took('wait', pool, ms);
      break;
    }
    case 'connectionCheckedIn': {
      const times = taken.get(pool);
      const sinceMs = times?.get(id);
      if (sinceMs === undefined) break;
      times?.delete(id);
      pools.took('use', pool, now() - sinceMs);
      break;
    }
    case 'connectionCheckOutFailed':
      if (reason === 'timeout') pools.timedOut(pool);
  }
}

export const counted: Point = {
  file: 'lib/cmap/connection_pool.js',
  target: 'ConnectionPool.prototype.emit',
  when: isCountingPools,
  before: heard,
};
