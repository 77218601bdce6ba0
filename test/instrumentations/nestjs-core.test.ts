import { expect } from 'vitest';
import { httpServerKit } from '../kit/http-server.ts';
import { routesKit } from '../kit/routes.ts';
import { LIBRARIES } from '../support/libraries.ts';

for (const platform of ['express', 'fastify']) {
  for (const [system, file] of [
    ['ES modules', 'nest.mjs'],
    ['CommonJS', 'nest.cjs'],
  ]) {
    const title = `Nest on ${platform}, ${system}`;
    const fixture = { file, cwd: LIBRARIES, env: { NEST_PLATFORM: platform } };
    const handler = (name: unknown): Record<string, unknown> => ({ 'code.function.name': name });
    httpServerKit({
      title,
      fixture,
      routes: true,
      exceptions: true,
      unknownMethods: false,
      attributes: handler(expect.stringMatching(/^KitController\.route\d+$/)),
    });
    routesKit({
      title,
      fixture,
      attributes: (target) => {
        if (target === '/exception') return handler('KitController.route11');
        if (target === '/scoped/1') return handler('ScopedController.get');
        const name = { '/cats': 'findAll', '/cats/7/toys/9': 'findOne' }[target] ?? target.split('/').pop();
        return /none|plain/.test(target) ? {} : handler(`CatsController.${name}`);
      },
      routes: [
        ['/cats', '/cats'],
        ['/cats/7/toys/9', '/cats/:id/toys/:toy'],
        ['/scoped/1', '/scoped/:id'],
        ['/cats/secret', '/cats/secret', 401],
        ['/cats/none', null, 404],
        ['/plain/file?a=1', '/plain'],
        ['/plain/none', null, 404],
      ],
      failures: [
        ['/exception', '/exception', 'TypeError', 'boom'],
        ['/cats/rejected', '/cats/rejected', 'RangeError', 'late'],
        ['/cats/filtered', '/cats/filtered', 'RangeError', 'filtered'],
        ['/plain-error/3', '/plain-error', 'RangeError', 'mounted'],
      ],
    });
  }
}
