/** What a collector gets of the operations of real libraries: each is counted, whatever becomes of its trace. */
import { describe, expect, it } from 'vitest';
import { inMatrix, LIBRARIES } from '../support/libraries.ts';
import { deviations, idOf } from '../support/metric-conformance.ts';
import { countsOfMetrics, countsOfSpans } from '../support/metrics-of-spans.ts';
import type { ReceivedMetric } from '../support/otlp-metrics.ts';
import type { ReceivedSpan } from '../support/otlp.ts';
import { POSTGRESQL } from '../support/postgresql.ts';
import { startReceiver } from '../support/receiver.ts';
import { database, REDIS_URL } from '../support/redis.ts';
import { runApp } from '../support/run-app.ts';
import { describeWith } from '../support/services.ts';

const REQUESTS = 40;
const FAILING = 4;

interface Outcome {
  metrics: ReceivedMetric[];
  spans: ReceivedSpan[];
}

/** Sends requests, eight at a time. */
async function run(env: Record<string, string>): Promise<Outcome> {
  const receiver = await startReceiver();
  const app = runApp({
    file: 'operations.cjs',
    cwd: LIBRARIES,
    receiver,
    env: { ...POSTGRESQL.env, REDIS_URL, OTEL_METRICS_EXPORTER: 'otlp', ...env },
  });
  const url = await app.url('');
  let next = 0;
  const client = async (): Promise<void> => {
    for (let i = next++; i < REQUESTS; i = next++)
      await (await fetch(`${url}${i % 10 === 9 ? '/fail' : '/'}`)).text();
  };
  await Promise.all(Array.from({ length: 8 }, client));
  const { stderr } = await app.stop();
  const outcome = { metrics: receiver.metrics().at(-1) ?? [], spans: receiver.spans() };
  await receiver.close();
  expect(stderr).toBe('');
  return outcome;
}

const postgresql = {
  'db.system.name': 'postgresql',
  'db.namespace': POSTGRESQL.env.PGDATABASE,
  'server.address': POSTGRESQL.host,
  ...(POSTGRESQL.port !== 5432 && { 'server.port': POSTGRESQL.port }),
};
const url = new URL(REDIS_URL);
const redis = {
  'db.system.name': 'redis',
  'db.namespace': database,
  'server.address': url.hostname,
  ...(url.port !== '' && url.port !== '6379' && { 'server.port': Number(url.port) }),
};
const failed = { 'error.type': '42P01', 'db.response.status_code': '42P01' };

const duration = (attributes: Record<string, unknown>): string =>
  `db.client.operation.duration ${idOf(attributes)}`;

const OPERATIONS = {
  [duration({ ...postgresql, 'db.query.summary': 'SELECT pg_type' })]: REQUESTS,
  [duration({ ...postgresql, 'db.query.summary': 'SELECT kit_missing', ...failed })]: FAILING,
  [duration({ ...redis, 'db.operation.name': 'GET' })]: REQUESTS,
  [duration({ ...redis, 'db.operation.name': 'PIPELINE GET' })]: REQUESTS,
  [duration({ 'db.system.name': 'sqlite', 'db.query.summary': 'CREATE TABLE items' })]: 1,
  [duration({ 'db.system.name': 'sqlite', 'db.query.summary': 'INSERT items' })]: REQUESTS - FAILING,
};

function databases(metrics: readonly ReceivedMetric[]): Record<string, number> {
  const counted = countsOfMetrics(metrics.filter(({ name }) => name === 'db.client.operation.duration'));
  return Object.fromEntries(counted);
}

describe.skipIf(inMatrix)('operations', async () => {
  await describeWith('postgresql', 'of databases', async () => {
    await describeWith('redis', 'and caches', () => {
      it.each([
        ['at 100 %', {}],
        ['at 10 %', { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.1' }],
        ['at 0 %', { OTEL_TRACES_SAMPLER: 'always_off' }],
        ['without traces', { OTEL_TRACES_EXPORTER: 'none' }],
        ['below requests that are excluded', { OTEL_NODE_EXCLUDED_URLS: '.*' }],
        ['while traces are held', { FORETRACE_KEEP: 'status:5xx', OTEL_TRACES_SAMPLER: 'always_off' }],
      ])('are counted each, sampled %s', async (title, env: Record<string, string>) => {
        const { metrics, spans } = await run(env);
        expect(databases(metrics)).toEqual(OPERATIONS);
        expect(deviations(metrics)).toEqual([]);
        const client = metrics.find(({ name }) => name === 'http.client.request.duration')!;
        expect(client.points.map(({ count, attributes }) => [count, attributes['error.type']])).toEqual([
          [REQUESTS, undefined],
        ]);
        // What is not sampled, or may be dropped yet, is no exemplar.
        const exemplars = metrics.flatMap(({ points }) => points.flatMap((point) => point.exemplars));
        if (spans.length === 0) expect(exemplars).toEqual([]);
        if (title !== 'at 100 %') return;
        // What was sampled is counted by the same attributes, and nothing else is.
        for (const [id, count] of countsOfSpans(spans))
          expect([id, countsOfMetrics(metrics).get(id)]).toEqual([id, count]);
      });

      it('have the trace and span id of a sampled one as exemplar, and of no other', async () => {
        const all = await run({});
        const traces = new Map(all.spans.map((span) => [span.spanId, span]));
        const exemplars = all.metrics
          .filter(({ name }) => name === 'db.client.operation.duration')
          .flatMap(({ points }) => points.flatMap((point) => point.exemplars));
        expect(exemplars.length).toBe(Object.keys(OPERATIONS).length);
        for (const { spanId, traceId, value } of exemplars) {
          const span = traces.get(spanId!)!;
          expect(span).toMatchObject({ traceId, kind: 'CLIENT' });
          expect(value * 1000).toBeCloseTo(span.durationMs, 1);
        }
      });

      it('are not counted while tracing is switched off, and not without metrics', async () => {
        const off = await run({ FORETRACE_TRACING: 'off' });
        expect(databases(off.metrics)).toEqual({});
        const { metrics } = await run({ OTEL_METRICS_EXPORTER: 'none' });
        expect(metrics).toEqual([]);
      });
    });
  });
});
