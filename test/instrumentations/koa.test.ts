import { httpServerKit } from '../kit/http-server.ts';
import { routesKit } from '../kit/routes.ts';
import { LIBRARIES, libraryVersion } from '../support/libraries.ts';

const routers = ['@koa/router', 'koa-router'].filter((name) => libraryVersion(name) !== undefined);

for (const router of routers) {
  for (const [system, file] of [
    ['ES modules', 'koa.mjs'],
    ['CommonJS', 'koa.cjs'],
  ]) {
    const title = `Koa with ${router}, ${system}`;
    const fixture = { file, cwd: LIBRARIES, env: { KOA_ROUTER: router } };
    if (router === routers[0]) httpServerKit({ title, fixture, routes: true, exceptions: true });
    routesKit({
      title,
      fixture,
      routes: [
        ['/api/v1/status', '/api/v1/status'],
        ['/api/v1/orders/7/items', '/api/v1/orders/:order/items'],
        ['/api/v1/orders/7/items/9', '/api/v1/orders/:order/items/:item'],
        ['/guarded/3', '/guarded/:id', 401],
        ['/regex/42', '/^\\/regex\\/(\\d+)$/'],
        ['/two/x', '/two/:a'],
        ['/two/pass', '/two/pass'],
        ['/mounted/things/3?a=1', '/mounted/things/:thing'],
        ['/graphql?query=a', '/graphql'],
        ['/outer/inner/3', '/outer/inner'],
        ['/passing/3', null, 404],
        ['/unanswered/3', null, 404],
        ['/mounted/none', null, 404],
        ['/client-error', '/client-error', 400],
        ['/api/v1/none', null, 404],
        ['/none', null, 404],
        ['DELETE /two/x', null, 405],
      ],
      failures: [
        ['/rejected', '/rejected', 'RangeError', 'late'],
        ['/caught', '/caught', 'RangeError', 'thrown away'],
        ['/no-router', null, 'RangeError', 'early'],
        ['/failing/3', '/failing', 'RangeError', 'mounted'],
        ['/safe/3', '/safe/:id', 'RangeError', 'swallowed'],
        ['/no-router-caught', null, 'RangeError', 'thrown away'],
      ],
    });
  }
}
