/** What is counted of requests of all kinds: see the fixture. */
import { describe, expect, it } from 'vitest';
import { deviations } from '../support/metric-conformance.ts';
import { countsOfMetrics, countsOfSpans } from '../support/metrics-of-spans.ts';
import type { ReceivedMetric } from '../support/otlp-metrics.ts';
import { startReceiver } from '../support/receiver.ts';
import { runApp } from '../support/run-app.ts';

interface Line {
  port: number;
  h2port: number;
}

async function run(env: Record<string, string> = {}) {
  const receiver = await startReceiver();
  const app = runApp({
    file: 'metrics-http.mjs',
    receiver,
    env: { OTEL_METRICS_EXPORTER: 'otlp', ...env },
  });
  const ports: Line = await app.line((line) => line?.h2port !== undefined);
  const { code, stderr } = await app.exited;
  const metrics = receiver.metrics().at(-1) ?? [];
  const spans = receiver.spans();
  await receiver.close();
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return { metrics, spans, ...ports };
}

/** How often each end came: port, version, status and `error.type`. */
function ends(metrics: readonly ReceivedMetric[], name: string): Record<string, number> {
  const points = metrics.find((metric) => metric.name === name)?.points ?? [];
  return Object.fromEntries(
    points.map(({ attributes, count }) => [
      ['server.port', 'network.protocol.version', 'http.response.status_code', 'error.type']
        .flatMap((key) => (attributes[key] === undefined ? [] : [String(attributes[key])]))
        .join(' '),
      count!,
    ]),
  );
}

const SENT = (port: number, h2port: number) => ({
  // A redirect that `fetch` follows is two.
  [`${port} 1.1 200`]: 3,
  [`${port} 1.1 302`]: 2,
  [`${port} 1.1 404 404`]: 2,
  [`${port} 1.1 500 500`]: 2,
  [`${port} ETIMEDOUT`]: 1,
  [`${port} TimeoutError`]: 1,
  // Who gives up has not failed.
  [`${port}`]: 1,
  [`${h2port} 2 200`]: 1,
  [`${h2port} 2 404 404`]: 1,
  [`${h2port} 2 500 500`]: 1,
  [`${h2port} ECONNREFUSED`]: 1,
});

const SERVED = {
  '1.1 200': 3,
  '1.1 302': 2,
  '1.1 404': 2,
  '1.1 500 500': 2,
  '1.1 ECONNRESET': 3,
  '2 200': 1,
  '2 404': 1,
  '2 500 500': 1,
};

describe('requests', () => {
  it('are counted with the attributes of their spans, each once', async () => {
    const { metrics, spans, port, h2port } = await run();
    expect(deviations(metrics)).toEqual([]);
    expect(ends(metrics, 'http.client.request.duration')).toEqual(SENT(port, h2port));
    expect(ends(metrics, 'http.server.request.duration')).toEqual(SERVED);
    const counted = countsOfMetrics(metrics.filter(({ name }) => name.endsWith('.duration')));
    expect(Object.fromEntries(countsOfSpans(spans))).toEqual(Object.fromEntries(counted));
  });

  it.each([
    ['is sampled', { OTEL_TRACES_SAMPLER: 'always_off' }],
    ['is exported', { OTEL_TRACES_EXPORTER: 'none' }],
    ['is recorded without a parent', { FORETRACE_ROOT_CLIENT_SPANS: 'off' }],
  ])('are counted the same where no span %s', async (_, env: Record<string, string>) => {
    const { metrics, port, h2port } = await run(env);
    expect(ends(metrics, 'http.client.request.duration')).toEqual(SENT(port, h2port));
    expect(ends(metrics, 'http.server.request.duration')).toEqual(SERVED);
  });

  it('are not counted while tracing is switched off', async () => {
    const { metrics } = await run({ FORETRACE_TRACING: 'off' });
    expect(metrics).toEqual([]);
  });
});
