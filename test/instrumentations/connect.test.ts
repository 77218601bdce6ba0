import { httpServerKit } from '../kit/http-server.ts';
import { routesKit } from '../kit/routes.ts';
import { LIBRARIES } from '../support/libraries.ts';

for (const [title, file] of [
  ['connect, ES modules', 'connect.mjs'],
  ['connect, CommonJS', 'connect.cjs'],
]) {
  const fixture = { file, cwd: LIBRARIES };
  /** The route is the mount path. */
  const template = (route: string): string => /^\/[^/]*/.exec(route)![0];
  httpServerKit({ title, fixture, routes: true, exceptions: true, template });
  routesKit({
    title,
    fixture,
    routes: [
      ['/api/v1/orders/7', '/api/v1/orders'],
      ['/api/v1/orders/pass', null, 404],
      ['/api/v1/none', null, 404],
      ['/passing', null, 404],
      ['/anywhere', null],
    ],
    failures: [
      ['/exception', '/exception', 'TypeError', 'boom'],
      ['/next-error', '/next-error', 'RangeError', 'passed on'],
    ],
  });
}
