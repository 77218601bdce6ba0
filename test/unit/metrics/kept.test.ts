/** An export side that takes the place of another: its thread died, or the process ends and it exported on the app's thread. */
import { describe, expect, it } from 'vitest';
import { key } from '../../../src/encode/key.ts';
import { block } from '../../../src/encode/span.ts';
import type { Kept } from '../../../src/export/messages.ts';
import { type Collector, createCollector } from '../../../src/export/thread/metrics/collector.ts';
import { isHistogram, type MetricData } from '../../../src/metrics/data.ts';
import { isFolded } from '../../../src/metrics/folded.ts';
import {
  HTTP_SERVER_ACTIVE_REQUESTS,
  HTTP_SERVER_REQUEST_DURATION,
} from '../../../src/metrics/instrument.ts';
import { createMetrics, type Metrics } from '../../../src/metrics/series.ts';

type Temporality = 'cumulative' | 'delta';

/** The memory of a process, and one export side after the other. */
function process(temporality: Temporality, exponential: boolean) {
  let kept: Kept | undefined;
  let clock = 0;
  const tables = new Map<number, SharedArrayBuffer>();
  return {
    thread(id: number, collector: Collector): Metrics {
      return createMetrics(
        exponential,
        true,
        (shared) => {
          tables.set(id, shared);
          collector.add(id, shared);
        },
        () => 0,
      );
    },
    side(): Collector {
      clock += 1000;
      const now = (): bigint => BigInt((clock += 10)) * 1_000_000n;
      const memory = { kept, keep: (made: Kept) => void (kept = made) };
      const collector = createCollector(temporality, exponential, now, memory);
      for (const [id, shared] of tables) collector.add(id, shared);
      return collector;
    },
    tables,
  };
}

const route = (text: string) => block([key('http.route'), text]);

function measure(metrics: Metrics, at: string, ...values: number[]): void {
  const series = metrics.histogram(HTTP_SERVER_REQUEST_DURATION, route(at));
  for (const value of values) series.record(value, undefined);
}

interface Seen {
  count: number;
  sum: number;
  startMs: number;
}

/** What a collection has of the one histogram. */
function seen(metrics: readonly MetricData[]): Seen {
  const points = metrics.flatMap(({ points }) => points.filter(isHistogram));
  return {
    count: points.reduce(
      (count, one) => count + one.counts.reduce((a, b) => a + b, 0) + (one.exponential?.zeros ?? 0),
      0,
    ),
    sum: Math.round(points.reduce((sum, one) => sum + one.sum, 0) * 1000) / 1000,
    startMs: points.length === 0 ? NaN : Number(points[0]!.startNs / 1_000_000n),
  };
}

function send(collector: Collector): Seen {
  const now = seen(collector.collect());
  collector.sent();
  return now;
}

describe.each([
  ['explicit', false],
  ['exponential', true],
])('the export side after another one, %s buckets', (_, exponential) => {
  it('sends with delta temporality what the one before had not sent, and nothing twice', () => {
    const app = process('delta', exponential);
    const first = app.side();
    const main = app.thread(0, first);
    const worker = app.thread(1, first);
    measure(main, '/a', 1, 2);
    measure(worker, '/a', 3);
    measure(worker, '/of the worker', 4);
    expect(send(first)).toMatchObject({ count: 4, sum: 10 });
    measure(main, '/a', 5);
    measure(worker, '/a', 6);
    first.ended(1);
    // It collects, and dies before an answer comes.
    const unsent = seen(first.collect());
    expect(unsent).toMatchObject({ count: 2, sum: 11 });

    const second = app.side();
    measure(main, '/new', 7);
    const sent = send(second);
    expect(sent).toMatchObject({ count: 3, sum: 18 });
    // The intervals are without a gap.
    expect(sent.startMs).toBe(unsent.startMs);
    expect(send(second)).toMatchObject({ count: 0 });
    measure(main, '/a', 8);
    expect(send(app.side())).toMatchObject({ count: 1, sum: 8 });
  });

  it('goes on with cumulative sums, those of ended threads included, from the same start', () => {
    const app = process('cumulative', exponential);
    const first = app.side();
    const main = app.thread(0, first);
    const worker = app.thread(1, first);
    measure(main, '/a', 1, 2);
    measure(worker, '/a', 3);
    first.ended(1);
    const before = send(first);
    expect(before).toMatchObject({ count: 3, sum: 6 });
    measure(main, '/a', 4);
    const second = app.side();
    expect(send(second)).toEqual({ count: 4, sum: 10, startMs: before.startMs });
    measure(main, '/a', 5);
    expect(send(second)).toEqual({ count: 5, sum: 15, startMs: before.startMs });
  });
});

describe('a thread that has ended', () => {
  it('needs its table no more, and what it had under way is gone', () => {
    const app = process('cumulative', false);
    const side = app.side();
    const worker = app.thread(1, side);
    measure(worker, '/a', 1);
    worker.sum(HTTP_SERVER_ACTIVE_REQUESTS, route('/a')).add(2);
    expect(isFolded(app.tables.get(1)!)).toBe(false);
    side.ended(1);
    expect(isFolded(app.tables.get(1)!)).toBe(true);
    // Its table may still be handed over, and is not counted again.
    const next = app.side();
    expect(send(next)).toMatchObject({ count: 1 });
    expect(next.state().find(({ kind }) => kind === 'updown')).toBeUndefined();
  });
});
