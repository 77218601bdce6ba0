import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ModulePatch } from '../../../src/load/module-patch.ts';
import { createRegistry } from '../../../src/load/registry.ts';
import { log } from '../../../src/log.ts';

let root: string;
let warn: ReturnType<typeof vi.spyOn>;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'foretrace-registry-'));
  warn = vi.spyOn(log, 'warn').mockImplementation(() => {});
});
afterEach(() => {
  warn.mockRestore();
  rmSync(root, { recursive: true, force: true });
});

function install(directory: string, manifest: object): (file: string) => string {
  const base = join(root, 'node_modules', directory);
  mkdirSync(base, { recursive: true });
  writeFileSync(join(base, 'package.json'), JSON.stringify(manifest));
  mkdirSync(dirname(join(base, 'lib/x')), { recursive: true });
  return (file) => join(base, file);
}
const patch = (rest: Partial<ModulePatch>): ModulePatch => ({
  module: 'pg',
  versions: '>=8 <9',
  files: [''],
  patch: () => undefined,
  ...rest,
});

describe('a registry', () => {
  it('finds the targets of listed files, and of nothing else', () => {
    const pg = install('pg', { name: 'pg', version: '8.1.0', main: './lib' });
    const listed = patch({ files: ['', 'lib/client.js'] });
    const { targets } = createRegistry([listed]);
    expect(targets(pg('lib/client.js'))).toEqual([
      { patch: listed, file: 'lib/client.js', version: '8.1.0', baseDir: pg('').replace(/\/$/, '') },
    ]);
    expect(targets(pg('lib/index.js'))?.map(({ file }) => file)).toEqual(['']);
    expect(targets(pg('lib/other.js'))).toBeUndefined();
    expect(targets(join(root, 'node_modules/other/index.js'))).toBeUndefined();
    expect(targets(join(root, 'app.js'))).toBeUndefined();
  });

  it('names a file that is listed and the entry at once by its path, once', () => {
    const pg = install('pg', { name: 'pg', version: '8.1.0', main: 'lib/index.js' });
    const { targets } = createRegistry([patch({ files: ['', 'lib/index.js'] })]);
    expect(targets(pg('lib/index.js'))?.map(({ file }) => file)).toEqual(['lib/index.js']);
  });

  it('picks the patches by version, and reports a version that none fits once, with all ranges', () => {
    const four = patch({ module: 'express', versions: '>=4 <5' });
    const five = patch({ module: 'express', versions: '>=5 <6' });
    const inside = install('express', { name: 'express', version: '5.3.0' });
    const outside = install('express3', { name: 'express', version: '3.21.2' });
    const { targets } = createRegistry([four, five]);
    expect(targets(inside('index.js'))?.map((found) => found.patch)).toEqual([five]);
    expect(targets(outside('index.js'))).toBeUndefined();
    expect(targets(outside('lib/x.js'))).toBeUndefined();
    expect(warn.mock.calls).toEqual([
      ['express 3.21.2 is outside the supported range >=4 <5 || >=5 <6; it is not traced'],
    ]);
  });

  it('says nothing of another version of what only keeps the context', () => {
    const outside = install('async', { name: 'async', version: '1.5.2' });
    const { targets } = createRegistry([patch({ module: 'async', versions: '>=2 <4', quiet: true })]);
    expect(targets(outside('index.js'))).toBeUndefined();
    expect(warn).not.toHaveBeenCalled();
  });

  it('gives up packages that were loaded before, with one line each', () => {
    const pg = install('pg', { name: 'pg', version: '8.1.0' });
    const other = install('other', { name: 'other', version: '1.0.0' });
    const registry = createRegistry([patch({ files: ['', 'lib/client.js'] })]);
    registry.giveUp([pg('index.js'), pg('lib/x.js'), other('index.js'), '/nowhere.js']);
    expect(registry.targets(pg('lib/client.js'))).toBeUndefined();
    expect(warn.mock.calls).toEqual([
      ['pg 8.1.0 was loaded before foretrace; it is not traced, preload foretrace first'],
    ]);
  });

  it('knows builtins with and without node:, but not a name that only exists with it', () => {
    const { builtins } = createRegistry([
      patch({ module: 'http', versions: undefined }),
      patch({ module: 'test', versions: undefined }),
      patch({ module: 'no-such-builtin', versions: undefined }),
    ]);
    expect([...builtins.keys()]).toEqual(['node:http', 'http', 'node:test']);
  });

  it('takes ES modules for listed only where the patch says so', () => {
    const esm = install('hono', {
      name: 'hono',
      version: '4.0.0',
      type: 'module',
      exports: './lib/index.js',
    });
    const common = install('pg', {
      name: 'pg',
      version: '8.0.0',
      exports: { import: './lib/index.mjs', require: './lib/index.cjs' },
    });
    const { isListedModule } = createRegistry([
      patch({ module: 'hono', versions: '>=4', esm: true }),
      patch({ esm: true }),
    ]);
    expect(isListedModule(esm('lib/index.js'))).toBe(true);
    expect(isListedModule(esm('lib/other.js'))).toBe(false);
    expect(isListedModule(common('lib/index.mjs'))).toBe(true);
    expect(isListedModule(common('lib/index.cjs'))).toBe(false);
    expect(
      createRegistry([patch({ module: 'hono', versions: '>=4' })]).isListedModule(esm('lib/index.js')),
    ).toBe(false);
  });

  it('takes a folder of CommonJS in a package of ES modules for what it is', () => {
    const lib = install('postgres', {
      name: 'postgres',
      version: '3.4.9',
      type: 'module',
      main: 'lib/index.js',
    });
    mkdirSync(lib('cjs'));
    for (const file of ['lib/query.js', 'cjs/query.js', 'cjs/index.js']) writeFileSync(lib(file), '');
    writeFileSync(lib('cjs/package.json'), JSON.stringify({ type: 'commonjs' }));
    const listed = patch({
      module: 'postgres',
      versions: '>=3 <4',
      esm: true,
      files: ['lib/query.js', 'cjs/query.js'],
    });
    const { isListedModule, modulesBehind } = createRegistry([listed]);
    expect(isListedModule(lib('lib/query.js'))).toBe(true);
    expect(isListedModule(lib('cjs/query.js'))).toBe(false);
    // Requiring what is "behind" a CommonJS file would load it out of turn, in the middle of a circle.
    expect(modulesBehind(lib('cjs/index.js'))).toEqual([]);
    expect(modulesBehind(lib('lib/index.js'))).toEqual([lib('lib/query.js')]);
  });
});
