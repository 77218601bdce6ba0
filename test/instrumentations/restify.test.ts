import { spawnSync } from 'node:child_process';
import { describe, it } from 'vitest';
import { httpServerKit } from '../kit/http-server.ts';
import { routesKit } from '../kit/routes.ts';
import { LIBRARIES, libraryMajor } from '../support/libraries.ts';
import { NODE } from '../support/run-app.ts';

/** restify 11 uses internals of Node that 24 no longer has, restify 12 wants Node 22. */
const nodeMajor = Number(
  spawnSync(NODE, ['-p', 'process.versions.node'], { encoding: 'utf8' }).stdout.split('.')[0],
);
const runs = libraryMajor('restify') >= 12 ? nodeMajor >= 22 : nodeMajor < 24;

for (const [title, file] of [
  ['restify, ES modules', 'restify.mjs'],
  ['restify, CommonJS', 'restify.cjs'],
]) {
  const fixture = { file, cwd: LIBRARIES };
  if (!runs) {
    describe.skip(`${title}: restify ${libraryMajor('restify')} does not run on Node ${nodeMajor}`, () => {
      it('runs', () => {});
    });
    continue;
  }
  httpServerKit({ title, fixture, routes: true, exceptions: true, unknownMethods: false, brokenStatus: 444 });
  routesKit({
    title,
    fixture,
    routes: [
      ['/orders/7/items/9', '/orders/:order/items/:item'],
      ['/files/a/b.css', '/files/*'],
      ['/none', null, 404],
      ['POST /files/a', null, 405],
      ['/answered/stop', '/answered/:id', 500],
    ],
    failures: [
      ['/exception', '/exception', 'TypeError', 'boom'],
      ['/next-error', '/next-error', 'RangeError', 'passed on'],
      ['/rejected', '/rejected', 'RangeError', 'late'],
      ['/pre-error', null, 'RangeError', 'first'],
      ['/use-error/3', '/use-error/:id', 'RangeError', 'early'],
      ['/use-rejected', '/use-rejected', 'RangeError', 'late in use'],
      ['/answered/3', '/answered/:id', 'RangeError', 'answered'],
    ],
  });
}
