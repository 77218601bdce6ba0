import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inMatrix } from '../support/libraries.ts';
import { startReceiver } from '../support/receiver.ts';
import { runApp } from '../support/run-app.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const parent = (flags: string): Record<string, string> => ({
  traceparent: `00-${TRACE}-b7ad6b7169203331-${flags}`,
});

describe.skipIf(inMatrix)('FORETRACE_SAMPLING_RULES', () => {
  let downstream: Server;
  let target: string;
  const seen: (string | undefined)[] = [];
  beforeAll(async () => {
    downstream = createServer((req, res) => {
      seen.push(req.headers.tracestate as string | undefined);
      res.end();
    });
    await new Promise<void>((resolve) => downstream.listen(0, '127.0.0.1', resolve));
    target = `http://127.0.0.1:${(downstream.address() as AddressInfo).port}/`;
  });
  afterAll(() => downstream.close());

  interface Asked {
    method?: string;
    path: string;
    headers?: Record<string, string>;
  }
  /** The spans of an app that is asked for paths, and what it has said. */
  async function spansOf(rules: string, asked: Asked[], env: Record<string, string> = {}) {
    const receiver = await startReceiver();
    const app = runApp({
      file: 'core/manual.cjs',
      receiver,
      env: { FORETRACE_SAMPLING_RULES: rules, OTEL_SERVICE_NAME: 'shop', ...env },
    });
    for (const { method, path, headers } of asked)
      await fetch(await app.url(path), { method, headers: { 'x-target': target, ...headers } });
    const { stderr } = await app.stop();
    const spans = receiver.spans();
    await receiver.close();
    return { spans, stderr, paths: spans.flatMap(({ attributes }) => attributes['url.path'] ?? []) };
  }

  it('keeps the share of the first rule that is about method and path, and the sampler’s of the rest', async () => {
    const asked = [
      { path: '/health' },
      { path: '/health/live?x=/orders' },
      { method: 'POST', path: '/orders/1?a=b' },
      { path: '/orders/1' },
      { path: '/other' },
    ];
    const { paths, stderr } = await spansOf('/health*=0; POST /orders*=1; GET /orders*=0', asked);
    expect(paths).toEqual(['/orders/1', '/other']);
    expect(stderr).toBe('');
    const none = await spansOf('POST /orders*=1; *=0', asked);
    expect(none.paths).toEqual(['/orders/1']);
  });

  it('decides on spans without a caller by their names, and never on what is below a span', async () => {
    const { spans } = await spansOf('root=0;inner=0;outer=0', [{ path: '/nested' }]);
    // `root` starts a trace of its own there, `outer` and `inner` are below the request.
    expect(spans.map(({ name }) => name).sort()).toEqual(['GET', 'elsewhere', 'inner', 'outer']);
    const { spans: other } = await spansOf('root=1;outer=1;inner=1;*=0', [{ path: '/nested' }]);
    expect(other.map(({ name }) => name).sort()).toEqual(['elsewhere', 'root']);
  });

  it('leaves the decision of a caller alone where the sampler follows it, and decides in its place otherwise', async () => {
    const asked = [
      { path: '/kept', headers: parent('00') },
      { path: '/dropped', headers: parent('03') },
    ];
    const rules = '/kept=1;/dropped=0';
    expect((await spansOf(rules, asked)).paths).toEqual(['/dropped']);
    const { spans } = await spansOf(rules, asked, { OTEL_TRACES_SAMPLER: 'always_off' });
    expect(spans).toMatchObject([{ traceId: TRACE, attributes: { 'url.path': '/kept' } }]);
  });

  it('has rules for single services', async () => {
    const asked = [{ path: '/a' }, { path: '/b' }];
    const rules = 'service:shop /a=0; service:other /b=0; service:batch-* *=0; service:s*p /c=1';
    expect((await spansOf(rules, asked)).paths).toEqual(['/b']);
    expect((await spansOf(rules, asked, { OTEL_SERVICE_NAME: 'other' })).paths).toEqual(['/a']);
    expect((await spansOf(rules, asked, { OTEL_SERVICE_NAME: 'batch-7' })).paths).toEqual([]);
    expect((await spansOf('service:shop=0', asked)).paths).toEqual([]);
  });

  it('tells the share on the spans and in what is sent, so that back ends can count back', async () => {
    seen.length = 0;
    const { spans } = await spansOf('/out=1;/plain=0.5;*=0', [
      { path: '/out' },
      ...Array.from({ length: 24 }, () => ({ path: '/plain' })),
    ]);
    const ended = spans.find(({ attributes }) => attributes['url.path'] === '/out');
    const [out, plain] = [true, false].map((is) =>
      spans.filter(({ traceId }) => (traceId === ended?.traceId) === is),
    );
    expect(out.map(({ traceState }) => traceState)).toEqual(['ot=th:0', 'ot=th:0', 'ot=th:0']);
    expect(seen).toEqual(['ot=th:0', 'ot=th:0']);
    expect(new Set(plain.map(({ traceState }) => traceState))).toEqual(new Set(['ot=th:8']));
    // The last 56 bits of the ids decide.
    for (const { traceId } of plain)
      expect(Number.parseInt(traceId.slice(18, 20), 16)).toBeGreaterThanOrEqual(0x80);
    expect(plain.length).toBeLessThan(24);
  });

  it.each([
    ['/a=0; nonsense; /b=0', 'has "nonsense", which is no <pattern>=<0 to 1>, it is ignored'],
    ['/a=0; /c=2; =1; /b=0', 'has "/c=2" and 1 more, which are no <pattern>=<0 to 1>, they are ignored'],
    ['/a=0;/b=0;service:=1', 'has "service:=1", which is no <pattern>=<0 to 1>, it is ignored'],
  ])('says in one line what is no rule in %j, the others hold', async (rules, line) => {
    const { paths, stderr } = await spansOf(rules, [{ path: '/a' }, { path: '/b' }, { path: '/c' }]);
    expect(paths).toEqual(['/c']);
    expect(stderr).toBe(`foretrace: FORETRACE_SAMPLING_RULES ${line}\n`);
  });
});
