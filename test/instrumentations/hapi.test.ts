import { httpServerKit } from '../kit/http-server.ts';
import { routesKit } from '../kit/routes.ts';
import { LIBRARIES } from '../support/libraries.ts';

for (const [title, file] of [
  ['hapi, ES modules', 'hapi.mjs'],
  ['hapi, CommonJS', 'hapi.cjs'],
]) {
  const fixture = { file, cwd: LIBRARIES };
  const template = (route: string): string => route.replaceAll(/:(\w+)/g, '{$1}');
  httpServerKit({ title, fixture, routes: true, exceptions: true, template });
  routesKit({
    title,
    fixture,
    routes: [
      ['/api/v1/orders/7', '/api/v1/orders/{order}'],
      ['/api/v1/orders/7/items/9', '/api/v1/orders/{order}/items/{item?}'],
      ['/api/v1/orders/7/items', '/api/v1/orders/{order}/items/{item?}'],
      ['/secret/3', '/secret/{id}', 401],
      ['/files/a/b.css', '/files/{path*}'],
      ['HEAD /files/a/b.css', '/files/{path*}'],
      ['/none', null, 404],
      ['POST /files/a', null, 404],
    ],
    failures: [
      ['/exception', '/exception', 'TypeError', 'boom'],
      ['/rejected', '/rejected', 'RangeError', 'late'],
      ['/pre', '/pre', 'RangeError', 'before'],
      ['/answered', '/answered', 'RangeError', 'answered'],
    ],
  });
}
