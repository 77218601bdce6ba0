import http from 'node:http';
import { expect, it } from 'vitest';
import type { ReceivedSpan } from '../support/otlp.ts';
import { startReceiver } from '../support/receiver.ts';
import { expectTrace } from '../support/expect-trace.ts';
import { runApp } from '../support/run-app.ts';
import { describeWith } from '../support/services.ts';

const get = (port: number, path: string, agent?: http.Agent, headers = {}): Promise<string> =>
  new Promise((resolve, reject) => {
    http
      .get({ port, host: '127.0.0.1', path, agent, headers }, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (text) => (body += text));
        response.on('end', () => resolve(body));
      })
      .on('error', reject);
  });

const COUNT = 1_000;

await describeWith('postgresql', 'an app with PostgreSQL', async () => {
  await describeWith('redis', 'and Redis', () => {
    it('has each span of 1,000 interleaved requests under its own request, and no other spans', async () => {
      const receiver = await startReceiver();
      const app = runApp({ file: 'core/mixed.mjs', receiver, env: { OTEL_BSP_MAX_QUEUE_SIZE: '20000' } });
      const port = await app.listening();
      const agent = new http.Agent({ keepAlive: true, maxSockets: 50 });
      const ids = Array.from({ length: COUNT }, (_, id) => id);
      const bodies = await Promise.all(ids.map((id) => get(port, `/mixed/${id}`, agent)));
      expect(bodies).toEqual(ids.map(String));
      agent.destroy();
      expect(await app.stop()).toMatchObject({ code: 0, stderr: '' });

      const spans = receiver.spans();
      await receiver.close();
      expect(spans).toHaveLength(COUNT * 5);
      const children = new Map<string, ReceivedSpan[]>();
      for (const span of spans) {
        const parent = `${span.traceId} ${span.parentSpanId}`;
        children.set(parent, [...(children.get(parent) ?? []), span]);
      }
      const below = (span: ReceivedSpan): ReceivedSpan[] =>
        children.get(`${span.traceId} ${span.spanId}`) ?? [];
      const roots = spans.filter(({ parentSpanId }) => parentSpanId === undefined);
      const trees = roots.map((root) => {
        const id = String(root.attributes['url.path']).replace('/mixed/', '');
        const [cache, query, call, ...rest] = below(root).sort((a, b) =>
          Number(a.startTimeUnixNano - b.startTimeUnixNano),
        );
        const echo = below(call);
        return {
          id: Number(id),
          fits:
            root.name === 'GET /mixed/:id' &&
            String(cache.attributes['db.query.text']).includes(`mixed:${id}`) &&
            String(query.attributes['db.query.text']).includes(`"r${id}"`) &&
            String(call.attributes['url.full']).endsWith(`/echo/${id}`) &&
            rest.length === 0 &&
            echo.length === 1 &&
            echo[0].attributes['url.path'] === `/echo/${id}` &&
            [cache, query, echo[0]].every((leaf) => below(leaf).length === 0),
        };
      });
      expect(trees.filter(({ fits }) => !fits)).toEqual([]);
      expect(new Set(trees.map(({ id }) => id)).size).toBe(COUNT);
    }, 90_000);

    it('has exactly three spans for a request with one cache read and one query', async () => {
      const receiver = await startReceiver();
      const app = runApp({ file: 'core/mixed.mjs', receiver });
      expect(await get(await app.listening(), '/three/7')).toBe('{"id":7}');
      await app.stop();
      expectTrace(receiver.spans(), [
        {
          name: 'GET /three/:id',
          kind: 'SERVER',
          children: [
            { name: 'GET', kind: 'CLIENT' },
            { name: 'SELECT', kind: 'CLIENT' },
          ],
        },
      ]);
      await receiver.close();
    });

    it('has the same listeners and properties on request, response and socket as without the agent', async () => {
      const receiver = await startReceiver();
      const seen = [];
      for (const kind of ['import', 'none'] as const) {
        const app = runApp({ file: 'core/mixed.mjs', receiver, agent: kind });
        const port = await app.listening();
        const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
        // The first and the third request of a kept-alive connection: nothing may pile up.
        const bodies = [];
        for (let i = 0; i < 3; i++) bodies.push(JSON.parse(await get(port, '/listeners', agent)));
        seen.push([bodies[0], bodies[2]]);
        agent.destroy();
        await app.stop();
      }
      expect(seen[0]).toEqual(seen[1]);
      await receiver.close();
    });

    it('has no parent from the request before on a kept-alive connection', async () => {
      const receiver = await startReceiver();
      const app = runApp({ file: 'core/mixed.mjs', receiver });
      const port = await app.listening();
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      const traceparent = (digit: string) => ({
        traceparent: `00-${digit.repeat(32)}-${digit.repeat(16)}-01`,
      });
      for (const headers of [traceparent('a'), {}, traceparent('b'), {}])
        await get(port, '/echo/1', agent, headers);
      agent.destroy();
      await app.stop();
      expect(receiver.spans().map(({ parentSpanId }) => parentSpanId)).toEqual([
        'a'.repeat(16),
        undefined,
        'b'.repeat(16),
        undefined,
      ]);
      const traces = new Set(receiver.spans().map(({ traceId }) => traceId));
      expect(traces.size).toBe(4);
      await receiver.close();
    });
  });
});
