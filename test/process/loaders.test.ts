/** Loaders of the app's that run in a thread of their own. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { supportsSyncWrapping } from '../../src/load/import.ts';
import { LIBRARIES } from '../support/libraries.ts';
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

it.skipIf(supportsSyncWrapping(version))(
  'ts-node registered after the agent is said aloud, once, and registered all the same',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'foretrace-loaders-'));
    mkdirSync(join(folder, 'ts-node'));
    writeFileSync(
      join(folder, 'ts-node/esm.mjs'),
      `export const resolve = (specifier, context, next) =>
        specifier === 'x:y' ? { url: 'data:text/javascript,export default 1', shortCircuit: true } : next(specifier, context);`,
    );
    const url = pathToFileURL(join(folder, 'ts-node/esm.mjs')).href;
    const code = `import { register } from 'node:module';
      register('${url}');
      register(new URL('${url}'));
      console.log((await import('x:y')).default, register.name, register.length);`;
    const file = join(folder, 'app.mjs');
    writeFileSync(file, code);
    const app = runApp({ file, cwd: LIBRARIES, env: { OTEL_TRACES_EXPORTER: 'none' } });
    const { stdout, stderr } = await app.exited;
    rmSync(folder, { recursive: true });
    expect(stdout).toMatch(/^1 register \d\n$/);
    expect(stderr.split('\n').filter((line) => line.startsWith('foretrace:'))).toEqual([
      expect.stringMatching(/ts-node\/esm is registered after foretrace/),
    ]);
  },
);

describe('a loader that returns the source of CommonJS', () => {
  it.each([
    ['after the agent', [...agent, ...loader]],
    ['before the agent', [...loader, ...agent]],
  ])('leaves packages traced when it is registered %s', async (_, execArgv) => {
    const receiver = await startReceiver();
    const app = runApp({ file: 'express.mjs', agent: 'none', execArgv, receiver });
    await (await fetch(await app.url('/success'))).text();
    await (await fetch(await app.url('/users/7'))).text();
    // Not left to the end of the process: that is the business of other tests.
    const spans = await receiver.waitFor(2);
    await app.stop();
    const routes = spans.map(({ attributes }) => attributes['http.route']).toSorted();
    await receiver.close();
    expect(routes).toEqual(['/success', '/users/:id']);
  });

  it('is named once with what it has changed the code of', async () => {
    const changing = pathToFileURL(`${ROOT}test/fixtures/preload/changing-loader.mjs`).href;
    const receiver = await startReceiver();
    const execArgv = [...agent, '--import', changing];
    const app = runApp({ file: 'connect.mjs', agent: 'none', execArgv, receiver, cwd: LIBRARIES });
    for (let i = 0; i < 2; i++) await (await fetch(await app.url('/success'))).text();
    const { stderr } = await app.stop();
    const names = receiver.spans().map(({ name }) => name);
    await receiver.close();
    expect(names).toEqual(['GET', 'GET']);
    expect(stderr).toMatch(/^foretrace: connect [\d.]+: a loader [^\n]+\n$/);
  });
});
