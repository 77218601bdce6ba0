/** What an instrumented framework tells the server span, beyond what every HTTP server does. */
import { describe, expect, it } from 'vitest';
import { type Fixture, harness } from './harness.ts';
import { call, fence, serverSpan } from './http-server.ts';

export interface RoutesKit {
  title: string;
  fixture: Fixture;
  /** Target of a GET (or `METHOD target`), its route (`null`: none), and the status if that is not 200. */
  routes: readonly [target: string, route: string | null, status?: number][];
  /** Targets whose handling fails with an error that is recorded: class and message. */
  failures: readonly [target: string, route: string | null, type: string, message: string][];
  /** Further attributes of the server span. */
  attributes?: (target: string) => Record<string, unknown>;
}

export function routesKit({ title, fixture, routes, failures, attributes = () => ({}) }: RoutesKit): void {
  describe(`${title}, routes`, () => {
    const kit = harness(fixture, fence);

    it.each(routes)('%s is %s', async (methodAndTarget, route, status = 200) => {
      const [, method, target] = /^(?:([A-Z]+) )?(.*)$/.exec(methodAndTarget)!;
      expect(await call(kit.app, target, { method })).toMatchObject({ status });
      const port = await kit.app.listening();
      const expected = serverSpan(port, target, true, {
        method,
        route,
        status,
        attributes: attributes(target),
      });
      const spans = await kit.collect(1);
      expect(spans.map((span) => [span.name, { ...span.attributes }])).toEqual([
        [expected.name, expected.attributes],
      ]);
    });

    it.each(failures)('%s is %s and fails with %s', async (target, route, type, message) => {
      expect(await call(kit.app, target)).toMatchObject({ status: 500 });
      const port = await kit.app.listening();
      const expected = serverSpan(port, target, true, { route, status: 500, attributes: attributes(target) });
      const spans = await kit.collect(1);
      expect(spans.map((span) => [span.name, { ...span.attributes }, span.status.code])).toEqual([
        [expected.name, expected.attributes, 'ERROR'],
      ]);
      expect(spans[0].events.map((event) => [event.name, { ...event.attributes }])).toEqual([
        [
          'exception',
          {
            'exception.type': type,
            'exception.message': message,
            'exception.stacktrace': expect.stringContaining('fixtures'),
          },
        ],
      ]);
      // A stack has room for ten lines: between two functions of the app's there is one of ours at most.
      const lines = String(spans[0].events[0].attributes['exception.stacktrace']).split('\n');
      const ours = lines.map((line) => line.includes('agent.cjs'));
      expect(lines.filter((_, index) => ours[index] && ours[index + 1])).toEqual([]);
    });
  });
}
