import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { inMatrix } from '../support/libraries.ts';
import { startMetricsApp } from '../support/metrics-app.ts';
import type { ReceivedMetric } from '../support/otlp-metrics.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';

let receiver: Receiver;
beforeAll(async () => void (receiver = await startReceiver()));
afterEach(() => receiver.clear());
afterAll(() => receiver.close());

const KINDS = {
  'http.server.request.duration': 'histogram',
  'http.server.active_requests': 'updown',
  orders: 'counter',
  'basket.size': 'histogram',
  'orders.open': 'updown',
  seen: 'observable',
  level: 'updown',
} as const;

/** Two intervals: one with a request and an order, then one with two of each. */
async function run(preference: string | undefined): Promise<{ stderr: string; metrics: ReceivedMetric[] }> {
  const app = startMetricsApp(receiver, {
    OTEL_METRIC_EXPORT_INTERVAL: '300',
    ...(preference !== undefined && { OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: preference }),
  });
  const url = await app.url('/order');
  const arrived = (name: string) => () =>
    receiver
      .metrics()
      .flat()
      .some((metric) => metric.name === name);
  await (await fetch(url)).text();
  await receiver.waitForRequests(() => Object.keys(KINDS).every((name) => arrived(name)()));
  await (await fetch(url)).text();
  await (await fetch(url)).text();
  const { stderr } = await app.stop();
  return { stderr, metrics: receiver.metrics().flat() };
}

function temporalities(metrics: ReceivedMetric[]): Record<string, unknown> {
  return Object.fromEntries(
    Object.keys(KINDS).map((name) => [
      name,
      [
        ...new Set(metrics.filter((metric) => metric.name === name).map(({ temporality }) => temporality)),
      ].join(),
    ]),
  );
}

const expected = (of: (kind: string) => string): Record<string, unknown> =>
  Object.fromEntries(Object.entries(KINDS).map(([name, kind]) => [name, of(kind)]));

/** Of the requests and of the orders of one kind. */
function sums(metrics: ReceivedMetric[]): { all: number[]; last: number[]; starts: bigint[] } {
  const counts = metrics
    .filter(({ name }) => name === 'http.server.request.duration')
    .map(({ points }) => points[0].count!);
  const orders = metrics
    .filter(({ name }) => name === 'orders')
    .map(({ points }) => points.find(({ attributes }) => attributes.kind === 'a')?.value ?? 0);
  const total = (values: number[]): number => values.reduce((sum, value) => sum + value, 0);
  return {
    all: [total(counts), total(orders)],
    last: [counts.at(-1)!, orders.at(-1)!],
    starts: metrics.filter(({ name }) => name === 'orders').map(({ points }) => points[0].startNs),
  };
}

describe.skipIf(inMatrix)('OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE', () => {
  it.each([undefined, 'cumulative', 'CUMULATIVE'])('%s sends sums since the start', async (preference) => {
    const { metrics, stderr } = await run(preference);
    expect(stderr).toBe('');
    expect(temporalities(metrics)).toEqual(expected(() => 'cumulative'));
    const { last, starts } = sums(metrics);
    expect(last).toEqual([3, 6]);
    expect(new Set(starts).size).toBe(1);
  });

  it('delta sends sums since the last export, but for what may shrink', async () => {
    const { metrics } = await run('delta');
    expect(temporalities(metrics)).toEqual(expected((kind) => (kind === 'updown' ? 'cumulative' : 'delta')));
    expect(sums(metrics).all).toEqual([3, 6]);
  });

  it('lowmemory does so too, but for what is observed', async () => {
    const { metrics } = await run('lowmemory');
    expect(temporalities(metrics)).toEqual(
      expected((kind) => (kind === 'counter' || kind === 'histogram' ? 'delta' : 'cumulative')),
    );
    expect(sums(metrics).all).toEqual([3, 6]);
  });

  it('is cumulative for any other word, with one line', async () => {
    const { metrics, stderr } = await run('both');
    expect(stderr).toBe(
      'foretrace: OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE="both" is not one of cumulative, delta, lowmemory, cumulative is used\n',
    );
    expect(temporalities(metrics)).toEqual(expected(() => 'cumulative'));
  });
});
