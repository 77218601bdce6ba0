import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { installedPackages } from '../../../src/load/installed.ts';

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'foretrace-installed-')));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const folder = (path: string): string => {
  mkdirSync(join(root, path), { recursive: true });
  return join(root, path);
};
const link = (path: string, target: string): void => {
  folder(dirname(path));
  symlinkSync(join(root, target), join(root, path));
};
const patches = ['hono', '@koa/router'].map((module) => ({ module, files: [''], patch: () => undefined }));
const found = (entry: string): string[] =>
  installedPackages(patches, join(root, entry), root).map(({ module }) => module);

describe('packages that an app may import are found', () => {
  it('beside its file, above it, and nowhere else', () => {
    folder('app/node_modules/hono');
    folder('other/node_modules/@koa/router');
    expect(found('app/src/main.mjs')).toEqual(['hono']);
  });

  it('where the file that is started is a link', () => {
    folder('lib/tool/node_modules/hono');
    writeFileSync(join(root, 'lib/tool/main.mjs'), '');
    link('bin/tool', 'lib/tool/main.mjs');
    expect(found('bin/tool')).toEqual(['hono']);
  });

  it('where only a workspace depends on them, or a workspace of a workspace', () => {
    folder('libs/a/node_modules/hono');
    folder('libs/b/node_modules/@koa/router');
    link('app/node_modules/@scope/a', 'libs/a');
    link('libs/a/node_modules/b', 'libs/b');
    expect(found('app/main.mjs')).toEqual(['hono', '@koa/router']);
  });

  it('where links lead in a circle', () => {
    folder('libs/a/node_modules');
    link('app/node_modules/a', 'libs/a');
    link('libs/a/node_modules/a', 'libs/a');
    expect(found('app/main.mjs')).toEqual([]);
  });

  it('under Plug\u2019n\u2019Play, which keeps them in no folder, even before it is loaded', () => {
    writeFileSync(join(root, '.pnp.cjs'), '');
    expect(found('app/main.mjs')).toEqual(['hono', '@koa/router']);
  });
});
