import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { NODE, ROOT, type RunOptions, runApp } from '../support/run-app.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';

const [major, minor] = execFileSync(NODE, ['-p', 'process.versions.node'], { encoding: 'utf8' })
  .split('.')
  .map(Number);
const atLeast = (...wanted: number[]): boolean =>
  major > wanted[0] || (major === wanted[0] && minor >= wanted[1]);

let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver();
});
afterEach(() => receiver.clear());
afterAll(() => receiver.close());

/** Runs one app to its end and returns its spans in short, the order of export aside. */
async function spansOf(options: RunOptions): Promise<string[]> {
  const { stdout, stderr, code } = await runApp({
    receiver,
    ...options,
    env: { NODE_NO_WARNINGS: '1', ...options.env },
  }).exited;
  expect({ stdout, stderr, code }).toEqual({ stdout: 'done\n', stderr: '', code: 0 });
  const spans = receiver.spans();
  return spans
    .map(({ kind, name, spanId, parentSpanId }) => {
      const parent = spans.find((other) => other.spanId === parentSpanId);
      return `${kind} ${name}${parent === undefined ? '' : ` in ${parent.kind}`}${spanId === '' ? '!' : ''}`;
    })
    .toSorted();
}

const expected = ['CLIENT GET', 'SERVER GET /users/:id in CLIENT'];

for (const agent of ['import', 'require'] as const) {
  describe(`the spans of an app under --${agent} are the same`, () => {
    it.each([
      ['named imports', 'named.mjs'],
      ['default imports', 'default.mjs'],
      ['namespace imports', 'namespace.mjs'],
      ['dynamic imports', 'dynamic.mjs'],
      ['dynamic imports from CommonJS', 'import-from.cjs'],
      ['createRequire', 'create-require.mjs'],
      ['require', 'require.cjs'],
      ['an ES module that is required', 'require-esm.cjs'],
      ...(atLeast(22, 3) || (major === 20 && minor >= 16)
        ? [['process.getBuiltinModule', 'builtin.cjs']]
        : []),
    ])('by %s', async (_shape, file) => {
      expect(await spansOf({ file: `preload/shapes/${file}`, agent })).toEqual(expected);
    });
  });
}

describe('the real agent', () => {
  const file = 'preload/shapes/named.mjs';

  it('gives each request one server span when two copies of it are preloaded', async () => {
    const copy = mkdtempSync(join(tmpdir(), 'foretrace-copy-'));
    try {
      for (const part of ['package.json', 'register.mjs', 'register.cjs', 'dist'])
        cpSync(`${ROOT}${part}`, join(copy, part), { recursive: true });
      symlinkSync(`${ROOT}node_modules`, join(copy, 'node_modules'), 'dir');
      const execArgv = [
        '--import',
        pathToFileURL(join(copy, 'register.mjs')).href,
        '--require',
        join(copy, 'register.cjs'),
      ];
      expect(await spansOf({ file, execArgv })).toEqual(expected);
    } finally {
      rmSync(copy, { recursive: true });
    }
  });

  it('traces from NODE_OPTIONS', async () => {
    const NODE_OPTIONS = `--import=${pathToFileURL(`${ROOT}register.mjs`).href}`;
    expect(await spansOf({ file, agent: 'none', env: { NODE_OPTIONS } })).toEqual(expected);
  });

  it('leaves nothing in a process with OTEL_SDK_DISABLED=true', async () => {
    expect(await spansOf({ file, env: { OTEL_SDK_DISABLED: 'true' } })).toEqual([]);
  });

  it('leaks no global and changes no limit or handler of the process', async () => {
    const code = `console.log(JSON.stringify([Object.keys(globalThis), Error.stackTraceLimit, typeof Error.prepareStackTrace, process.listenerCount('uncaughtException'),
      process.listenerCount('unhandledRejection'), process.listenerCount('SIGTERM'), process.listenerCount('SIGINT'), process.listenerCount('warning'), process.env.NODE_OPTIONS ?? null, process.exitCode ?? null]))`;
    const plain = await runApp({ eval: code, agent: 'none' }).exited;
    const traced = await runApp({ eval: code, receiver }).exited;
    expect(JSON.parse(traced.stdout)).toEqual(JSON.parse(plain.stdout));
    expect(traced.stderr).toBe('');
  });

  it('warns of a library that was loaded before it, and traces the rest', async () => {
    const early = ['--require', `${ROOT}node_modules/express/index.js`];
    const { stderr, stdout } = await runApp({ file: 'preload/shapes/require.cjs', execArgv: early, receiver })
      .exited;
    expect(stdout).toBe('done\n');
    expect(stderr).toMatch(
      /^foretrace: express \d+\.\d+\.\d+ was loaded before foretrace; it is not traced, preload foretrace first\n/,
    );
    expect(
      receiver
        .spans()
        .map(({ kind }) => kind)
        .toSorted(),
    ).toEqual(['CLIENT', 'SERVER']);
  });
});
