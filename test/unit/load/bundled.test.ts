import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bundleNotice } from '../../../src/load/bundled.ts';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'foretrace-bundled-'));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

const write = (name: string, text: string): string => {
  writeFileSync(join(cwd, name), text);
  return join(cwd, name);
};
const notice = (app: { entry?: string; loaded?: string[]; hasNext?: boolean }) =>
  bundleNotice({ entry: app.entry, loaded: new Set(app.loaded), cwd, hasNext: app.hasNext === true });

describe('a bundled app', () => {
  it.each([false, true])('is told that its libraries are not traced (minified: %s)', (minify) => {
    const contents = `require('express')().listen(0)`;
    const outfile = join(cwd, 'bundle.cjs');
    const stdin = { contents, resolveDir: process.cwd() };
    buildSync({ stdin, bundle: true, minify, platform: 'node', outfile });
    expect(notice({ entry: outfile })).toMatch(/^the app is bundled: only what Node.js itself has is traced/);
    expect(notice({ entry: outfile, loaded: ['pg'] })).toBeUndefined();
  });

  it('is known by what webpack and ncc leave at its end when they minify', () => {
    const webpack = 'function n(e){var i=t[e];if(void 0!==i)return i.exports;var o=t[e]={exports:{}};';
    const ncc = 'function n(e){var i=t[e];var o=t[e]={id:e,loaded:false,exports:{}};';
    for (const runtime of [webpack, ncc]) {
      const code = `(()=>{var e={1:e=>{${'e.exports=1;'.repeat(20_000)}}};${runtime}})();`;
      expect(notice({ entry: write('main.js', code) })).toMatch(/^the app is bundled/);
    }
  });

  it('is not seen in an app that is not', () => {
    const compiled = `var __importDefault = x => x; require('http').createServer().listen(0); // see node_modules`;
    expect(notice({ entry: write('app.js', compiled) })).toBeUndefined();
    expect(notice({ entry: undefined })).toBeUndefined();
    expect(notice({ entry: join(cwd, 'missing.js') })).toBeUndefined();
  });
});

describe('an app of Next.js', () => {
  beforeEach(() => {
    write(
      'package.json',
      JSON.stringify({ dependencies: { next: '15', ioredis: '5', mysql2: '3', pg: '8' } }),
    );
  });

  it('is told of the libraries that Next.js bundles, and of the setting', () => {
    expect(notice({ hasNext: true, loaded: ['pg'] })).toBe(
      'Next.js bundles ioredis, mysql2, which is not traced so; serverExternalPackages: ["ioredis","mysql2"] in next.config.js mends it',
    );
  });

  it('is told nothing of those that are loaded or named in its configuration', () => {
    write('next.config.mjs', `export default { serverExternalPackages: ['mysql2'] };`);
    expect(notice({ hasNext: true, loaded: ['ioredis'] })).toBeUndefined();
  });
  it('has its configuration where the build wrote it down, which is all that a standalone server has', () => {
    write(
      'next.config.mjs',
      `export default { serverExternalPackages: process.env.EXTERNAL && ['ioredis'] };`,
    );
    mkdirSync(join(cwd, '.next'));
    write(
      '.next/required-server-files.json',
      JSON.stringify({ config: { serverExternalPackages: ['mysql2'] } }),
    );
    expect(notice({ hasNext: true })).toMatch(/^Next.js bundles ioredis, which/);
    write(
      '.next/required-server-files.json',
      JSON.stringify({ config: { serverExternalPackages: ['mysql2', 'ioredis'] } }),
    );
    expect(notice({ hasNext: true })).toBeUndefined();
  });
});
