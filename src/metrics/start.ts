import type { Config } from '../config/table.ts';
import { clockAt, now } from '../trace/clock.ts';
import { measureHttp } from './http.ts';
import { measureOperations } from './operations.ts';
import { measurePools } from './pools.ts';
import { createMetrics, type Metrics } from './series.ts';

/**
 * Counts what this thread does.
 * @param addTable hands the table to the export side when there is something in it
 * @param atLast calls back before the last export of the process
 */
export function startMetrics(
  { exponential, exemplars, intervalMs }: Config['metrics'],
  threadTime: boolean,
  addTable: (shared: SharedArrayBuffer) => void,
  atLast: (callback: () => void) => void,
): Metrics {
  const unixMs = (): number => {
    const ms = now();
    return clockAt(ms).originMs + ms;
  };
  const metrics = createMetrics(exponential, exemplars, addTable, unixMs);
  measureHttp(metrics, threadTime);
  measureOperations(metrics);
  measurePools(metrics, intervalMs, atLast);
  return metrics;
}
