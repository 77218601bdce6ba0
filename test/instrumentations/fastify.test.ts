import { expect, it } from 'vitest';
import { httpServerKit } from '../kit/http-server.ts';
import { routesKit } from '../kit/routes.ts';
import { LIBRARIES, libraryMajor } from '../support/libraries.ts';
import { startReceiver } from '../support/receiver.ts';
import { runApp } from '../support/run-app.ts';

/** Fastify 4 has a fixed list of methods. */
const methods = libraryMajor('fastify') >= 5;

for (const [title, file] of [
  ['Fastify, ES modules', 'fastify.mjs'],
  ['Fastify, CommonJS', 'fastify.cjs'],
]) {
  httpServerKit({
    title,
    fixture: { file, cwd: LIBRARIES },
    routes: true,
    exceptions: true,
    unknownMethods: methods,
  });
  routesKit({
    title,
    fixture: { file, cwd: LIBRARIES },
    routes: [
      ['/api/v1', '/api/v1'],
      ['/api/v1/orders/7', '/api/v1/orders/:order'],
      ['/api/v1/orders/7/items/9', '/api/v1/orders/:order/items/:item'],
      ['/secret/3', '/secret/:id', 401],
      ['/hijacked/3', '/hijacked/:id'],
      ['/schema/3', '/schema/:id'],
      ['/schema/x', '/schema/:id', 400],
      ['/files/a/b.css', '/files/*'],
      ['HEAD /files/a/b.css', '/files/*'],
      ['/api/v1/none', null, 404],
      ['POST /files/a', null, 404],
    ],
    failures: [
      ['/exception', '/exception', 'TypeError', 'boom'],
      ['/rejected', '/rejected', 'RangeError', 'late'],
      ['/sent-error', '/sent-error', 'RangeError', 'sent'],
      ['/hook-error', '/hook-error', 'RangeError', 'hook'],
      ['/own-error', '/own-error', 'RangeError', 'own'],
    ],
  });
}

it('shows nothing in what a Fastify app lists of its routes, plugins and hooks', async () => {
  const receiver = await startReceiver();
  const file = 'fastify-listing.cjs';
  const traced = await runApp({ file, receiver }).exited;
  const plain = await runApp({ file, agent: 'none' }).exited;
  expect(traced.stdout).toBe(plain.stdout);
  expect(plain).toMatchObject({ code: 0, stdout: expect.stringContaining('["onRequest",["first"]]') });
  const served = receiver.spans().filter(({ kind }) => kind === 'SERVER');
  expect(served.map(({ name }) => name)).toEqual(['GET /api/items/:id']);
  await receiver.close();
});
