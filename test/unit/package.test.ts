/** What users install: the tarball's files, its entry points, and that nothing runs at install time. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { families } from '../../instrumentations/index.ts';
import { cleanEnv, NODE, ROOT } from '../support/run-app.ts';

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const npm = (cwd: string, ...args: string[]): string =>
  execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

describe('the package', () => {
  let folder: string;
  let tarball: string;
  let files: string[];
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'foretrace-package-'));
    // Without scripts: `prepare` would rebuild dist/ under the feet of the tests that run beside this one.
    const [pack] = JSON.parse(npm(ROOT, 'pack', '--ignore-scripts', '--json', '--pack-destination', folder));
    tarball = join(folder, pack.filename);
    files = pack.files.map(({ path }: { path: string }) => path);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('has the files that users need, and no other', () => {
    const lazy = files.filter((file) => /^dist\/agent\/[\w-]+\.cjs$/.test(file));
    const read = Object.keys(families).filter((family) => family !== 'http');
    expect(lazy).toEqual(expect.arrayContaining(read.map((family) => `dist/agent/${family}.cjs`)));
    expect(files.filter((file) => !lazy.includes(file)).sort()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'NOTICE',
      'README.md',
      'dist/agent.cjs',
      'dist/config-file.cjs',
      'dist/epilogue-thread.cjs',
      'dist/export-thread.cjs',
      'dist/mask-expressions.cjs',
      'dist/mask.cjs',
      'package.json',
      'register.cjs',
      'register.d.cts',
      'register.d.mts',
      'register.mjs',
    ]);
  });

  it('has strict code in every file: functions of ours stand in for those of libraries', () => {
    const built = files.filter((file) => /^dist\/.*\.cjs$/.test(file));
    const sloppy = built.filter((file) => !readFileSync(join(ROOT, file), 'utf8').startsWith('"use strict"'));
    expect(built.length).toBeGreaterThan(10);
    expect(sloppy).toEqual([]);
  });

  it.each(['app.cts', 'app.mts'])('has types for an importer that is %s', (name) => {
    const app = join(folder, 'types');
    const unpacked = join(app, 'node_modules/foretrace');
    mkdirSync(unpacked, { recursive: true });
    execFileSync('tar', ['-xzf', tarball, '--strip-components=1', '-C', unpacked]);
    writeFileSync(join(app, name), "import 'foretrace';\n");
    const options = ['--noEmit', '--module', 'node16', '--noUncheckedSideEffectImports', '--types', ''];
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    const { stdout } = spawnSync(process.execPath, [tsc, ...options, name], { cwd: app, encoding: 'utf8' });
    expect(stdout).toBe('');
  });

  it('runs nothing at install time', () => {
    const atInstall = ['preinstall', 'install', 'postinstall', 'preuninstall', 'uninstall', 'postuninstall'];
    expect(Object.keys(manifest.scripts).filter((name) => atInstall.includes(name))).toEqual([]);
  });

  it('depends on pinned versions of few packages', () => {
    expect(Object.keys(manifest.dependencies).length).toBeLessThanOrEqual(6);
    for (const range of Object.values(manifest.dependencies)) expect(range).toMatch(/^\^?\d+\.\d+\.\d+$/);
  });

  it('is described right for every kind of importer, says publint', async () => {
    const { buffer } = new Uint8Array(readFileSync(tarball));
    const { messages, pkg } = await publint({ pack: { tarball: buffer }, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg!, { color: false }))).toEqual([]);
  });

  const why = process.env.NODE_UNDER_TEST ? '' : ' [needs the registry: part of npm run test:matrix]';
  describe.skipIf(why)(`installed into an empty project${why}`, () => {
    let installed: string;
    beforeAll(() => {
      installed = join(folder, 'app');
      mkdirSync(installed);
      writeFileSync(
        join(installed, 'package.json'),
        '{ "name": "app", "version": "1.0.0", "private": true }',
      );
    });

    it('installs without warnings', () => {
      const env = { ...cleanEnv(), PATH: `${dirname(NODE)}:${process.env.PATH}` };
      const { status, stderr } = spawnSync('npm', ['install', '--no-audit', '--no-fund', tarball], {
        cwd: installed,
        env: env as NodeJS.ProcessEnv,
        encoding: 'utf8',
      });
      expect(status).toBe(0);
      const warnings = stderr
        .split('\n')
        .filter((line) => /warn/i.test(line) && !/Unknown (user|env) config/.test(line));
      expect(warnings).toEqual([]);
    });

    it.each([
      ['--import', 'foretrace'],
      ['--require', 'foretrace'],
    ])('traces with %s %s', (option, name) => {
      const env = { ...cleanEnv(), OTEL_TRACES_EXPORTER: 'console' };
      const code = `const s = require('http').createServer((q, r) => r.end('ok')).listen(0, () =>
        require('http').get({ port: s.address().port }, (r) => r.resume().on('end', () => s.close())))`;
      const { status, stdout, stderr } = spawnSync(NODE, [option, name, '-e', code], {
        cwd: installed,
        env: env as NodeJS.ProcessEnv,
        encoding: 'utf8',
      });
      expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
      expect(stderr).toContain('GET');
    });
  });
});
