import { httpServerKit } from '../kit/http-server.ts';
import { routesKit } from '../kit/routes.ts';
import { LIBRARIES } from '../support/libraries.ts';

for (const [title, file] of [
  ['restify, ES modules', 'restify.mjs'],
  ['restify, CommonJS', 'restify.cjs'],
]) {
  const fixture = { file, cwd: LIBRARIES };
  httpServerKit({ title, fixture, routes: true, exceptions: true, unknownMethods: false, brokenStatus: 444 });
  routesKit({
    title,
    fixture,
    routes: [
      ['/orders/7/items/9', '/orders/:order/items/:item'],
      ['/files/a/b.css', '/files/*'],
      ['/none', null, 404],
      ['POST /files/a', null, 405],
    ],
    failures: [
      ['/exception', '/exception', 'TypeError', 'boom'],
      ['/next-error', '/next-error', 'RangeError', 'passed on'],
      ['/rejected', '/rejected', 'RangeError', 'late'],
    ],
  });
}
