/** Every minor version of @opentelemetry/api 1.x in an app that has a meter provider, logger provider and diagnostic logger of its own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, describe, expect, it } from 'vitest';
import { type ExpectedSpan, expectTrace } from '../support/expect-trace.ts';
import { startReceiver } from '../support/receiver.ts';
import { ROOT, runApp } from '../support/run-app.ts';

const MINORS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
const APP = join(ROOT, 'test/beside/api-app.cjs');

/** What an app gets that is the first to register, by the signals that its version has. */
const first = (minor: number) => ({
  diag: true,
  ...(minor >= 3 && { metrics: true, meter: `1.${minor}` }),
  ...(minor >= 10 && { logs: true, logger: `1.${minor}` }),
  errors: [],
});

const spansOf = (version: string): ExpectedSpan => ({
  name: `outer ${version}`,
  kind: 'INTERNAL',
  scope: 'app',
  children: [{ name: `inner ${version}`, kind: 'INTERNAL', scope: 'app' }],
});

async function run(versions: string[], env: Record<string, string> = {}, execArgv: string[] = []) {
  const receiver = await startReceiver();
  const app = runApp({
    file: APP,
    receiver,
    execArgv,
    env: { API_VERSIONS: versions.join(','), ...env },
  });
  const { code, stdout, stderr } = await app.exited;
  expect(code, stderr).toBe(0);
  const spans = receiver.spans();
  await receiver.close();
  return { answers: JSON.parse(stdout) as Record<string, unknown>, stderr, spans };
}

describe('an app’s own metrics, logs and diagnostics', () => {
  it.each(MINORS)(
    'with @opentelemetry/api 1.%i are registered, and its spans are recorded',
    async (minor) => {
      const version = `1.${minor}`;
      const { answers, stderr, spans } = await run([version]);
      expect(stderr).toBe('');
      expect(answers).toEqual({ [version]: first(minor) });
      expectTrace(spans, [spansOf(version)]);
    },
  );

  it('are registered once where the app has several versions: by the first, as each signal is', async () => {
    const { answers, stderr, spans } = await run(['1.4', '1.10', '1.9', '1.0']);
    expect(stderr).toBe('');
    expect(answers).toMatchObject({
      '1.4': { diag: true, metrics: true, meter: '1.4' },
      '1.10': { diag: true, metrics: false, meter: '1.4', logs: true, logger: '1.10' },
      '1.9': { diag: true, metrics: false, meter: '1.4' },
      '1.0': { diag: true },
    });
    expectTrace(spans, ['1.4', '1.10', '1.9', '1.0'].map(spansOf));
  });

  const folder = mkdtempSync(join(tmpdir(), 'foretrace-api-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(
    ['1.4', '1.9', '1.10'].flatMap((version) => [true, false].map((minify) => [version, minify] as const)),
  )(
    'with @opentelemetry/api %s bundled into the app (minified: %s) are registered',
    async (version, minify) => {
      const outfile = join(folder, `api-${version}-${minify}.cjs`);
      const contents = `export * from 'api-${version}'`;
      const stdin = { contents, resolveDir: join(ROOT, 'test/beside') };
      await build({ stdin, outfile, minify, bundle: true, platform: 'node', format: 'cjs' });
      const { answers, stderr, spans } = await run([version], { API_BUNDLE: outfile });
      expect(stderr).toBe('');
      expect(answers).toEqual({ [version]: first(Number(version.split('.')[1])) });
      expectTrace(spans, [spansOf(version)]);
    },
  );
});

describe('an app’s own tracing', () => {
  it.each(['1.0', '1.4', '1.9', '1.10'])(
    'with @opentelemetry/api %s is refused, with one line',
    async (version) => {
      const { answers, stderr, spans } = await run([version], { REGISTER_TRACES: '1' });
      expect(answers[version]).toMatchObject({ trace: false, context: false, propagation: false });
      expect(stderr.trim().split('\n')).toEqual([
        expect.stringMatching(
          /^foretrace: the app's own tracer provider, context manager and propagator .+ are not used.+ docs\/beside-others\.md\)$/,
        ),
      ]);
      expectTrace(spans, [spansOf(version)]);
    },
  );
});

describe('an API that was there before the preload', () => {
  it.each(['1.4', '1.10'])(
    'in version %s is used by all others, its own registrations stay',
    async (version) => {
      const { answers, stderr, spans } = await run(['1.0', '1.9', '1.10'], { API_EARLY: version }, [
        '--require',
        join(ROOT, 'test/beside/api-early.cjs'),
      ]);
      expect(stderr).toBe('');
      expect(answers).toMatchObject({
        '1.9': { metrics: false, meter: 'early' },
        '1.10': { meter: 'early' },
      });
      expectTrace(spans, ['1.0', '1.9', '1.10'].map(spansOf));
    },
  );

  it('with a tracer provider keeps the app’s spans, and one line says so', async () => {
    const { stderr, spans } = await run(['1.9'], { API_EARLY: '1.9', API_EARLY_TRACES: '1' }, [
      '--require',
      join(ROOT, 'test/beside/api-early.cjs'),
    ]);
    expect(stderr.trim().split('\n')).toEqual([
      expect.stringMatching(
        /^foretrace: another OpenTelemetry SDK was registered .+ before foretrace \(its tracer provider\)/,
      ),
    ]);
    expect(spans).toEqual([]);
  });
});
