/** What an app measures through @opentelemetry/api. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ReceivedMetric } from '../support/otlp-metrics.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { type App, runApp } from '../support/run-app.ts';

let receiver: Receiver;
beforeAll(async () => void (receiver = await startReceiver()));
afterEach(() => receiver.clear());
afterAll(() => receiver.close());

function start(args: string[], env: Record<string, string> = {}): App {
  return runApp({
    file: 'own-metrics.cjs',
    args,
    receiver,
    env: { OTEL_METRICS_EXPORTER: 'otlp', OTEL_TRACES_EXPORTER: 'none', ...env },
  });
}

/** The app's own, of all exports. */
const own = (): ReceivedMetric[] =>
  receiver
    .metrics()
    .flat()
    .filter(({ scope }) => scope === 'shop');
const named = (name: string): ReceivedMetric => own().findLast((metric) => metric.name === name)!;
const points = (metric: ReceivedMetric): unknown[] =>
  metric.points.map(({ attributes, value }) => [attributes, value]);

function expectAll(): void {
  expect(named('orders')).toMatchObject({
    kind: 'sum',
    monotonic: true,
    temporality: 'cumulative',
    unit: '{order}',
    description: 'Orders "placed"\nso far',
  });
  expect(points(named('orders'))).toEqual([
    [{ kind: 'a' }, 3],
    [{ kind: 'b' }, 10],
  ]);
  expect(named('basket.size')).toMatchObject({ kind: 'histogram', unit: 'By', temporality: 'cumulative' });
  expect(named('basket.size').points).toMatchObject([
    { count: 4, sum: 555, min: 0, max: 500, bounds: [1, 10, 100], buckets: [1, 1, 1, 1] },
  ]);
  expect(named('orders.open')).toMatchObject({ kind: 'sum', monotonic: false, points: [{ value: 2 }] });
  expect(named('temperature')).toMatchObject({ kind: 'gauge', unit: 'Cel' });
  expect(points(named('temperature'))).toEqual([[{ room: 'a\n"b"\\' }, 21.5]]);
  expect(points(named('queue.length'))).toEqual([[{ queue: 'mail' }, 5]]);
  expect(named('seen')).toMatchObject({ kind: 'sum', monotonic: true, points: [{ value: 7 }] });
  expect(points(named('level'))).toEqual([[{ tank: 'left' }, -2]]);
}

describe('what an app measures', () => {
  it.each([
    ['at its natural end', 'none', 0],
    ['at process.exit', 'exit', 3],
    ['after an uncaught error', 'throw', 1],
  ])('arrives %s, with the exit code that the app wanted', async (_, what, wanted) => {
    const { code, stdout, stderr } = await start([what]).exited;
    expect({ code, stdout }).toEqual({ code: wanted, stdout: '' });
    if (what !== 'throw') expect(stderr).toBe('');
    expectAll();
    expect(named('orders').resource).toMatchObject({ 'telemetry.distro.name': 'foretrace' });
  });

  it('arrives after a signal, of an app that has no span', async () => {
    const app = start(['stay']);
    await app.listening();
    expect((await app.stop()).signal).toBe('SIGTERM');
    expectAll();
  });

  it('arrives where the export has no thread of its own', async () => {
    const { code } = await start(['exit'], { FORETRACE_EXPORT_THREAD: 'off' }).exited;
    expect(code).toBe(3);
    expectAll();
  });

  it('arrives once an interval while the app runs', async () => {
    const app = start(['stay'], { OTEL_METRIC_EXPORT_INTERVAL: '200' });
    const url = await app.url('/order');
    await receiver.waitForMetrics((all) => all.flat().some(({ name }) => name === 'orders'));
    await fetch(url);
    await receiver.waitForMetrics((all) =>
      all.flat().some(({ name, points: [first] }) => name === 'orders' && first.value === 4),
    );
    expect((await app.stop()).stderr).toBe('');
  });

  it('arrives when the provider is asked to flush', async () => {
    const app = start(['stay']);
    expect(await (await fetch(await app.url('/flush'))).text()).toBe('flushed');
    expectAll();
    await app.stop();
  });

  it('arrives of worker threads too, told apart by the thread', async () => {
    const { code, stdout, stderr } = await start(['worker']).exited;
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'worker 0\n', stderr: '' });
    const orders = own()
      .filter(({ name }) => name === 'orders')
      .flatMap(points);
    expect(orders).toHaveLength(4);
    expect(orders).toEqual(
      expect.arrayContaining([
        [{ kind: 'a' }, 3],
        [{ kind: 'b' }, 10],
        [{ kind: 'a', 'thread.id': 1 }, 3],
        [{ kind: 'b', 'thread.id': 1 }, 10],
      ]),
    );
  });
});

describe('what is no measurement', () => {
  it('neither reaches the app nor spoils what is one, and series are bounded', async () => {
    const { code, stdout, stderr } = await start(['none'], { NOISE: '1' }).exited;
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    for (const line of stderr.trim().split('\n'))
      expect(line).toMatch(/^foretrace: .+ failed, the app is not affected: /);
    expect(points(named('orders'))).toEqual([
      [{ kind: 'a' }, 3],
      [{ kind: 'b' }, 10],
    ]);
    expect(named('basket.size').points).toHaveLength(1);
    expect(points(named('noise'))).toEqual([[{}, 1]]);
    // Its points are in several messages.
    const series = own()
      .filter(({ name }) => name === 'orders.open')
      .flatMap((metric) => metric.points);
    expect(series).toHaveLength(2_000);
    const total = series.reduce((sum, { value }) => sum + value!, 0);
    expect(total).toBe(2 + 3 + 2_500);
    expect(series.filter(({ attributes }) => attributes['otel.metric.overflow'] === true)).toHaveLength(1);
  });
});

describe('sets of attributes', () => {
  it.each(['cumulative', 'delta'])(
    'are 2,000 over all intervals, and nothing is lost (%s)',
    async (preference) => {
      const app = runApp({
        eval: `
        const { metrics } = require('@opentelemetry/api');
        const counter = metrics.getMeter('shop').createCounter('users');
        const histogram = metrics.getMeter('shop').createHistogram('waits');
        const provider = metrics.getMeterProvider();
        async function run() {
          for (let round = 0; round < 4; round++) {
            for (let i = 0; i < 900; i++) counter.add(1, { user: round * 900 + i });
            for (let i = 0; i < 900; i++) histogram.record(1, { user: round * 900 + i });
            counter.add(1, { user: 0 });
            await provider.forceFlush();
          }
        }
        run();`,
        receiver,
        env: {
          OTEL_METRICS_EXPORTER: 'otlp',
          OTEL_TRACES_EXPORTER: 'none',
          OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: preference,
        },
      });
      const { code, stderr } = await app.exited;
      expect(code).toBe(0);
      const exports = receiver.metrics();
      if (preference === 'delta') {
        expect(stderr).toBe('');
        const all = exports.flat().flatMap((metric) => (metric.name === 'users' ? metric.points : []));
        expect(all.reduce((sum, { value }) => sum + value!, 0)).toBe(3_604);
        return;
      }
      expect(stderr.trim().split('\n')).toEqual([
        'foretrace: users has 2000 sets of attributes; all others are counted together (otel.metric.overflow)',
        'foretrace: waits has 2000 sets of attributes; all others are counted together (otel.metric.overflow)',
      ]);
      const last = exports.at(-1)!;
      const users = last.flatMap((metric) => (metric.name === 'users' ? metric.points : []));
      expect(users).toHaveLength(2_000);
      expect(users.reduce((sum, { value }) => sum + value!, 0)).toBe(3_604);
      expect(users.find(({ attributes }) => attributes.user === 0)).toMatchObject({ value: 5 });
      const waits = last.flatMap((metric) => (metric.name === 'waits' ? metric.points : []));
      expect(waits).toHaveLength(2_000);
      expect(waits.reduce((sum, { count }) => sum + count!, 0)).toBe(3_600);
    },
  );
});

describe('an app that never asks for a meter', () => {
  it('does not read what measures', async () => {
    const loaded = `console.log(Object.keys(require.cache).filter((file) => file.includes('metrics-own')).length)`;
    const env = { OTEL_METRICS_EXPORTER: 'otlp' };
    expect((await runApp({ eval: loaded, receiver, env, agent: 'require' }).exited).stdout).toBe('0\n');
    const asks = `require('@opentelemetry/api').metrics.getMeter('a'); ${loaded}`;
    expect((await runApp({ eval: asks, receiver, env, agent: 'require' }).exited).stdout).toBe('1\n');
  });

  it('nor does one that asks where no metrics are sent', async () => {
    const { stdout, stderr } = await start(['exit'], { OTEL_METRICS_EXPORTER: 'none' }).exited;
    expect({ stdout, stderr }).toEqual({ stdout: '', stderr: '' });
    expect(receiver.requests).toEqual([]);
  });
});
