/** The client makes spans itself, by the API: they have to come once, with their requests below them. */
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { byTraceId, MANY } from '../kit/harness.ts';
import { mixingDbKit, over, POOLS } from '../kit/mixing-db.ts';
import { operations } from '../kit/operations.ts';
import { startElastic } from '../support/elasticsearch.ts';
import { LIBRARIES, libraryVersion } from '../support/libraries.ts';
import type { ReceivedSpan } from '../support/otlp.ts';

const server = await startElastic();
afterAll(() => server.close());
beforeEach(() => {
  server.traceparents.length = 0;
});

/** Name and scope of a span, and of those below it. */
type Tree = [name: string, ...children: Tree[]];

function treeOf(spans: readonly ReceivedSpan[], parentSpanId: string): Tree[] {
  return spans
    .filter((span) => span.parentSpanId === parentSpanId)
    .sort((a, b) => Number(a.startTimeUnixNano - b.startTimeUnixNano))
    .map((span) => [`${span.kind} ${span.name}`, ...treeOf(spans, span.spanId)]);
}

for (const [title, file] of [
  ['ES modules', 'elasticsearch.mjs'],
  ['CommonJS', 'elasticsearch.cjs'],
]) {
  describe(`@elastic/elasticsearch ${libraryVersion('@elastic/elasticsearch')}, ${title}, against a stand-in for Elasticsearch`, () => {
    const env = { ELASTIC_URL: server.url };
    const kit = operations({ file, env, cwd: LIBRARIES, execArgv: ['--no-deprecation'] });

    const collect = async (count: number): Promise<{ spans: ReceivedSpan[]; tree: Tree[] }> => {
      const spans = await kit.collect(count);
      return { spans, tree: treeOf(spans, spans.find(({ name }) => name === 'parent')!.spanId) };
    };

    it("keeps the client's own span, with the request below it", async () => {
      await kit.run('search', { index: 'kit' });
      const { spans, tree } = await collect(4);
      expect(tree).toEqual([['CLIENT search', ['CLIENT POST']], ['INTERNAL after']]);
      const own = spans.find(({ name }) => name === 'search')!;
      expect(own.attributes).toMatchObject({
        'db.system': 'elasticsearch',
        'db.operation.name': 'search',
        'db.collection.name': 'kit',
        'server.address': server.host,
        'server.port': server.port,
      });
      const request = spans.find(({ name }) => name === 'POST')!;
      expect(server.traceparents).toEqual([expect.stringContaining(`${request.traceId}-${request.spanId}`)]);
      expect(JSON.stringify(spans.map(({ attributes }) => attributes))).not.toContain('s3cret-canary');
    });

    it('makes a span of each attempt of a call that the client retries', async () => {
      await kit.run('search', { index: 'kit-busy' });
      const { tree } = await collect(5);
      expect(tree).toEqual([['CLIENT search', ['CLIENT POST'], ['CLIENT POST']], ['INTERNAL after']]);
    });

    it('takes an index that is missing for an error', async () => {
      await kit.fail('search', { index: 'kit-missing' });
      const { spans, tree } = await collect(4);
      expect(tree).toEqual([['CLIENT search', ['CLIENT POST']], ['INTERNAL after']]);
      expect(spans.find(({ name }) => name === 'search')!.status.code).toBe('ERROR');
    });

    it('makes no span at all of a call with suppressed tracing, as with the SDK of OpenTelemetry', async () => {
      await kit.run('suppressed', { index: 'kit' });
      const { tree } = await collect(2);
      expect(tree).toEqual([['INTERNAL after']]);
    });

    it(`gives each of ${MANY} calls, 50 at a time, its own parent`, async () => {
      await kit.many('search', { index: 'kit-{index}' }, MANY, 50);
      const spans = await kit.collect(4 * MANY);
      const seen = new Set();
      for (const trace of byTraceId(spans).values()) {
        const parent = trace.find(({ name }) => name === 'parent')!;
        expect(treeOf(trace, parent.spanId)).toEqual([
          ['CLIENT search', ['CLIENT POST']],
          ['INTERNAL after'],
        ]);
        const own = trace.find(({ name }) => name === 'search')!;
        expect(own.attributes['db.collection.name']).toBe(`kit-${parent.attributes.id}`);
        seen.add(parent.attributes.id);
      }
      expect(seen.size).toBe(MANY);
    });
  });
}

mixingDbKit({
  library: 'elasticsearch',
  title: `@elastic/elasticsearch ${libraryVersion('@elastic/elasticsearch')}`,
  server,
  http: true,
  fixture: { cwd: LIBRARIES },
  ways: over(['promise'], ['as many connections as calls', ...POOLS]),
});
