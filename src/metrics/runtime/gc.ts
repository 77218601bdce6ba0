import { PerformanceObserver } from 'node:perf_hooks';
import { block } from '../../encode/span.ts';
import { guarded } from '../../guard.ts';
import { V8JS_GC_TYPE } from '../../semconv/keys-runtime.ts';
import { V8JS_GC_DURATION } from '../instrument.ts';
import type { Histogram, Metrics } from '../series.ts';

/** V8's kinds of collections. The second is the minor one of `--minor-ms`. */
const TYPES: Readonly<Record<number, string>> = {
  1: 'minor',
  2: 'minor',
  4: 'major',
  8: 'incremental',
  16: 'weakcb',
};

/** Of a process that makes a hundred collections in a second, and sends once in a minute. */
const MAX_WAITING = 6_000;

/**
 * Measures the collections of this thread's heap. As long as nothing else is counted, they wait for the first reading: a script that ends
 * before has nothing to send.
 * @returns what writes down those that happened up to now
 */
export function watchGc(metrics: Metrics): () => void {
  const byType = new Map<string, Histogram>();
  let waiting: [type: string, seconds: number][] = [];

  function record(type: string, seconds: number): void {
    let series = byType.get(type);
    if (series === undefined) {
      series = metrics.histogram(V8JS_GC_DURATION, block([V8JS_GC_TYPE, type]));
      byType.set(type, series);
    }
    series.record(seconds, undefined);
  }

  function take(entries: readonly { duration: number; detail?: unknown }[]): void {
    for (const { duration, detail } of entries) {
      const type = TYPES[(detail as { kind?: number } | undefined)?.kind ?? 0];
      if (type === undefined) continue;
      if (metrics.isUsed()) record(type, duration / 1000);
      else if (waiting.length < MAX_WAITING) waiting.push([type, duration / 1000]);
    }
  }

  const receive = guarded('the measurement of garbage collection', take);
  const observer = new PerformanceObserver((list) => receive(list.getEntries()));
  observer.observe({ entryTypes: ['gc'] });

  return () => {
    for (const [type, seconds] of waiting) record(type, seconds);
    waiting = [];
    receive(observer.takeRecords());
  };
}
