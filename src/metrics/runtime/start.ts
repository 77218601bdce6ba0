import { guarded } from '../../guard.ts';
import { isTooLate, untilReading } from '../beat.ts';
import type { Metrics } from '../series.ts';
import { watchEventLoop } from './event-loop.ts';
import { watchGc } from './gc.ts';
import { readHeap } from './heap.ts';

/**
 * Measures the event loop and the heap of this thread, and writes both down once in each interval, shortly before it is exported.
 * @param beforeEnd calls back when the process ends, before the last export
 */
export function startRuntimeMetrics(
  metrics: Metrics,
  intervalMs: number,
  beforeEnd: (callback: () => void) => void,
): void {
  const parts = [watchEventLoop(metrics), watchGc(metrics), readHeap(metrics)];
  const read = (): void => {
    for (const part of parts) part();
  };
  const reading = guarded('the reading of runtime metrics', read);
  const beat = (): void => {
    next();
    // After all timers that are due: what blocked the loop until now is not in Node's histogram before its timer has fired as well.
    if (!isTooLate(intervalMs, process.uptime() * 1000)) setImmediate(reading).unref();
  };
  const next = (): void => {
    setTimeout(beat, untilReading(intervalMs, process.uptime() * 1000)).unref();
  };
  next();
  // A process that has not lived for an interval, and sends no metrics, is not put off for these.
  beforeEnd(() => {
    if (metrics.isUsed()) read();
  });
}
