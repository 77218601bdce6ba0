/** From a measurement on the app's thread to the bytes that go out: the table in shared memory, its reader, the encoder. */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { key } from '../../../src/encode/key.ts';
import { block } from '../../../src/encode/span.ts';
import { type Collector, createCollector } from '../../../src/export/thread/metrics/collector.ts';
import { encodeMetric } from '../../../src/metrics/encode.ts';
import {
  DB_CLIENT_OPERATION_DURATION,
  HTTP_SERVER_ACTIVE_REQUESTS,
  HTTP_SERVER_REQUEST_DURATION,
} from '../../../src/metrics/instrument.ts';
import { createMetrics, type Metrics } from '../../../src/metrics/series.ts';
import { decodeMetrics, type ReceivedMetric } from '../../support/otlp-metrics.ts';

const warnings: string[] = [];
vi.mock('../../../src/log.ts', () => ({ log: { warn: (line: string) => warnings.push(line) } }));
beforeEach(() => void (warnings.length = 0));

const ROUTE = key('http.route');
const route = (text: string) => block([ROUTE, text]);
const ids = { t0: 1, t1: 2, t2: 3, t3: -4, s0: 5, s1: 6, flags: 1, traceState: undefined };

interface Thread {
  metrics: Metrics;
  shared: SharedArrayBuffer;
}

function thread(exponential = false): Thread {
  const made = {} as Thread;
  made.metrics = createMetrics(
    exponential,
    true,
    (shared) => void (made.shared = shared),
    () => 1_700_000_000_000,
  );
  return made;
}

/** What a collector would send, as a receiver sees it. */
function sent(collector: Collector): ReceivedMetric[] {
  return collector.collect().flatMap((metric) => {
    const record = encodeMetric(metric);
    const wrap = (tag: number, bytes: Uint8Array): Buffer => {
      const { length } = bytes;
      return Buffer.concat([
        Buffer.from([tag, (length & 0x7f) | 0x80, ((length >> 7) & 0x7f) | 0x80, length >> 14]),
        bytes,
      ]);
    };
    const scope = wrap(0x0a, Buffer.from([0x0a, 1, 0x78]));
    const request = wrap(
      0x0a,
      Buffer.concat([wrap(0x0a, Buffer.alloc(0)), wrap(0x12, Buffer.concat([scope, wrap(0x12, record)]))]),
    );
    return decodeMetrics(request, 'application/x-protobuf');
  });
}

describe('a histogram', () => {
  it('counts into the buckets of its instrument, a bound into the bucket below', () => {
    const one = thread();
    const series = one.metrics.histogram(HTTP_SERVER_REQUEST_DURATION, route('/a'));
    for (const value of [0, 0.005, 0.0051, 3, 10, 11]) series.record(value, undefined);
    const collector = createCollector('cumulative', false);
    collector.add(0, one.shared);
    const [metric] = sent(collector);
    expect(metric).toMatchObject({
      name: 'http.server.request.duration',
      unit: 's',
      kind: 'histogram',
      temporality: 'cumulative',
    });
    expect(metric.points[0]).toMatchObject({
      attributes: { 'http.route': '/a' },
      count: 6,
      buckets: [2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 1],
      min: 0,
      max: 11,
      exemplars: [],
    });
    expect(metric.points[0].sum).toBeCloseTo(24.0101);
  });

  it('ignores what is no number', () => {
    const one = thread();
    const series = one.metrics.histogram(HTTP_SERVER_REQUEST_DURATION, route('/a'));
    for (const value of [NaN, Infinity, -Infinity]) series.record(value, undefined);
    const collector = createCollector('cumulative', false);
    collector.add(0, one.shared);
    expect(sent(collector)).toEqual([]);
  });

  it('has the slowest sampled measurement of the interval for an exemplar', () => {
    const one = thread();
    const series = one.metrics.histogram(HTTP_SERVER_REQUEST_DURATION, route('/a'));
    series.record(9, undefined);
    series.record(0.5, { ...ids, s1: 7 });
    series.record(2, ids);
    series.record(1, { ...ids, s1: 8 });
    const collector = createCollector('cumulative', false);
    collector.add(0, one.shared);
    const exemplars = () => sent(collector)[0].points[0].exemplars;
    expect(exemplars()).toEqual([
      { value: 2, traceId: '000000010000000200000003fffffffc', spanId: '0000000500000006' },
    ]);
    collector.sent();
    expect(exemplars()).toEqual([]);
    series.record(0.1, ids);
    expect(exemplars()).toMatchObject([{ value: 0.1 }]);
  });

  it.each([
    ['cumulative', [3, 5], [0.1, 0.1], 'cumulative'],
    ['delta', [3, 2], [0.1, 0.4], 'delta'],
    ['lowmemory', [3, 2], [0.1, 0.4], 'delta'],
  ] as const)('of %s temporality', (temporality, counts, mins, said) => {
    const one = thread();
    const series = one.metrics.histogram(HTTP_SERVER_REQUEST_DURATION, route('/a'));
    let nowNs = 1n;
    const collector = createCollector(temporality, false, () => nowNs++);
    for (const value of [0.1, 0.2, 0.3]) series.record(value, undefined);
    collector.add(0, one.shared);
    const first = sent(collector);
    expect(first[0]).toMatchObject({ temporality: said, points: [{ count: counts[0], min: mins[0] }] });
    collector.sent();
    for (const value of [0.4, 0.5]) series.record(value, undefined);
    const [second] = sent(collector);
    expect(second.points[0]).toMatchObject({ count: counts[1], min: mins[1], max: 0.5 });
    expect(second.points[0].startNs === first[0].points[0].timeNs).toBe(said === 'delta');
    collector.sent();
    expect(sent(collector)).toHaveLength(said === 'delta' ? 0 : 1);
  });

  it('of delta temporality is sent again as a whole when it did not arrive', () => {
    const one = thread();
    const series = one.metrics.histogram(HTTP_SERVER_REQUEST_DURATION, route('/a'));
    const collector = createCollector('delta', false);
    series.record(1, undefined);
    collector.add(0, one.shared);
    sent(collector);
    series.record(2, undefined);
    expect(sent(collector)[0].points[0]).toMatchObject({ count: 2, sum: 3, min: 1, max: 2 });
  });
});

describe('an exponential histogram', () => {
  it('has the finest of our scales at which it fits', () => {
    const one = thread(true);
    const series = one.metrics.histogram(HTTP_SERVER_REQUEST_DURATION, route('/a'));
    for (const value of [0, 1, 1.5, 2, 4]) series.record(value, undefined);
    const collector = createCollector('cumulative', true);
    collector.add(0, one.shared);
    const [{ kind, points }] = sent(collector);
    expect(kind).toBe('exponentialHistogram');
    expect(points[0]).toMatchObject({ count: 5, sum: 8.5, zeros: 1, scale: 4, offset: -1 });
    // (base^i, base^(i+1)]: 1 in -1, 2 in 15, 4 in 31
    expect(points[0].buckets?.flatMap((count, i) => (count > 0 ? [i - 1] : []))).toEqual([-1, 9, 15, 31]);
    series.record(0.000_01, undefined);
    series.record(1000, undefined);
    const [wide] = sent(collector)[0].points;
    expect(wide.buckets!.length).toBeLessThanOrEqual(160);
    expect(wide).toMatchObject({ count: 7, scale: 2 });
    expect(wide.buckets!.reduce((a, b) => a + b, 0) + wide.zeros!).toBe(7);
  });
});

describe('the threads of a process', () => {
  it('add up, and one that has ended keeps its counts and loses what it had under way', () => {
    const collector = createCollector('cumulative', false);
    const both = [thread(), thread()];
    both.forEach(({ metrics }, i) => {
      metrics.histogram(HTTP_SERVER_REQUEST_DURATION, route('/a')).record(i + 1, undefined);
      metrics.sum(HTTP_SERVER_ACTIVE_REQUESTS, route('/a')).add(i + 1);
    });
    both.forEach(({ shared }, i) => collector.add(i, shared));
    const shown = () =>
      Object.fromEntries(
        sent(collector).map(({ name, points }) => [name, points.map((p) => p.count ?? p.value)]),
      );
    expect(shown()).toEqual({ 'http.server.request.duration': [2], 'http.server.active_requests': [3] });
    collector.ended(1);
    expect(shown()).toEqual({ 'http.server.request.duration': [2], 'http.server.active_requests': [1] });
  });
});

describe('the 2,001st set of attributes', () => {
  it('and all that follow are counted in one series, which is said once', () => {
    const one = thread();
    for (let i = 0; i < 2_010; i++)
      one.metrics.histogram(DB_CLIENT_OPERATION_DURATION, route(`/${i}`)).record(1, undefined);
    const collector = createCollector('cumulative', false);
    collector.add(0, one.shared);
    const [{ points }] = sent(collector);
    expect(points).toHaveLength(2_001);
    expect(points.find(({ attributes }) => attributes['otel.metric.overflow'] === true)?.count).toBe(10);
    expect(warnings).toEqual([
      'db.client.operation.duration has 2000 sets of attributes; all others are counted together (otel.metric.overflow)',
    ]);
    expect(one.metrics.isFull(DB_CLIENT_OPERATION_DURATION)).toBe(true);
    expect(one.metrics.isFull(HTTP_SERVER_REQUEST_DURATION)).toBe(false);
  });
});
