/** What was counted is sent when the process ends, however it ends, once. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inMatrix } from '../support/libraries.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { type App, type Exit, runApp } from '../support/run-app.ts';

let receiver: Receiver;
beforeEach(async () => void (receiver = await startReceiver()));
afterEach(() => receiver.close());

const METRICS = { OTEL_METRICS_EXPORTER: 'otlp', OTEL_TRACES_EXPORTER: 'none' };

/** @param steps what `test/fixtures/counting.cjs` does, one after the other */
function run(steps: string, env: Record<string, string> = {}): App {
  return runApp({
    receiver,
    file: 'counting.cjs',
    args: steps.split(' '),
    env: { ...METRICS, ...env },
    stdin: true,
  });
}

/** Of requests served. The last state of cumulative sums; of deltas, the sum. */
function served(temporality: 'cumulative' | 'delta' = 'cumulative'): number {
  const counts = receiver.metrics().map((all) => {
    const metric = all.find(({ name }) => name === 'http.server.request.duration');
    return metric?.points.reduce((count, point) => count + point.count!, 0) ?? 0;
  });
  return temporality === 'delta' ? counts.reduce((a, b) => a + b, 0) : (counts.at(-1) ?? 0);
}

/** By then the answer to the last one has been read. */
async function nextExport(): Promise<void> {
  const { length } = receiver.metrics();
  await receiver.waitForMetrics((all) => all.length > length);
}

describe.skipIf(inMatrix)('the last interval', () => {
  it.each<[string, Partial<Exit>]>([
    ['natural', { code: 0 }],
    ['exit', { code: 3 }],
    ['throw', { code: 1 }],
  ])('is sent at the end of the process (%s)', async (end, expected) => {
    const exit = await run(`requests:5 ${end}`).exited;
    expect(exit).toMatchObject(expected);
    expect(served()).toBe(5);
    expect(receiver.requests.length).toBe(1);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('is sent at %s', async (signal) => {
    const app = run('requests:5 wait');
    await app.line((line) => line?.ready === true);
    expect(await app.stop(signal)).toMatchObject({ signal, stderr: '' });
    expect(served()).toBe(5);
  });

  it('has what worker threads counted that have ended by then', async () => {
    const exit = await run('worker:3 worker:4 requests:5').exited;
    expect(exit).toMatchObject({ code: 0, stderr: '' });
    expect(served()).toBe(12);
    const active = receiver
      .metrics()
      .at(-1)!
      .find(({ name }) => name === 'http.server.active_requests')!;
    expect(active.points.map(({ value }) => value)).toEqual([0]);
  });

  it('of an app that exports on its own thread is sent once', async () => {
    const env = {
      FORETRACE_EXPORT_THREAD: 'off',
      OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'delta',
      OTEL_METRIC_EXPORT_INTERVAL: '200',
    };
    const app = run('requests:5 asked requests:4 exit', env);
    await receiver.waitForMetrics(() => served('delta') === 5);
    await nextExport();
    app.send('go on');
    expect(await app.exited).toMatchObject({ code: 3, stderr: '' });
    expect(served('delta')).toBe(9);
  });

  it('of a script that has counted nothing takes no time and no request', async () => {
    receiver.answerAlways({ delayMs: Infinity });
    const exit = await run('timed').exited;
    expect(exit).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(exit.stdout).ms).toBeLessThan(1000);
    expect(receiver.requests).toEqual([]);
  });
});

describe.skipIf(inMatrix)('an export thread that dies', () => {
  it.each(['delta', 'cumulative'] as const)(
    'neither loses nor repeats a request (%s)',
    async (temporality) => {
      const env = {
        OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: temporality,
        OTEL_METRIC_EXPORT_INTERVAL: '200',
      };
      const app = run('worker:3 requests:5 asked kill requests:4 exit', env);
      await receiver.waitForMetrics(() => served(temporality) === 8, 15_000);
      const [before] = receiver.metrics().at(-1)!;
      await nextExport();
      app.send('go on');
      const exit = await app.exited;
      expect(exit.code).toBe(3);
      expect(exit.stderr).toMatch(
        /^foretrace: the export thread ended \(exit code 1\), it is started again in \d+ s\n$/,
      );
      expect(served(temporality)).toBe(12);
      const [after] = receiver.metrics().at(-1)!;
      if (temporality === 'cumulative') expect(after!.points[0]!.startNs).toBe(before!.points[0]!.startNs);
    },
  );
});
