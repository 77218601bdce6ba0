import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { inMatrix } from '../support/libraries.ts';
import { metricNamed, metricsOf } from '../support/metrics-app.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';

let receiver: Receiver;
beforeAll(async () => void (receiver = await startReceiver()));
afterEach(() => receiver.clear());
afterAll(() => receiver.close());

async function run(env: Record<string, string>) {
  const { metrics, stderr } = await metricsOf(receiver, { OTEL_TRACES_EXPORTER: 'otlp', ...env });
  const { exemplars } = metricNamed(metrics, 'http.server.request.duration').points[0];
  const span = receiver.spans().find(({ kind }) => kind === 'SERVER');
  return { exemplars, stderr, ids: { traceId: span?.traceId, spanId: span?.spanId } };
}

describe.skipIf(inMatrix)('OTEL_METRICS_EXEMPLAR_FILTER', () => {
  it.each<Record<string, string>>([{}, { OTEL_METRICS_EXEMPLAR_FILTER: 'trace_based' }])(
    'names a sampled request (%j)',
    async (env) => {
      const { exemplars, ids, stderr } = await run(env);
      expect(exemplars).toMatchObject([ids]);
      expect(stderr).toBe('');
    },
  );

  it('names none that is not sampled', async () => {
    const { exemplars } = await run({ OTEL_TRACES_SAMPLER: 'always_off' });
    expect(exemplars).toEqual([]);
  });

  it('always_off names none', async () => {
    const { exemplars, stderr } = await run({ OTEL_METRICS_EXEMPLAR_FILTER: 'always_off' });
    expect({ exemplars, stderr }).toEqual({ exemplars: [], stderr: '' });
  });

  it('always_on is as trace_based, which one line says', async () => {
    const { exemplars, ids, stderr } = await run({ OTEL_METRICS_EXEMPLAR_FILTER: 'always_on' });
    expect(exemplars).toMatchObject([ids]);
    expect(stderr).toBe(
      'foretrace: OTEL_METRICS_EXEMPLAR_FILTER="always_on": exemplars are of sampled requests alone, as with trace_based\n',
    );
  });

  it('is trace_based for any other word, with one line', async () => {
    const { exemplars, ids, stderr } = await run({ OTEL_METRICS_EXEMPLAR_FILTER: 'some' });
    expect(exemplars).toMatchObject([ids]);
    expect(stderr).toBe(
      'foretrace: OTEL_METRICS_EXEMPLAR_FILTER="some" is not one of trace_based, always_on, always_off, trace_based is used\n',
    );
  });
});
