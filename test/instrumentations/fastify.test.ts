import { httpServerKit } from '../kit/http-server.ts';
import { routesKit } from '../kit/routes.ts';
import { LIBRARIES, libraryMajor } from '../support/libraries.ts';

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
