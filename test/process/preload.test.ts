import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildStub, type Stub } from '../fixtures/preload/stub.ts';
import { cleanEnv, type Exit, NODE, ROOT, type RunOptions, runApp } from '../support/run-app.ts';

const version = execFileSync(NODE, ['-p', 'process.versions.node'], { encoding: 'utf8' }).trim();
const [major, minor] = version.split('.').map(Number);
const permission = major >= 24 || (major === 23 && minor >= 5) ? '--permission' : '--experimental-permission';
const packages = `${ROOT}test/fixtures/packages`;

let stub: Stub;
let temporary: string;
beforeAll(async () => {
  stub = await buildStub();
  temporary = realpathSync(mkdtempSync(join(tmpdir(), 'foretrace-preload-')));
});
afterAll(() => {
  stub.remove();
  rmSync(temporary, { recursive: true, force: true });
});

type Preload = 'import' | 'require';
const execArgv = (preload: Preload): string[] => stub.preloads.find(({ name }) => name === preload)!.execArgv;
const run = (options: RunOptions): Promise<Exit> => runApp({ ...options, agent: 'none' }).exited;
const json = ({ stdout, stderr }: Exit): any => {
  expect(stdout.trim().split('\n'), stderr).toHaveLength(1);
  return JSON.parse(stdout);
};

/** The app that every refusal must leave as it is, and what it prints then. */
const state = { file: 'preload/state.cjs', args: ['x'] };
const untouched = { entry: 'factory', hooks: 0, globals: [], argument: 'x' };

/** A copy of the stub package whose `dist/agent.cjs` is replaced, or absent. */
function broken(name: string, agent?: string): string {
  const directory = join(temporary, name);
  mkdirSync(join(directory, 'dist'), { recursive: true });
  for (const file of ['package.json', 'register.mjs', 'register.cjs'])
    cpSync(join(stub.directory, file), join(directory, file));
  if (agent !== undefined) writeFileSync(join(directory, 'dist/agent.cjs'), agent);
  return directory;
}
const preloadOf = (directory: string, preload: Preload): string[] =>
  preload === 'import'
    ? ['--import', pathToFileURL(join(directory, 'register.mjs')).href]
    : ['--require', join(directory, 'register.cjs')];

for (const preload of ['import', 'require'] as const) {
  describe(`--${preload}`, () => {
    it('hooks the app and leaves its arguments, exit code, stderr and globals as they are', async () => {
      const exit = await run({ ...state, execArgv: execArgv(preload) });
      expect(json(exit)).toMatchObject({
        entry: 'traced factory',
        seen: ['cjs-entry . commonjs 2.1.0'],
        globals: [],
        argument: 'x',
      });
      expect(exit).toMatchObject({ code: 3, stderr: '' });
    });

    it.each(['12.20.0', '18.20.8', '20.18.3'])(
      'leaves an app on Node.js %s alone, in silence',
      async (pretended) => {
        const old = ['--require', `${ROOT}test/fixtures/preload/old-node.cjs`];
        const options = {
          ...state,
          execArgv: [...old, ...execArgv(preload)],
          env: { PRETEND_NODE: pretended },
        };
        const exit = await run(options);
        expect(json(exit)).toEqual(untouched);
        expect(exit).toMatchObject({ code: 3, stderr: '' });

        const debug = await run({ ...options, env: { ...options.env, OTEL_LOG_LEVEL: 'DEBUG' } });
        expect(json(debug)).toEqual(untouched);
        expect(debug.stderr).toBe(
          `foretrace: Node.js ${pretended} is older than 20.19, the app runs without tracing\n`,
        );
      },
    );

    it.each(['20.19.0', '27.0.0'])('takes Node.js %s', async (pretended) => {
      const old = ['--require', `${ROOT}test/fixtures/preload/old-node.cjs`];
      const { stdout } = await run({
        ...state,
        execArgv: [...old, ...execArgv(preload)],
        // The hooks that fit the pretended version may be absent from the real one.
        env: { PRETEND_NODE: pretended, STUB_ONLY_CJS: '1' },
      });
      expect(JSON.parse(stdout).entry).toBe('traced factory');
    });

    it.each(['true', 'TRUE'])('does not even load the agent with OTEL_SDK_DISABLED=%s', async (value) => {
      const missing = broken('disabled');
      const exit = await run({
        ...state,
        execArgv: preloadOf(missing, preload),
        env: { OTEL_SDK_DISABLED: value },
      });
      expect(json(exit)).toEqual(untouched);
      expect(exit).toMatchObject({ code: 3, stderr: '' });
    });

    it.each(['', '1', 'yes', 'false'])('is not disabled by OTEL_SDK_DISABLED=%j', async (value) => {
      const exit = await run({ ...state, execArgv: execArgv(preload), env: { OTEL_SDK_DISABLED: value } });
      expect(json(exit).entry).toBe('traced factory');
    });

    it('does nothing when a copy of it is loaded already', async () => {
      const copy = broken('copy', `exports.start = () => { throw new Error('started twice') };`);
      const twice = [...execArgv('require'), ...execArgv(preload), ...preloadOf(copy, preload)];
      const exit = await run({ ...state, execArgv: twice });
      expect(json(exit).seen).toEqual(['cjs-entry . commonjs 2.1.0']);
      expect(exit.stderr).toBe('');
    });

    it.each([
      [
        'throws',
        `exports.start = () => { throw new Error('no such file: ca.pem\\n  at line 2') };`,
        'no such file: ca.pem',
      ],
      ['throws nonsense', 'exports.start = () => { throw undefined };', 'undefined'],
      ['throws while it loads', `throw new TypeError('bad config');`, 'bad config'],
      ['does not parse', 'exports.start = (', 'Unexpected end of input'],
      ['is not one', '', 'require(...).start is not a function'],
      ['is missing', undefined, 'dist/agent.cjs is missing, `npm run build` makes it'],
    ])('runs the app untraced when the agent %s, and says so in one line', async (_title, agent, reason) => {
      const directory = broken(`broken-${reason.replaceAll(/\W/g, '')}`, agent);
      const exit = await run({ ...state, execArgv: preloadOf(directory, preload) });
      expect(json(exit)).toEqual(untouched);
      expect(exit.code).toBe(3);
      expect(exit.stderr).toBe(`foretrace: could not start: ${reason}; the app runs without tracing\n`);
    });

    it('works for node -e and node -p', async () => {
      const code = `require('${packages}/node_modules/cjs-entry')()`;
      expect(await run({ eval: `console.log(${code})`, execArgv: execArgv(preload) })).toMatchObject({
        code: 0,
        stdout: 'traced factory\n',
        stderr: '',
      });
      const printed = execFileSync(NODE, [...execArgv(preload), '-p', code], {
        encoding: 'utf8',
        env: cleanEnv() as NodeJS.ProcessEnv,
      });
      expect(printed).toBe('traced factory\n');
    });

    it('works for code and for a session of the REPL on stdin', async () => {
      const code = `require('${packages}/node_modules/cjs-entry')()`;
      const options = { encoding: 'utf8' as const, env: cleanEnv() as NodeJS.ProcessEnv };
      expect(
        execFileSync(NODE, [...execArgv(preload), '-'], { ...options, input: `console.log(${code})` }),
      ).toBe('traced factory\n');
      expect(execFileSync(NODE, [...execArgv(preload), '-i'], { ...options, input: `${code}\n` })).toContain(
        `'traced factory'`,
      );
    });

    it('works for node --test, in the process of each test file', async () => {
      const file = join(temporary, `${preload}.test.cjs`);
      writeFileSync(
        file,
        `
        const assert = require('node:assert');
        require('node:test')('is traced', () => assert.equal(require('${packages}/node_modules/cjs-entry')(), 'traced factory'));`,
      );
      const out = execFileSync(NODE, [...execArgv(preload), '--test', '--test-reporter=tap', file], {
        encoding: 'utf8',
        env: cleanEnv() as NodeJS.ProcessEnv,
      });
      expect(out).toContain('# pass 1');
    });

    it('works for node --watch', async () => {
      const file = join(temporary, `watched-${preload}.cjs`);
      writeFileSync(
        file,
        `console.log(JSON.stringify({ entry: require('${packages}/node_modules/cjs-entry')() }));`,
      );
      const app = runApp({ file, agent: 'none', execArgv: ['--watch', ...execArgv(preload)] });
      expect(await app.line((line) => line?.entry !== undefined)).toEqual({ entry: 'traced factory' });
      await app.stop('SIGKILL');
    });

    it('hooks worker threads, forks and cluster workers, each once', async () => {
      const exit = await run({ file: 'preload/spawns.cjs', execArgv: execArgv(preload) });
      const each = { entry: 'traced factory', seen: ['cjs-entry . commonjs 2.1.0'] };
      expect(json(exit)).toEqual({ main: each, worker: each, fork: each, cluster: [each, each] });
      expect(exit).toMatchObject({ code: 0, stderr: '' });
    });

    it('works from NODE_OPTIONS, for children as well', async () => {
      const exit = await run({
        file: 'preload/spawns.cjs',
        env: { NODE_OPTIONS: execArgv(preload).join('=') },
      });
      const each = { entry: 'traced factory', seen: ['cjs-entry . commonjs 2.1.0'] };
      expect(json(exit)).toEqual({ main: each, worker: each, fork: each, cluster: [each, each] });
      expect(exit).toMatchObject({ code: 0, stderr: '' });
    });

    it('stays out of the thread that exports', async () => {
      const exit = await run({ file: 'preload/threads.cjs', execArgv: execArgv(preload) });
      expect(json(exit)).toEqual({ other: 'object', 'export-thread': 'undefined', none: 'object' });
      expect(exit.stderr).toBe('');
    });

    it.each([
      ['--frozen-intrinsics', ['--frozen-intrinsics', '--no-warnings']],
      ['--disallow-code-generation-from-strings', ['--disallow-code-generation-from-strings']],
      ['--preserve-symlinks', ['--preserve-symlinks', '--preserve-symlinks-main']],
      ['--enable-source-maps', ['--enable-source-maps']],
      ['--throw-deprecation', ['--throw-deprecation']],
    ])('works with %s', async (name, flags) => {
      // The loader thread of Node.js 20 does not get along with frozen intrinsics.
      const unwrapped = name === '--frozen-intrinsics' && major === 20;
      const exit = await run({
        file: 'packages/apps/namespace.mjs',
        execArgv: [...flags, ...execArgv(preload)],
      });
      expect(json(exit).results).toMatchObject({
        'cjs-entry': 'traced factory',
        'esm-only': unwrapped ? 'answer 42' : 'traced answer 42',
        http: 'traced undefined',
      });
      expect(exit.code).toBe(0);
      expect(exit.stderr).toBe(
        unwrapped
          ? 'foretrace: the loader thread does not start (intrinsics are frozen); ES modules are not traced\n'
          : '',
      );
    });

    // A --require file that may not be read makes Node.js itself refuse to start.
    it.skipIf(preload === 'require')(
      'lets the app run when the permission model hides the agent',
      async () => {
        for (const hidden of ['register.cjs', 'dist/agent.cjs']) {
          const files = ['register.mjs', 'register.cjs', 'package.json'].filter((file) => file !== hidden);
          const readable = [`${ROOT}test/*`, ...files.map((file) => join(stub.directory, file))];
          const exit = await run({
            ...state,
            execArgv: [
              '--no-warnings',
              permission,
              ...readable.map((path) => `--allow-fs-read=${path}`),
              ...execArgv(preload),
            ],
          });
          expect(json(exit)).toEqual(untouched);
          expect(exit.code).toBe(3);
          expect(exit.stderr).toMatch(/^foretrace: could not start: .*; the app runs without tracing\n$/);
        }
      },
    );

    it('hooks the app when the permission model lets the agent read', async () => {
      const exit = await run({
        ...state,
        execArgv: ['--no-warnings', permission, '--allow-fs-read=*', ...execArgv(preload)],
      });
      expect(json(exit).entry).toBe('traced factory');
      expect(exit).toMatchObject({ code: 3, stderr: '' });
    });
  });
}

describe('package managers, pm2 and build tools', () => {
  const mains = [
    'lib/node_modules/npm/bin/npm-cli.js',
    'lib/node_modules/npm/bin/npx-cli.js',
    'usr/share/nodejs/npm/bin/npm-cli.js',
    'lib/node_modules/corepack/dist/corepack.js',
    'lib/node_modules/corepack/dist/yarn.js',
    'lib/node_modules/pnpm/bin/pnpm.cjs',
    'lib/node_modules/@pnpm/exe/bin/pnpm.mjs',
    'opt/yarn-v1.22.22/bin/yarn.js',
    'app/.yarn/releases/yarn-4.9.1.cjs',
    '.cache/node/corepack/v1/pnpm/10.0.0/bin/pnpx.cjs',
    'lib/node_modules/pm2/bin/pm2.js',
    'lib/node_modules/pm2/lib/Daemon.js',
    'app/node_modules/typescript/bin/tsc.js',
    'app/node_modules/webpack/bin/webpack.js',
  ];
  const apps = [
    'app/npm.js',
    'app/yarn.js',
    'npm/app.js',
    'app/node_modules/npm-run-all/bin/run.js',
    'app/node_modules/.bin/tool.js',
    'app/bin/yarn-stats/index.js',
    'app/bin/pnpm-lock.js',
    'app/node_modules/pm2/lib/ProcessContainerFork.js',
    'app/node_modules/pm2/lib/ProcessContainer.js',
    'app/node_modules/next/dist/bin/next.js',
    'app/node_modules/vite/bin/vite.js',
    'app/build/pm2/bin/pm2.js',
  ];

  function install(path: string): string {
    const file = join(temporary, 'managers', path);
    mkdirSync(dirname(file), { recursive: true });
    const code = file.endsWith('.mjs')
      ? `console.log(globalThis[Symbol.for('foretrace.test.seen')] ? 'traced' : 'plain');`
      : `console.log(globalThis[Symbol.for('foretrace.test.seen')] ? 'traced' : 'plain');`;
    writeFileSync(file, code);
    return file;
  }

  it.each(mains)('%s runs untraced, also through a link', async (path) => {
    const file = install(path);
    const link = join(temporary, `link-${mains.indexOf(path)}`);
    symlinkSync(file, link);
    for (const main of [file, link]) {
      expect(await run({ file: main, execArgv: execArgv('import') })).toMatchObject({
        stdout: 'plain\n',
        stderr: '',
        code: 0,
      });
    }
  });

  it.each(['next/dist/bin/next.js', 'vite/bin/vite.js', '@nestjs/cli/bin/nest.js'])(
    '%s runs untraced when it builds',
    async (path) => {
      const file = install(`app/node_modules/${path}`);
      expect(await run({ file, args: ['build'], execArgv: execArgv('import') })).toMatchObject({
        stdout: 'plain\n',
        stderr: '',
        code: 0,
      });
    },
  );

  it('a process that `next build` starts runs untraced', async () => {
    const file = install('app/node_modules/next/dist/compiled/jest-worker/processChild.js');
    const env = { NEXT_PHASE: 'phase-production-build' };
    expect(await run({ file, env, execArgv: execArgv('import') })).toMatchObject({
      stdout: 'plain\n',
      code: 0,
    });
  });

  it.each(apps)('%s is an app, and traced', async (path) => {
    expect(await run({ file: install(path), execArgv: execArgv('import') })).toMatchObject({
      stdout: 'traced\n',
      stderr: '',
      code: 0,
    });
  });

  it('a script that npm runs is traced, npm itself is not', () => {
    const directory = join(temporary, 'npm-app');
    mkdirSync(directory);
    writeFileSync(
      join(directory, 'package.json'),
      JSON.stringify({ name: 'x', version: '1.0.0', scripts: { go: 'node state.cjs' } }),
    );
    writeFileSync(
      join(directory, 'state.cjs'),
      `console.log(require('${packages}/node_modules/cjs-entry')());`,
    );
    const out = execFileSync('npm', ['run', '--silent', 'go'], {
      cwd: directory,
      encoding: 'utf8',
      env: {
        ...cleanEnv(),
        PATH: `${dirname(NODE)}${delimiter}${process.env.PATH}`,
        NODE_OPTIONS: execArgv('import').join('='),
      } as NodeJS.ProcessEnv,
    });
    expect(out).toBe('traced factory\n');
  });
});

describe('what the hooks report', () => {
  const requireOf = (name: string): string => `require('${packages}/node_modules/${name}')`;

  it('a library that was loaded before the agent, by name, and leaves all of it alone', async () => {
    const early = join(temporary, 'early.cjs');
    writeFileSync(early, `${requireOf('cjs-deep/package.json')}; ${requireOf('unlisted')};`);
    const { stdout, stderr } = await run({
      eval: `console.log(new (${requireOf('cjs-deep')}).Client().query(), ${requireOf('cjs-entry')}())`,
      execArgv: ['--require', early, ...execArgv('import')],
    });
    expect(stdout).toBe('query traced factory\n');
    expect(stderr).toBe(
      'foretrace: cjs-deep 8.1.0 was loaded before foretrace; it is not traced, preload foretrace first\n',
    );
  });

  it('a version outside the supported range, once, and leaves it alone', async () => {
    const { stdout, stderr } = await run({
      eval: `console.log(${requireOf('too-old')}.answer(), ${requireOf('too-old/index.js')}.answer())`,
      execArgv: execArgv('import'),
    });
    expect(stdout).toBe('old old\n');
    expect(stderr).toBe('foretrace: too-old 0.9.9 is outside the supported range >=1 <2; it is not traced\n');
  });

  it('a version outside the supported range of an ES module', async () => {
    const { stdout, stderr } = await run({
      eval: `import('too-old-esm').then(({ answer }) => console.log(answer()))`,
      execArgv: execArgv('import'),
      cwd: packages,
    });
    expect(stdout).toBe('old\n');
    expect(stderr.split('\n').filter((line) => line.startsWith('foretrace:'))).toEqual([
      'foretrace: too-old-esm 0.9.9 is outside the supported range >=1 <2; it is not traced',
    ]);
  });

  it('a patch that does not fit, and gives the app the library as it is', async () => {
    const { stdout, stderr } = await run({
      eval: `console.log(${requireOf('misfit')}.answer())`,
      execArgv: execArgv('import'),
    });
    expect(stdout).toBe('misfit\n');
    expect(stderr).toMatch(
      /^foretrace: misfit 1\.0\.0: could not patch its entry \(Cannot read properties of undefined .*\); it is left as it is\n$/,
    );
  });
});

describe('the hooks', () => {
  it('know a package by the name in its package.json: npm aliases, workspaces, the store of pnpm', async () => {
    const app = join(temporary, 'layouts');
    const store = join(app, 'node_modules/.pnpm/cjs-entry@2.1.0/node_modules/cjs-entry');
    mkdirSync(dirname(store), { recursive: true });
    cpSync(join(packages, 'node_modules/cjs-entry'), store, { recursive: true });
    symlinkSync(store, join(app, 'node_modules/cjs-entry'), 'dir');
    cpSync(join(packages, 'node_modules/cjs-deep'), join(app, 'packages/linked'), { recursive: true });
    symlinkSync(join(app, 'packages/linked'), join(app, 'node_modules/cjs-deep'), 'dir');
    cpSync(join(packages, 'node_modules/renamed'), join(app, 'node_modules/renamed'), { recursive: true });
    const code = `console.log([require('cjs-entry')(), ...['cjs-deep', 'renamed'].map((name) => new (require(name).Client)().query())].join())`;
    for (const flags of [[], ['--preserve-symlinks']]) {
      const { stdout } = await run({ eval: code, cwd: app, execArgv: [...flags, ...execArgv('import')] });
      expect(stdout).toBe('traced factory,traced query,traced query\n');
    }
  });

  it('patch a module again when the app deletes it from the cache and loads it anew', async () => {
    const path = `${packages}/node_modules/cjs-entry`;
    const { stdout } = await run({
      eval: `const a = require('${path}'); delete require.cache[require.resolve('${path}')]; const b = require('${path}'); console.log(a(), b(), a !== b)`,
      execArgv: execArgv('import'),
    });
    expect(stdout).toBe('traced factory traced factory true\n');
  });

  it('pass on the error of a module that fails, and load it again when asked again', async () => {
    const app = join(temporary, 'failing');
    cpSync(join(packages, 'node_modules/cjs-entry'), join(app, 'node_modules/cjs-entry'), {
      recursive: true,
    });
    writeFileSync(
      join(app, 'node_modules/cjs-entry/index.js'),
      `if (!globalThis.tries++) throw new RangeError('first'); module.exports = () => 'factory'; module.exports.named = () => 1;`,
    );
    const { stdout } = await run({
      eval: `globalThis.tries = 0; try { require('cjs-entry') } catch (error) { console.log(error.name, error.message) } console.log(require('cjs-entry')())`,
      cwd: app,
      execArgv: execArgv('import'),
    });
    expect(stdout).toBe('RangeError first\ntraced factory\n');
  });

  it('live with others that wrap the module system after them, and with transpilers', async () => {
    const exit = await run({ file: 'preload/patched-after.cjs', execArgv: execArgv('import') });
    expect(json(exit)).toEqual({
      first: 'traced factory',
      second: 'traced query',
      http: 'boolean',
      kept: true,
      called: true,
      third: 'traced scoped',
      transpiled: true,
    });
    expect(exit.stderr).toBe('');
  });

  it.skipIf(major < 22)('do not load a builtin that the app never asks for', async () => {
    const eval_ = `console.log(process.moduleLoadList.includes('NativeModule http'), process.moduleLoadList.includes('NativeModule sqlite'))`;
    expect(await run({ eval: eval_, execArgv: execArgv('import') })).toMatchObject({
      stdout: 'false false\n',
    });
  });

  it('take the npm package sqlite for what it is, not for node:sqlite', async () => {
    const { stdout, stderr } = await run({
      eval: `const { DatabaseSync } = require('${packages}/node_modules/sqlite'); console.log(typeof DatabaseSync.prototype.close, globalThis[Symbol.for('foretrace.test.seen')].length)`,
      execArgv: execArgv('require'),
      env: { STUB_ONLY_CJS: '1' },
    });
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^undefined \d\n$/);
  });

  it('see builtins that are asked for by process.getBuiltinModule', async () => {
    const { stdout } = await run({
      eval: `console.log((process.getBuiltinModule ?? require)('node:http').validateHeaderName('x'), process.getBuiltinModule?.name, process.getBuiltinModule?.('nonsense'))`,
      execArgv: execArgv('import'),
    });
    expect(stdout).toMatch(/^traced undefined (getBuiltinModule|undefined) undefined\n$/);
  });
});
