import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildStub, type Stub } from '../fixtures/preload/stub.ts';
import { NODE, runApp } from '../support/run-app.ts';

const version = execFileSync(NODE, ['-p', 'process.versions.node'], { encoding: 'utf8' }).trim();
const [major, minor] = version.split('.').map(Number);
const atLeast = (...wanted: number[]): boolean =>
  major > wanted[0] || (major === wanted[0] && minor >= wanted[1]);
const hasSqlite = atLeast(22, 15);
const stripsTypes = atLeast(22, 18);
const hasRegisterHooks = atLeast(22, 15) && major !== 23;

let stub: Stub;
beforeAll(async () => {
  stub = await buildStub();
});
afterAll(() => stub.remove());

interface Report {
  results: Record<string, string>;
  seen: string[];
  stderr: string;
}

async function run(
  file: string,
  preload: 'import' | 'require',
  env: Record<string, string> = {},
): Promise<Report> {
  const execArgv = stub.preloads.find(({ name }) => name === preload)!.execArgv;
  const app = runApp({
    file: `packages/apps/${file}`,
    agent: 'none',
    execArgv: ['--no-warnings=ExperimentalWarning', ...execArgv],
    env: { ...(hasSqlite && { SQLITE: '1' }), ...env },
  });
  const { stdout, stderr, code } = await app.exited;
  expect({ code, lines: stdout.trim().split('\n').length }, stderr).toEqual({ code: 0, lines: 1 });
  return { ...(JSON.parse(stdout) as Omit<Report, 'stderr'>), stderr };
}

const everything = (dual: 'cjs' | 'esm', sqlite = hasSqlite): Record<string, string> => ({
  'cjs-entry': 'traced factory',
  'cjs-entry named': 'traced named',
  'cjs-deep': 'traced query',
  'cjs-deep class': 'traced query',
  'esm-only': 'traced answer 42',
  'esm-only default': 'traced create',
  'esm-only class': 'traced query',
  'esm-only star': 'traced star',
  dual: `traced ${dual}`,
  '@scope/scoped': 'traced scoped',
  http: 'traced undefined',
  ...(sqlite && { sqlite: 'traced undefined' }),
});

const COUNT_HOOKS = fileURLToPath(new URL('../fixtures/preload/count-hooks.cjs', import.meta.url));

describe.skipIf(!hasRegisterHooks)('module hooks, which make each require slower,', () => {
  const registered = async (file: string, agent: 'import' | 'require'): Promise<number> => {
    const env = { OTEL_TRACES_EXPORTER: 'none', ...(hasSqlite && { SQLITE: '1' }) };
    const execArgv = ['--no-warnings=ExperimentalWarning', '--require', COUNT_HOOKS];
    const { stderr, code } = await runApp({ file: `packages/apps/${file}`, agent, execArgv, env }).exited;
    expect(code, stderr).toBe(0);
    return stderr.split('hooks registered').length - 1;
  };

  for (const agent of ['import', 'require'] as const) {
    it(`are left out of a CommonJS app under --${agent}`, async () => {
      expect(await registered('cjs-only.cjs', agent)).toBe(0);
    });

    it(`are left out where a required ES module imports CommonJS of its own under --${agent}`, async () => {
      expect(await registered('require-leaf.cjs', agent)).toBe(0);
    });

    it(`are put in place once an ES module is loaded under --${agent}`, async () => {
      expect(await registered('require-esm.cjs', agent)).toBeGreaterThan(0);
      expect(await registered('named.mjs', agent)).toBeGreaterThan(0);
      expect(await registered('import-from.cjs', agent)).toBeGreaterThan(0);
    });
  }
});

for (const preload of ['import', 'require'] as const) {
  describe(`an app under --${preload} gets patched modules`, () => {
    for (const [shape, file] of Object.entries({
      'named imports': 'named.mjs',
      'default imports': 'default.mjs',
      'namespace imports': 'namespace.mjs',
      'dynamic imports': 'dynamic.mjs',
      'dynamic imports from CommonJS': 'import-from.cjs',
    })) {
      it(`by ${shape}`, async () => {
        const { results, seen } = await run(file, preload);
        expect(results).toEqual(everything('esm'));
        expect(seen.toSorted()).toEqual([
          '@scope/scoped . commonjs 1.0.0-rc.1',
          'cjs-deep lib/client.js commonjs 8.1.0',
          'cjs-entry . commonjs 2.1.0',
          'dual . module 1.2.3',
          'esm-only . module 4.0.0',
          'esm-only lib/star.js module 4.0.0',
          'http . builtin',
          ...(hasSqlite ? ['sqlite . builtin'] : []),
        ]);
      });
    }

    // Node without `registerHooks` loads what a required ES module imports past every hook; the required file itself is seen.
    const star = hasRegisterHooks ? 'traced star' : 'star';

    for (const [shape, file] of Object.entries({
      require: 'require.cjs',
      createRequire: 'create-require.mjs',
    })) {
      it(`by ${shape}`, async () => {
        const { results } = await run(file, preload);
        expect(results).toEqual({ ...everything('cjs'), 'esm-only star': star });
      });
    }

    it.skipIf(!hasRegisterHooks)('by static imports of an ES module that is required', async () => {
      const { results } = await run('require-esm.cjs', preload);
      expect(results).toEqual(everything('esm'));
    });

    it('by an ES module that is one by its syntax only', async () => {
      const { results } = await run('no-type.js', preload);
      expect(results).toEqual(everything('esm', false));
    });

    it.skipIf(!stripsTypes)('by a TypeScript entry', async () => {
      const { results } = await run('typed.ts', preload);
      expect(results).toEqual(everything('esm', false));
    });

    it('with --preserve-symlinks', async () => {
      const app = runApp({
        eval: `require('../preload/report.cjs')({ entry: require('cjs-entry')(), star: typeof require('esm-only').star })`,
        agent: 'none',
        execArgv: ['--preserve-symlinks', ...stub.preloads.find(({ name }) => name === preload)!.execArgv],
        cwd: new URL('../fixtures/packages', import.meta.url).pathname,
      });
      const { stdout, stderr } = await app.exited;
      expect(JSON.parse(stdout || stderr).results).toEqual({ entry: 'traced factory', star: 'function' });
    });
  });
}

describe('loader hooks that are switched off', () => {
  it('leave ES-module packages alone, while CommonJS packages and builtins stay patched', async () => {
    const { results } = await run('named.mjs', 'import', { STUB_LOADER: 'off', SQLITE: '' });
    expect(results).toEqual({
      ...everything('esm', false),
      'esm-only': 'answer 42',
      'esm-only default': 'create',
      'esm-only class': 'query',
      'esm-only star': 'star',
      dual: 'esm',
    });
  });
});

describe('an import that tries to break out of a wrapper', () => {
  const hostile = [
    `esm-only/"+process.exit(7)+"`,
    `esm-only/'+process.exit(7)+'`,
    'esm-only\n;process.exit(7);//',
    'esm-only */ process.exit(7) /*',
    'esm-only?"}process.exit(7)',
    'esm-only#`${process.exit(7)}`',
    'esm-only\u2028process.exit(7)',
    'esm-only\\u0022',
    '__proto__',
  ];
  const files = [
    '?"+process.exit(7)+"',
    '#*/process.exit(7)/*',
    "?'\u2028;process.exit(7)",
    '?a=`${process.exit(7)}`',
    '?iitm=true"',
  ];

  it('fails or loads as without us, and runs nothing', async () => {
    const code = `
      const { pathToFileURL } = require('node:url');
      const file = pathToFileURL(require.resolve('esm-only')).href;
      (async () => {
        const outcomes = [];
        for (const specifier of ${JSON.stringify(hostile)}) {
          outcomes.push(await import(specifier).then(() => 'loaded', () => 'failed'));
        }
        for (const ending of ${JSON.stringify(files)}) {
          outcomes.push(await import(file + ending).then(({ answer }) => answer(), (error) => 'failed ' + error.message));
        }
        console.log(JSON.stringify(outcomes));
      })();`;
    const app = runApp({
      eval: code,
      agent: 'none',
      execArgv: stub.preloads[0].execArgv,
      cwd: new URL('../fixtures/packages', import.meta.url).pathname,
    });
    const { stdout, stderr, code: exitCode } = await app.exited;
    expect(exitCode, stderr).toBe(0);
    const outcomes = JSON.parse(stdout) as string[];
    expect(outcomes.slice(0, hostile.length)).toEqual(hostile.map(() => 'failed'));
    for (const outcome of outcomes.slice(hostile.length)) expect(outcome).toMatch(/^(?:traced )?answer 42$/);
  });
});
