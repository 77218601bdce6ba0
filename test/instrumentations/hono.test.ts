import { httpServerKit } from '../kit/http-server.ts';
import { routesKit } from '../kit/routes.ts';
import { LIBRARIES, libraryMajor } from '../support/libraries.ts';

for (const [title, file, preset] of [
  ['Hono, ES modules', 'hono.mjs', 'hono'],
  ['Hono, CommonJS', 'hono.cjs', 'hono'],
  ['Hono quick', 'hono.mjs', 'hono/quick'],
  ['Hono tiny', 'hono.mjs', 'hono/tiny'],
]) {
  const fixture = { file, cwd: LIBRARIES, env: { HONO: preset } };
  if (preset === 'hono') httpServerKit({ title, fixture, routes: true, exceptions: true });
  routesKit({
    title,
    fixture,
    routes: [
      ['/api/v1/orders/7/items', '/api/v1/orders/:order/items'],
      ['/api/v1/orders/7/items/9', '/api/v1/orders/:order/items/:item'],
      ['/api/v1/secret/3', '/api/v1/secret/*', 401],
      ['/mounted/things/3', '/mounted/things/:thing'],
      ['/graphql?query=a', '/graphql/*'],
      ['/mounted/none', null, 404],
      ['/through/3', '/through/:id'],
      ['/static/file', '/static/*'],
      ['/static/none', null, 404],
      ['/anywhere', null],
      ['/files/a/b.css', '/files/*'],
      // @hono/node-server 1 answers every HEAD of a plain handler with 500, without an agent too.
      ...(libraryMajor('@hono/node-server') > 1
        ? [['HEAD /files/a/b.css', '/files/*'] as [string, string]]
        : []),
      ['/two', '/two'],
      ['/on/a', '/on/a'],
      ['POST /on/x', '/on/:b'],
      ['/none', null, 404],
      ['/api/v1/none', null, 404],
      ['POST /files/a', null, 404],
    ],
    failures: [
      ['/exception', '/exception', 'TypeError', 'boom'],
      ['/rejected', '/rejected', 'RangeError', 'late'],
      ['/own/error', '/own/error', 'RangeError', 'own'],
      // Middleware, by its path.
      ['/own/middleware', '/own/middleware', 'RangeError', 'own middleware'],
      ['/refused/3', '/refused/:id', 'RangeError', 'early'],
      ['/alone', '/alone', 'RangeError', 'alone'],
    ],
  });
}
