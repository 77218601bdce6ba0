import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { loadFromDisk } from '../../../src/load/sources.ts';

const root = mkdtempSync(join(tmpdir(), 'foretrace-sources-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

function install(path: string): string {
  const file = join(root, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, 'exports.a = 1;');
  return pathToFileURL(file).href;
}
const IMPORT = { conditions: ['node', 'import'] };
const inPackage = install('node_modules/pg/index.js');

describe('the source of CommonJS that a loader returns', () => {
  const load = (url: string, result: object, context: object = IMPORT): unknown =>
    loadFromDisk(url, context, () => ({ url, format: 'commonjs', ...result })).source;

  it.each(['exports.a = 1;', Buffer.from('exports.a = 1;')])(
    'is left out where it is that of the file',
    (source) => {
      expect(load(inPackage, { source })).toBeUndefined();
    },
  );

  it('stays where the loader has changed it', () => {
    expect(load(inPackage, { source: 'exports.a = 2;' })).toBe('exports.a = 2;');
  });

  it('stays for the files of the app, ES modules, what is required, and what is no file', () => {
    const source = 'exports.a = 1;';
    expect(load(install('app/index.js'), { source })).toBe(source);
    expect(load(inPackage, { source, format: 'module' })).toBe(source);
    expect(load(inPackage, { source }, { conditions: ['node', 'require'] })).toBe(source);
    expect(load('virtual:pg', { source })).toBe(source);
    expect(load(`${inPackage}.missing`, { source })).toBe(source);
  });
});
