import { describe, expect, it } from 'vitest';
import { type Fixture, harness } from '../kit/harness.ts';
import { call, fence, httpServerKit, serverSpan } from '../kit/http-server.ts';
import { inMatrix, libraryMajor, libraryVersion } from '../support/libraries.ts';

const isBefore46 = /^4\.[0-5]\./.test((inMatrix && libraryVersion('express')) || '');
/** Before 4.3 Express does not tell where the code that answers is mounted. */
const isBefore43 = /^4\.[0-2]\./.test((inMatrix && libraryVersion('express')) || '');
const MOUNTED: [target: string, route: string | null, status?: number][] = [
  ['/static/file', '/static'],
  ['/graphql?query=a', '/graphql'],
  ['/guarded/graphql', '/guarded/graphql'],
  ['/tenants/7/health/live', '/tenants/:tenant/health'],
  ['/both', '/both'],
  ['/mount-error/1', '/mount-error', 500],
  ['/tenants/7/envelopes/3', '/tenants/:tenant/envelopes/:id'],
  ['/limited/3', '/limited/:id'],
  ['/responder/3', null],
  ['/accounts/late', '/accounts/late'],
];
const BAD_PARAMETER: [string, string, number] = [
  '/api/v1/orders/7/items/bad',
  '/api/v1/orders/:order/items/:item',
  500,
];

const majors = inMatrix ? [libraryMajor('express')] : [5, 4];
const apps = majors.flatMap((major): [title: string, fixture: Fixture][] => [
  [`Express ${major}, ES modules`, { file: 'express.mjs', env: { EXPRESS_MAJOR: String(major) } }],
  [`Express ${major}, CommonJS`, { file: 'express.cjs', env: { EXPRESS_MAJOR: String(major) } }],
]);

for (const [title, fixture] of apps) {
  httpServerKit({ title, fixture, routes: true, exceptions: true });

  describe(`${title}, routes`, () => {
    const kit = harness(fixture, fence);

    it.each<[target: string, route: string | null, status?: number]>([
      ['/api/v1/orders/7/items', '/api/v1/orders/:order/items'],
      ['/api/v1/orders/7/items/9', '/api/v1/orders/:order/items/:item'],
      ['/admin', '/admin'],
      ['/admin/stats?a=1', '/admin/stats'],
      ['/admin/jobs/3', '/admin/jobs/:job'],
      ['/regex/42', '/^\\/regex\\/(\\d+)$/'],
      ['/list/a', '/list/a'],
      ['/list/x', '/list/:b'],
      ['/status/404', '/status/:code', 404],
      ['/next', '/next'],
      ['/late', '/late'],
      ['/recovered', '/recovered'],
      ['/next-error', '/next-error', 500],
      // Before 4.6 an error of `app.param` goes to the end of the stack, past every layer.
      ...(isBefore46 ? [] : [BAD_PARAMETER]),
      ...(isBefore43 ? [] : MOUNTED),
      ['/accounts/one', '/accounts/one'],
      ['/accounts/own/3', '/accounts/own/:id'],
      ['/static/none', null, 404],
      ['/admin/none', null, 404],
      ['/api/v1/none', null, 404],
      ['/route-then-404', null, 404],
      ['/guarded/none', null, 404],
      ['/limited', null, 404],
      ['/accounts/none', null, 404],
      ['/tenants/7/envelopes', null, 404],
    ])('%s is %s', async (target, route, status = 200) => {
      expect(await call(kit.app, target)).toMatchObject({ status });
      const expected = serverSpan(await kit.app.listening(), target, true, { route, status });
      if (status >= 500) delete (expected as { status?: unknown }).status;
      const spans = await kit.collect(1);
      expect(spans.map(({ name, attributes }) => [name, { ...attributes }])).toEqual([
        [expected.name, expected.attributes],
      ]);
    });
  });
}
