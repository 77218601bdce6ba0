import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, sep } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { entryFiles, packageDirectory, packageFinder } from '../../../src/load/package.ts';

const path = (text: string): string => text.replaceAll('/', sep);

describe('packageDirectory', () => {
  it.each([
    ['/app/node_modules/pg/lib/client.js', '/app/node_modules/pg'],
    ['/app/node_modules/@scope/name/index.js', '/app/node_modules/@scope/name'],
    ['/app/node_modules/a/node_modules/b/index.js', '/app/node_modules/a/node_modules/b'],
    [
      '/app/node_modules/.pnpm/pg@8.0.0/node_modules/pg/lib/index.js',
      '/app/node_modules/.pnpm/pg@8.0.0/node_modules/pg',
    ],
    [
      '/app/.yarn/cache/pg-npm-8.zip/node_modules/pg/lib/index.js',
      '/app/.yarn/cache/pg-npm-8.zip/node_modules/pg',
    ],
    ['/app/src/index.js', undefined],
    ['/app/node_modules/loose.js', undefined],
    ['/app/node_modules/@scope/loose.js', undefined],
    ['/app/my_node_modules/pg/index.js', undefined],
    ['relative.js', undefined],
    ['', undefined],
  ])('%s belongs to %s', (filename, expected) => {
    expect(packageDirectory(path(filename))).toBe(expected && path(expected));
  });
});

describe('entryFiles', () => {
  const entries = (rest: object): string[] => [...entryFiles({ name: 'x', version: '1.0.0', ...rest })];

  it('follows main, with or without its ending, or a directory', () => {
    expect(entries({ main: './lib/main' })).toEqual(['lib/main', 'lib/main.js', 'lib/main/index.js']);
    expect(entries({ main: 'lib/' })).toContain('lib/index.js');
    expect(entries({ main: './' })).toEqual(['index.js']);
    expect(entries({ main: '.' })).toEqual(['index.js']);
  });

  it('is index.js when nothing is said, or nonsense', () => {
    for (const manifest of [{}, { main: '' }, { main: 7 }, { main: null }, { exports: null }]) {
      expect(entries(manifest)).toContain('index.js');
    }
  });

  it('takes in the targets of all conditions', () => {
    const exports = {
      '.': { import: { types: './a.d.ts', default: './es/a.mjs' }, require: ['./cjs/a.js', './cjs/b.js'] },
      './sub': './sub.js',
    };
    const found = entries({ exports });
    expect(found).toEqual(expect.arrayContaining(['es/a.mjs', 'cjs/a.js', 'cjs/b.js']));
    expect(found).not.toContain('sub.js');
  });

  it('understands exports without subpaths', () => {
    expect(entries({ exports: './only.js' })).toContain('only.js');
    expect(entries({ exports: { node: './node.js', default: './web.js' } })).toEqual(
      expect.arrayContaining(['node.js', 'web.js']),
    );
    expect(entries({ exports: { './sub': './sub.js' } })).not.toContain('sub.js');
  });
});

describe('packageFinder', () => {
  let root: string;
  const write = (file: string, text: string): string => {
    const full = join(root, file);
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, text);
    return full;
  };
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'foretrace-package-'));
    write('package.json', '{ "name": "app", "version": "0.0.0" }');
    write(
      'node_modules/pg/package.json',
      '{ "author": { "name": "Ann" }, "name": "pg", "version": "8.1.0" }',
    );
    write('node_modules/pg8/package.json', '{"name":"pg","version":"8.2.0"}');
    write('node_modules/other/package.json', '{ "name": "other", "version": "1.0.0", "type": "module" }');
    write(
      'node_modules/liar/package.json',
      '{ "name": "liar", "version": "1.0.0", "author": { "name": "pg" } }',
    );
    write('node_modules/torn/package.json', '{ "name": "pg", ');
    write('node_modules/nameless/package.json', '{ "version": "1.0.0" }');
    write('linked/package.json', '{ "name": "pg", "version": "8.3.0" }');
    write('linked/es/package.json', '{ "type": "module" }');
    cpSync(join(root, 'linked'), join(root, 'node_modules/@scope/dual'), { recursive: true });
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  const { packageOf } = packageFinder(['pg', '@scope/x.y']);
  const find = (file: string) => packageOf(join(root, file));

  it('knows the version of a package that it looks for', () => {
    expect(find('node_modules/pg/lib/client.js')?.manifest).toMatchObject({ name: 'pg', version: '8.1.0' });
  });

  it('goes by the name in package.json, not by the directory', () => {
    expect(find('node_modules/pg8/index.js')?.manifest?.version).toBe('8.2.0');
    expect(find('linked/lib/deep/client.js')?.manifest?.version).toBe('8.3.0');
    expect(find('node_modules/liar/index.js')?.manifest?.name).not.toBe('pg');
  });

  it('passes over nested package.json files without a name when it asks who published a file', () => {
    expect(find('linked/es/client.js')?.manifest?.version).toBe('8.3.0');
    expect(find('node_modules/@scope/dual/es/client.js')?.baseDir).toBe(
      join(root, 'node_modules/@scope/dual'),
    );
  });

  it('minds them when it asks for the type', () => {
    const { scopeOf } = packageFinder([]);
    expect(scopeOf(join(root, 'linked/es/client.js'))?.typeModule).toBe(true);
    expect(scopeOf(join(root, 'linked/lib/client.js'))?.typeModule).toBe(false);
    expect(scopeOf(join(root, 'node_modules/other/x.js'))?.typeModule).toBe(true);
  });

  it('keeps nothing of other packages but the type', () => {
    expect(find('node_modules/other/index.js')).toMatchObject({ typeModule: true, manifest: undefined });
  });

  it('survives package.json files that are torn, nameless or absent', () => {
    expect(find('node_modules/torn/index.js')?.manifest).toBeUndefined();
    expect(find('node_modules/nameless/index.js')?.manifest).toBeUndefined();
    expect(find('node_modules/absent/index.js')).toBeUndefined();
    expect(packageOf('[eval]')?.manifest).toBeUndefined();
  });
});
