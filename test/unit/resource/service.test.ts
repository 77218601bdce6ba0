import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageIdentity } from '../../../src/resource/service.ts';

let root: string;
const at = (path: string): string => join(root, path);

function write(path: string, text: string): void {
  mkdirSync(dirname(at(path)), { recursive: true });
  writeFileSync(at(path), text);
}

beforeAll(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'foretrace-service-')));
  write('shop/package.json', '{"name":"@acme/shop","version":"1.2.3"}');
  write('shop/src/main.js', '');
  write('shop/dist/package.json', '{"type":"commonjs"}');
  write('shop/dist/main.js', '');
  write('shop/broken/package.json', '{"name":');
  write('shop/broken/main.js', '');
  write('shop/odd/package.json', '{"name":42,"version":"9.9.9"}');
  write('shop/odd/main.js', '');
  write('shop/null/package.json', 'null');
  write('shop/null/main.js', '');
  write('shop/node_modules/next/package.json', '{"name":"next","version":"16.0.0"}');
  write('shop/node_modules/next/bin.js', '');
  write('other/package.json', '\uFEFF{"name":"other","version":7}');
  mkdirSync(at('empty'));
  symlinkSync(at('shop/src/main.js'), at('empty/link.js'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const SHOP = { name: '@acme/shop', version: '1.2.3' };
const OTHER = { name: 'other', version: undefined };

describe('the package of an app', () => {
  it.each([
    ['an entry file', 'shop/src/main.js', SHOP],
    ['an entry without its extension', 'shop/src/main', SHOP],
    ['a folder', 'shop', SHOP],
    ['a file that does not exist', 'shop/none/main.js', SHOP],
    ['a link to a file elsewhere', 'empty/link.js', SHOP],
    ['an output folder with a package.json without a name', 'shop/dist/main.js', SHOP],
    ['a package.json that is not JSON', 'shop/broken/main.js', SHOP],
    ['a name that is not a string', 'shop/odd/main.js', SHOP],
    ['a package.json that is null', 'shop/null/main.js', SHOP],
    ['an installed command', 'shop/node_modules/next/bin.js', OTHER],
  ])('is found for %s', (_, path, found) => {
    expect(packageIdentity({ argv: ['node', at(path)], execArgv: [], cwd: at('other') })).toEqual(found);
  });

  it.each([
    ['no file', ['node'], []],
    ['standard input', ['node', '-'], []],
    ['code given by -e', ['node', '/x/y.js'], ['-e', '1']],
    ['code given by -p', ['node', '/x/y.js'], ['-p', '1']],
    ['code given by --eval=', ['node', '/x/y.js'], ['--no-warnings', '--eval=1']],
  ])('is that of the working directory for %s', (_, argv, execArgv) => {
    expect(packageIdentity({ argv, execArgv, cwd: at('other') })).toEqual(OTHER);
  });

  it('is not taken from the working directory because of other flags', () => {
    const execArgv = ['--enable-source-maps', '--import', './x.mjs', '--experimental-strip-types'];
    expect(packageIdentity({ argv: ['node', at('shop/src/main.js')], execArgv, cwd: at('other') })).toEqual(
      SHOP,
    );
  });

  it('is absent when no folder up to the root has one', () => {
    expect(packageIdentity({ argv: ['node'], execArgv: [], cwd: at('empty') })).toBeUndefined();
  });

  it('is looked for from the working directory when the entry is relative', () => {
    expect(packageIdentity({ argv: ['node', 'src/main.js'], execArgv: [], cwd: at('shop') })).toEqual(SHOP);
  });
});
