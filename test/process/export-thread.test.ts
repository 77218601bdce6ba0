import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { buildExport, type ExportBuild } from '../fixtures/export/build.ts';
import { decodeTraces } from '../support/otlp.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { type App, runApp } from '../support/run-app.ts';

let built: ExportBuild;
let receiver: Receiver;
beforeAll(async () => void (built = await buildExport()));
afterAll(() => built.remove());
beforeEach(async () => void (receiver = await startReceiver()));
afterEach(() => receiver.close());

function run(scenario: string, overrides: object = {}, spans = 5000, execArgv: string[] = []): App {
  return runApp({
    file: built.app,
    args: [scenario],
    agent: 'none',
    execArgv,
    env: {
      SPANS: String(spans),
      PIPELINE: JSON.stringify({
        exitTimeoutMs: 8000,
        otlp: { url: `${receiver.url}/v1/traces` },
        ...overrides,
      }),
    },
    stdin: true,
  });
}

const isReady = (line: any): boolean => line?.ready === true;
const distinct = (): number =>
  new Set(receiver.spans().map((span) => `${span.attributes.thread}/${span.attributes.index}`)).size;

describe('worker threads of the app', () => {
  test.each([
    ['that end by themselves', 'worker-natural', 0, 5000],
    ['that call process.exit()', 'worker-exits', 0, 5000],
    ['that are terminated right after their last span', 'worker-terminated', 0, 5000],
    ['in a process that exits right after their last span', 'worker-and-exit', 4, 5000],
    ['whose main thread was blocked and then exits', 'worker-blocked-main', 0, 5000],
    ['that have workers themselves', 'worker-nested', 0, 10_000],
  ])('lose no span: %s', async (_, scenario, code, count) => {
    const exit = await run(scenario).exited;
    expect(exit).toMatchObject({ code, signal: null, stderr: '' });
    expect(distinct()).toBe(count);
    expect(receiver.spans().length).toBe(count);
  });

  test('export by themselves in a process whose main thread has no pipeline', async () => {
    const file = join(built.folder, 'bare-main.cjs');
    writeFileSync(
      file,
      `const { Worker } = require('node:worker_threads');
       new Worker(require('node:path').join(__dirname, 'app.cjs'), { workerData: { scenario: 'natural' } });`,
    );
    const exit = await runApp({
      file,
      agent: 'none',
      env: {
        SPANS: '700',
        PIPELINE: JSON.stringify({ exitTimeoutMs: 8000, otlp: { url: `${receiver.url}/v1/traces` } }),
      },
    }).exited;
    expect(exit).toMatchObject({ code: 0, stderr: '' });
    expect(receiver.spans().length).toBe(700);
  });

  test('can flush', async () => {
    const app = run('worker-flush');
    expect(await app.line((line) => line?.flushed !== undefined)).toEqual({
      flushed: true,
      stats: { appended: 5000, exported: 5000, dropped: 0, failed: 0 },
    });
    expect((await app.exited).code).toBe(0);
  });

  test('lose no span without an export thread either', async () => {
    await run('worker-natural', { thread: false }).exited;
    expect(distinct()).toBe(5000);
  });
});

describe('the export thread', () => {
  test('keeps no process alive and adds nothing to its active resources', async () => {
    const app = run('resources', {}, 600);
    expect(await app.line((line) => line?.before)).toEqual({ before: [], after: [] });
    expect((await app.exited).code).toBe(0);
    expect(receiver.spans().length).toBe(600);
  });

  test('is not preloaded, neither by --import nor by NODE_OPTIONS', async () => {
    const preload = `data:text/javascript,${encodeURIComponent(
      "import { writeSync } from 'node:fs'; writeSync(2, 'preloaded\\n');",
    )}`;
    const app = runApp({
      file: built.app,
      args: ['natural'],
      agent: 'none',
      execArgv: ['--import', preload],
      env: {
        NODE_OPTIONS: `--import "${preload}"`,
        PIPELINE: JSON.stringify({ exitTimeoutMs: 8000, otlp: { url: `${receiver.url}/v1/traces` } }),
      },
    });
    // Once or twice for the main thread (the same module), never for the export thread.
    expect((await app.exited).stderr).toBe('preloaded\n');
    expect(receiver.spans().length).toBe(10);
  });

  test('is started by a full batch, long before the schedule delay', async () => {
    const app = run('steady');
    await app.line(isReady);
    app.send({ spans: 512 });
    await receiver.waitFor(512);
    app.child.kill('SIGKILL');
  });

  test('is started a second after the first span, and exports after the schedule delay', async () => {
    const app = run('steady', { batch: { scheduleDelayMs: 100 } });
    await app.line(isReady);
    app.send({ spans: 1 });
    await receiver.waitFor(1);
    app.send({ spans: 2 });
    await receiver.waitFor(3);
    app.child.kill('SIGKILL');
  });

  test('drops what the queue has no room for, counts it and says so', async () => {
    receiver.answerAlways({ delayMs: Infinity });
    const app = run('steady', { exitTimeoutMs: 1, batch: { maxQueueSize: 100, maxExportBatchSize: 50 } });
    await app.line(isReady);
    app.send({ spans: 130 });
    app.send({ stats: true });
    expect(await app.line((line) => line?.appended !== undefined)).toMatchObject({
      appended: 100,
      dropped: 30,
    });
    app.send({ exit: true });
    expect((await app.exited).code).toBe(0);
  });

  test.each([
    [512, 512],
    [512, 200],
    [300, 299],
  ])(
    'takes 1,000 spans a second out of a queue of %i in batches of %i, on a thread and without',
    // A machine that gives the other side no turn for 150 ms makes it drop some.
    { retry: 2 },
    async (maxQueueSize, maxExportBatchSize) => {
      // Longer than the test: only full batches wake the other side.
      const batch = { maxQueueSize, maxExportBatchSize, scheduleDelayMs: 600_000 };
      const apps = [true, false].map((thread) => run('rate', { thread, batch }, 2500));
      for (const app of apps) {
        // oxlint-disable-next-line no-await-in-loop
        const { stats } = await app.line((line) => line?.stats);
        expect(stats).toMatchObject({ appended: 2500, dropped: 0 });
        // oxlint-disable-next-line no-await-in-loop
        expect(await app.exited).toMatchObject({ code: 0, stderr: '' });
      }
      expect(receiver.spans().length).toBe(5000);
    },
  );

  test('is replaced after it died, and the spans of the time between are exported', async () => {
    const app = run('thread-dies', {}, 20);
    const exit = await app.exited;
    expect(exit.stderr).toMatch(/foretrace: the export thread ended \(.+\), it is started again in \d+ s/);
    expect(exit.code).toBe(0);
    expect(distinct()).toBe(20);
  });
});

describe('forceFlush and shutdown', () => {
  test('a flush resolves when everything is exported', async () => {
    const app = run('flush');
    expect(await app.line((line) => line?.flushed !== undefined)).toEqual({
      flushed: true,
      stats: { appended: 5000, exported: 5000, dropped: 0, failed: 0 },
    });
    expect((await app.exited).code).toBe(0);
  });

  test('a second shutdown has the result of the first, and later spans are ignored', async () => {
    const app = run('shutdown');
    expect(await app.line((line) => line?.results)).toEqual({
      results: [true, true, true],
      stats: { appended: 5000, exported: 5000, dropped: 0, failed: 0 },
    });
    expect(await app.exited).toMatchObject({ code: 0, stderr: '' });
    expect(receiver.spans().length).toBe(5000);
  });

  test('a shutdown ends within its limit when the collector is silent', async () => {
    receiver.answerAlways({ delayMs: Infinity });
    const app = run('shutdown-limited', {}, 10);
    const { results, tookMs } = await app.line((line) => line?.results);
    expect(results).toEqual([false]);
    expect(tookMs).toBeLessThan(1500);
    expect((await app.exited).code).toBe(0);
  });
});

describe('several exporters', () => {
  test('get the same spans; one that fails does not disturb the others', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'foretrace-out-'));
    try {
      const path = join(folder, 'traces.jsonl');
      const app = run('natural', { exporters: ['otlp', 'file', 'console'], file: { path } }, 3);
      const exit = await app.exited;
      expect(exit.stdout).toBe('');
      expect(exit.stderr.match(/^trace [0-9a-f]{32} · 1 span/gm)?.length).toBe(3);
      expect(receiver.spans().length).toBe(3);
      const written = readFileSync(path, 'utf8').trim().split('\n');
      expect(written.flatMap((line) => decodeTraces(Buffer.from(line), 'application/json'))).toEqual(
        receiver.spans(),
      );

      const broken = run('natural', { exporters: ['file', 'otlp'], file: { path: folder } }, 3);
      expect((await broken.exited).stderr).toMatch(/cannot write to '.*': EISDIR/);
      expect(receiver.spans().length).toBe(6);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('none makes no thread, no file and no request', async () => {
    const exit = await run('natural', { exporters: [] }, 5000).exited;
    expect(exit).toMatchObject({ code: 0, stderr: '' });
    expect(receiver.requests).toEqual([]);
  });
});
