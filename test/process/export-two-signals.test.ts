import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { buildExport, type ExportBuild } from '../fixtures/export/build.ts';
import { type LogsReceiver, startLogsReceiver } from '../support/logs-receiver.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { type App, runApp } from '../support/run-app.ts';

let built: ExportBuild;
let traces: Receiver;
let logs: LogsReceiver;
beforeAll(async () => void (built = await buildExport()));
afterAll(() => built.remove());
beforeEach(async () => {
  traces = await startReceiver();
  logs = await startLogsReceiver();
});
afterEach(async () => {
  await traces.close();
  await logs.close();
});

const EXIT_TIMEOUT_MS = 2500;

/** Spans and log records, each to a server of its own. */
function run(scenario: string, { batch = {}, ...rest }: { batch?: object } & Record<string, unknown>): App {
  return runApp({
    file: built.app,
    args: [scenario],
    agent: 'none',
    env: {
      SPANS: '3000',
      PIPELINE: JSON.stringify({
        exitTimeoutMs: EXIT_TIMEOUT_MS,
        otlp: { url: `${traces.url}/v1/traces` },
        batch,
        logs: { otlp: { url: logs.url }, batch },
        ...rest,
      }),
    },
    stdin: true,
  });
}

const isReady = (line: any): boolean => line?.ready === true;
const stats = async (app: App): Promise<any> => {
  app.send({ stats: true });
  return app.line((line) => line?.logs !== undefined);
};
const counts = (appended: number, exported: number, dropped = 0) => ({
  appended,
  exported,
  dropped,
  failed: 0,
});

describe('two signals of one process', () => {
  test('go out to their own endpoints, each under its scopes and the resource of the process', async () => {
    const app = run('steady', {});
    await app.line(isReady);
    app.send({ spans: 600 });
    app.send({ logs: 700 });
    app.send({ flush: 10_000 });
    expect(await app.line((line) => line?.flushed !== undefined)).toEqual({ flushed: true });
    expect(await stats(app)).toEqual({ ...counts(600, 600), logs: counts(700, 700) });
    expect(traces.spans().map(({ scope }) => scope.name)).toEqual(Array(600).fill('fixture-scope'));
    expect(logs.logs).toEqual(
      Array.from({ length: 700 }, (_, i) => ({
        eventName: `log ${i}`,
        scope: 'fixture-logger',
        resource: { 'service.name': 'fixture', 'process.pid': BigInt(app.child.pid!) },
      })),
    );
    app.send({ exit: true });
    expect(await app.exited).toMatchObject({ code: 0, stderr: '' });
  });

  test('both are bounded, each with its own line about what found its queue full', async () => {
    logs.fallSilent();
    traces.answerAlways({ delayMs: Infinity });
    const batch = { maxQueueSize: 100, maxExportBatchSize: 50, scheduleDelayMs: 50 };
    const app = run('steady', { batch, exitTimeoutMs: 1 });
    await app.line(isReady);
    app.send({ spans: 130 });
    app.send({ logs: 140 });
    expect(await stats(app)).toEqual({ ...counts(100, 0, 30), logs: counts(100, 0, 40) });
    await vi.waitFor(
      () => {
        expect(app.stderr).toContain(
          'the queue of 100 spans (OTEL_BSP_MAX_QUEUE_SIZE) is full, 30 spans dropped so far',
        );
        expect(app.stderr).toContain(
          'the queue of 100 log records (OTEL_BLRP_MAX_QUEUE_SIZE) is full, 40 log records dropped so far',
        );
      },
      { timeout: 20_000 },
    );
    app.send({ exit: true });
    const { stderr } = await app.exited;
    expect(stderr).toContain('100 spans and 100 log records lost at the end of the process');
  });

  test('lose nothing in a worker thread that exits right after its last record', async () => {
    const exit = await run('worker-exits', { exitTimeoutMs: 8000 }).exited;
    expect(exit).toMatchObject({ code: 0, stderr: '' });
    expect(traces.spans().length).toBe(3000);
    expect(logs.logs.map(({ eventName }) => eventName)).toEqual(
      Array.from({ length: 3000 }, (_, i) => `log ${i}`),
    );
  });
});

describe.each([true, false])('a server that never answers (export thread: %s)', (thread) => {
  const batch = { maxQueueSize: 100, maxExportBatchSize: 50, scheduleDelayMs: 50 };

  test('of traces does not hold up logs, and the end of the process is as bounded as with one signal', async () => {
    traces.answerAlways({ delayMs: Infinity });
    const app = run('steady', { thread, batch });
    await app.line(isReady);
    app.send({ spans: 130 });
    await traces.waitForRequests(1);
    for (let sent = 40; sent <= 800; sent += 40) {
      app.send({ logs: 40 });
      // oxlint-disable-next-line no-await-in-loop
      await vi.waitFor(() => expect(logs.logs.length).toBe(sent), { timeout: 20_000, interval: 5 });
    }
    expect(logs.mostOpen).toBe(1);
    expect(traces.requests.length).toBe(1);
    await vi.waitFor(
      async () => expect(await stats(app)).toEqual({ ...counts(100, 0, 30), logs: counts(800, 800) }),
      { timeout: 20_000 },
    );
    app.send({ flush: 50 });
    expect(await app.line((line) => line?.flushed !== undefined)).toEqual({ flushed: false });
    // These are still queued when the process ends.
    app.send({ logs: 20, exit: true });
    const start = performance.now();
    const exit = await app.exited;
    expect(performance.now() - start).toBeLessThan(EXIT_TIMEOUT_MS + 8000);
    expect(exit.code).toBe(0);
    expect(exit.stderr).toContain(`100 spans lost at the end of the process, after ${EXIT_TIMEOUT_MS} ms`);
    expect(exit.stderr).not.toContain('log record');
    expect(logs.logs.length).toBe(820);
  });

  test('of logs does not hold up traces', async () => {
    logs.fallSilent();
    const app = run('steady', { thread, batch });
    await app.line(isReady);
    app.send({ logs: 130 });
    await vi.waitFor(() => expect(logs.requests).toBe(1), { timeout: 20_000 });
    for (let sent = 40; sent <= 800; sent += 40) {
      app.send({ spans: 40 });
      // oxlint-disable-next-line no-await-in-loop
      await traces.waitFor(sent);
    }
    expect(logs.requests).toBe(1);
    await vi.waitFor(
      async () => expect(await stats(app)).toEqual({ ...counts(800, 800), logs: counts(100, 0, 30) }),
      { timeout: 20_000 },
    );
    app.send({ spans: 20, exit: true });
    const exit = await app.exited;
    expect(exit.code).toBe(0);
    expect(exit.stderr).toContain(
      `100 log records lost at the end of the process, after ${EXIT_TIMEOUT_MS} ms`,
    );
    expect(exit.stderr).not.toMatch(/\d spans? lost/);
    expect(traces.spans().length).toBe(820);
  });
});
