import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { BatchOptions, ExportOptions, OtlpOptions } from '../../src/export/options.ts';
import { buildExport, type ExportBuild } from '../fixtures/export/build.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { type App, type Exit, NODE, runApp } from '../support/run-app.ts';

type Overrides = Partial<Omit<ExportOptions, 'otlp' | 'batch'>> & {
  otlp?: Partial<OtlpOptions>;
  batch?: Partial<BatchOptions>;
};

let built: ExportBuild;
let receiver: Receiver;
beforeAll(async () => void (built = await buildExport()));
afterAll(() => built.remove());
beforeEach(async () => void (receiver = await startReceiver()));
afterEach(() => receiver.close());

function run(
  scenario: string,
  overrides: Overrides = {},
  spans = 5000,
  execArgv: string[] = [],
  env: Record<string, string> = {},
): App {
  return runApp({
    file: built.app,
    args: [scenario],
    agent: 'none',
    execArgv,
    env: {
      ...env,
      SPANS: String(spans),
      PIPELINE: JSON.stringify({
        // The machine may be busy: the limit is not what these tests are about.
        exitTimeoutMs: 8000,
        ...overrides,
        otlp: { url: `${receiver.url}/v1/traces`, ...overrides.otlp },
      }),
    },
    stdin: true,
  });
}

/** The permission model with what exporting needs, but without threads. */
function permissionFlags(): string[] {
  const version = execFileSync(NODE, ['-p', 'process.versions.node'], { encoding: 'utf8' });
  const major = Number.parseInt(version, 10);
  const permission = major < 22 ? '--experimental-permission' : '--permission';
  // From 25 on the network needs a permission too.
  return [permission, '--allow-fs-read=*', ...(major < 25 ? [] : ['--allow-net'])];
}

const isReady = (line: any): boolean => line?.ready === true;

function expectAll(count = 5000): void {
  const spans = receiver.spans();
  expect(new Set(spans.map((span) => span.attributes.index)).size).toBe(count);
  expect(spans.length).toBe(count);
}

describe('nothing queued is lost when the process ends', () => {
  test.each<[string, string, Partial<Exit>]>([
    ['by itself', 'natural', { code: 0 }],
    ['by itself with process.exitCode', 'exit-code', { code: 5 }],
    ['by process.exit() at once', 'exit', { code: 3 }],
    ['by process.exit() later', 'exit-later', { code: 0 }],
  ])('%s', async (_, scenario, expected) => {
    const exit = await run(scenario).exited;
    expect(exit).toMatchObject({ signal: null, stdout: '', stderr: '', ...expected });
    expectAll();
  });

  test.each([
    ['by an uncaught exception', 'throw', 'Error: uncaught on purpose'],
    ['by an unhandled rejection', 'reject', 'Error: unhandled on purpose'],
  ])('%s, with the same stderr as without us', async (_, scenario, message) => {
    const [exit, bare] = await Promise.all([
      run(scenario).exited,
      run(scenario, { exitTimeoutMs: 0 }, 0).exited,
    ]);
    expect(exit).toMatchObject({ code: 1, signal: null, stdout: '' });
    expect(exit.stderr).toContain(message);
    expect(exit.stderr).toBe(bare.stderr);
    expectAll();
  });

  test('by process.exit() in an app that has taken any of the globals away', async () => {
    const names = (
      'Array ArrayBuffer Atomics BigInt Buffer DataView Date Error Float64Array Int32Array JSON Map Math Number Object Promise ' +
      'Reflect RegExp Set SharedArrayBuffer String Symbol URL Uint8Array WeakMap WeakRef clearImmediate clearInterval clearTimeout ' +
      'globalThis performance queueMicrotask setImmediate setInterval setTimeout structuredClone'
    ).split(' ');
    for (let i = 0; i < names.length; i += 4) {
      receiver.clear();
      const some = names.slice(i, i + 4);
      // oxlint-disable-next-line no-await-in-loop
      const exits = await Promise.all(
        some.map((WITHOUT) => run('exit-without', {}, 20, [], { WITHOUT }).exited),
      );
      for (const [at, exit] of exits.entries()) {
        expect(exit, some[at]).toMatchObject({ code: 3, stdout: 'heard', stderr: '' });
      }
      expect(receiver.spans().length, some.join(', ')).toBe(20 * some.length);
    }
  });

  test('a patched prototype costs at most the spans, not the exit code or a listener of the app', async () => {
    const exit = await run('exit-patched', {}, 20).exited;
    expect(exit).toMatchObject({ code: 3, stdout: 'heard' });
  });

  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('by %s that nobody listens to', async (signal) => {
    const app = run('wait');
    const ready = await app.line(isReady);
    // The app sees no listener of ours for signals, and one for 'exit'.
    expect(ready).toMatchObject({ listeners: 0, exit: 1 });
    expect(await app.stop(signal)).toMatchObject({ code: null, signal, stderr: '' });
    expectAll();
  });

  test("by the app's own SIGTERM listener, added before the first span", async () => {
    const app = run('listener-exits');
    await app.line(isReady);
    const exit = await app.stop();
    expect(exit).toMatchObject({ code: 0, signal: null, stderr: '' });
    expect(exit.stdout).toContain('{"got":"SIGTERM","listeners":1}');
    expectAll();
  });

  test("by the app's own SIGTERM listener, added after the first span, which may keep the process", async () => {
    const app = run('listener-late');
    await app.line(isReady);
    app.child.kill('SIGTERM');
    expect(await app.line((line) => line?.got)).toEqual({ got: 'SIGTERM', number: 15, listeners: 1 });
    const exit = await app.stop();
    expect(exit).toMatchObject({ code: 0, signal: null, stderr: '' });
    expectAll();
  });

  test('by a second SIGTERM after the app took its listener away', async () => {
    const app = run('listener-removed');
    await app.line(isReady);
    app.child.kill('SIGTERM');
    await app.line((line) => line?.got);
    expect(await app.stop()).toMatchObject({ code: null, signal: 'SIGTERM' });
  });

  test('by a top-level await that never settles, with exit code 13', async () => {
    const file = join(built.folder, 'unsettled.mjs');
    writeFileSync(
      file,
      `import { createRequire } from 'node:module';
       process.argv[2] = 'natural';
       createRequire(import.meta.url)('./app.cjs');
       await new Promise(() => {});`,
    );
    const exit = await runApp({
      file,
      agent: 'none',
      env: {
        SPANS: '700',
        PIPELINE: JSON.stringify({ exitTimeoutMs: 8000, otlp: { url: `${receiver.url}/v1/traces` } }),
      },
    }).exited;
    expect(exit.code).toBe(13);
    expectAll(700);
  });

  test.each(['flush', 'natural'])(
    'under --permission, where no thread may be made (%s)',
    async (scenario) => {
      const exit = await run(scenario, {}, 600, permissionFlags()).exited;
      expect(exit).toMatchObject({ code: 0 });
      if (scenario === 'flush') expect(exit.stdout).toContain('"flushed":true');
      expectAll(600);
    },
  );
});

test('process.exit() under --permission, where no thread may be made, does not wait for what cannot come', async () => {
  const exit = await run('exit', { exitTimeoutMs: 60_000 }, 600, permissionFlags()).exited;
  expect(exit).toMatchObject({ code: 3, signal: null });
  expect(exit.stderr).toMatch(/600 spans lost at the end of the process: .*--allow-worker/);
  expect(exit.durationMs).toBeLessThan(30_000);
});

describe('an end without anything to send', () => {
  test('starts no thread, makes no request and takes no time', async () => {
    receiver.answerAlways({ delayMs: Infinity });
    const exit = await run('nothing').exited;
    expect(exit).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(receiver.requests).toEqual([]);
  });

  test('by a signal is the default action, at once', async () => {
    const app = run('wait-idle');
    await app.line(isReady);
    expect(await app.stop()).toMatchObject({ code: null, signal: 'SIGTERM', stderr: '' });
  });
});

describe('exit code 7, of an uncaughtException listener that throws', () => {
  test('stays what it is; Node emits no exit event then, so the queue is lost', async () => {
    const [exit, bare] = await Promise.all([
      run('throw-in-handler', {}, 10).exited,
      run('throw-in-handler', { exitTimeoutMs: 0 }, 0).exited,
    ]);
    expect(exit.code).toBe(7);
    expect(exit.stderr).toBe(bare.stderr);
  });
});

describe('a collector that does not take the spans', () => {
  let blackHole: Server;
  const sockets = new Set<Socket>();
  beforeAll(async () => {
    blackHole = createTcpServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
    });
    await new Promise<void>((resolve) => blackHole.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => {
    for (const socket of sockets) socket.destroy();
    blackHole.close();
  });
  const port = (): number => (blackHole.address() as AddressInfo).port;

  async function exitDelay(scenario: string, overrides: Overrides): Promise<{ exit: Exit; delayMs: number }> {
    const exit = await run(scenario, overrides, 20, [], { SAY_DELAY: '1' }).exited;
    return { exit, ...(JSON.parse(exit.stdout) as { delayMs: number }) };
  }

  test.each(['natural', 'exit', 'throw'])(
    'because it answers nothing delays the end (%s) by the limit',
    async (scenario) => {
      const { exit, delayMs } = await exitDelay(scenario, {
        exitTimeoutMs: 700,
        otlp: { url: `http://127.0.0.1:${port()}/v1/traces` },
      });
      expect(exit.code).toBe({ natural: 0, exit: 3, throw: 1 }[scenario]);
      expect(exit.stderr).toMatch(/20 spans lost at the end of the process/);
      expect(delayMs).toBeGreaterThan(400);
      // 100 ms are ours; the rest is for a process that shares the machine with others.
      expect(delayMs).toBeLessThan(700 + 100 + 900);
    },
  );

  test('because nobody listens there does not delay the end by the whole limit', async () => {
    const { exit, delayMs } = await exitDelay('natural', {
      exitTimeoutMs: 6000,
      otlp: { url: 'http://127.0.0.1:9/v1/traces', timeoutMs: 900 },
    });
    expect(exit.code).toBe(0);
    expect(exit.stderr.trim().split('\n')).toEqual([
      expect.stringMatching(/cannot export to http:\/\/127\.0\.0\.1:9\/v1\/traces: ECONNREFUSED/),
      expect.stringMatching(/20 spans lost at the end of the process/),
    ]);
    expect(delayMs).toBeLessThan(2500);
  });

  test('does not keep a process from ending by a second Ctrl-C', async () => {
    const app = run(
      'wait',
      { exitTimeoutMs: 700, otlp: { url: `http://127.0.0.1:${port()}/v1/traces` } },
      20,
    );
    await app.line(isReady);
    const start = performance.now();
    app.child.kill('SIGINT');
    expect(await app.stop('SIGINT')).toMatchObject({ code: null, signal: 'SIGINT' });
    expect(performance.now() - start).toBeLessThan(700 + 100 + 900);
  });
});

describe('on the main thread (FORETRACE_EXPORT_THREAD=off)', () => {
  test.each<[string, number]>([
    ['natural', 0],
    ['exit', 3],
    ['throw', 1],
  ])('nothing queued is lost at the end (%s)', async (scenario, code) => {
    const exit = await run(scenario, { thread: false }).exited;
    expect(exit.code).toBe(code);
    // A batch under way is sent again by the thread of the last moment, so that it is not lost.
    expect(new Set(receiver.spans().map((span) => span.attributes.index)).size).toBe(5000);
  });

  test('a flush works and no thread is made', async () => {
    const app = run('flush', { thread: false });
    expect(await app.line((line) => line?.flushed !== undefined)).toEqual({
      flushed: true,
      stats: { appended: 5000, exported: 5000, dropped: 0, failed: 0 },
    });
    await app.exited;
    expectAll();
  });
});
