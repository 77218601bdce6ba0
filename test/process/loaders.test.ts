/** Loaders of the app's that run in a thread of their own. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { supportsSyncWrapping } from '../../src/load/import.ts';
import { startReceiver } from '../support/receiver.ts';
import { NODE, ROOT, runApp } from '../support/run-app.ts';

const version = execFileSync(NODE, ['-p', 'process.versions.node'], { encoding: 'utf8' }).trim();
const loader = ['--import', pathToFileURL(`${ROOT}test/fixtures/preload/source-loader.mjs`).href];
const agent = ['--import', pathToFileURL(`${ROOT}register.mjs`).href];

it('a bundled app is told once that its libraries are not traced', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'foretrace-bundle-'));
  const file = join(folder, 'app.cjs');
  const contents = `const app = require('express')();
    app.get('/', (request, response) => response.end('ok'));
    const server = app.listen(0, () => console.log(JSON.stringify({ port: server.address().port })));`;
  buildSync({ stdin: { contents, resolveDir: ROOT }, bundle: true, platform: 'node', outfile: file });
  const receiver = await startReceiver();
  const app = runApp({ file, receiver });
  for (let i = 0; i < 3; i++) await (await fetch(await app.url('/'))).text();
  const { stderr } = await app.stop();
  const names = receiver.spans().map(({ name }) => name);
  await receiver.close();
  rmSync(folder, { recursive: true });
  expect(names).toEqual(['GET', 'GET', 'GET']);
  expect(stderr).toMatch(/^foretrace: the app is bundled: [^\n]+\n$/);
});

describe.skipIf(!supportsSyncWrapping(version))('a loader that returns the source of CommonJS', () => {
  it.each([
    ['after the agent', [...agent, ...loader]],
    ['before the agent', [...loader, ...agent]],
  ])('leaves packages traced when it is registered %s', async (_, execArgv) => {
    const receiver = await startReceiver();
    const app = runApp({ file: 'express.mjs', agent: 'none', execArgv, receiver });
    // The first span of a process may be on its way when the signal comes.
    await (await fetch(await app.url('/success'))).text();
    await (await fetch(await app.url('/users/7'))).text();
    await app.stop();
    const routes = receiver.spans().map(({ attributes }) => attributes['http.route']);
    await receiver.close();
    expect(routes).toEqual(['/success', '/users/:id']);
  });
});
