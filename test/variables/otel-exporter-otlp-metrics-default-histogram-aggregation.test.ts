import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { inMatrix } from '../support/libraries.ts';
import { metricNamed, metricsOf, startMetricsApp } from '../support/metrics-app.ts';
import { scrapeUntil } from '../support/prometheus.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { unusedPort } from '../support/unused-port.ts';

let receiver: Receiver;
beforeAll(async () => void (receiver = await startReceiver()));
afterEach(() => receiver.clear());
afterAll(() => receiver.close());

const VARIABLE = 'OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION';
const EXPONENTIAL = { [VARIABLE]: 'base2_exponential_bucket_histogram' };

describe.skipIf(inMatrix)(VARIABLE, () => {
  it('has buckets between bounds when unset: those of the conventions, and those that the app advises', async () => {
    const { metrics } = await metricsOf(receiver, {});
    expect(metricNamed(metrics, 'http.server.request.duration').points[0].bounds).toHaveLength(14);
    expect(metricNamed(metrics, 'basket.size').points[0].bounds).toEqual([1, 10, 100]);
  });

  it('has exponential ones, in which each value is where it belongs', async () => {
    const { metrics, stderr } = await metricsOf(receiver, EXPONENTIAL);
    expect(stderr).toBe('');
    const basket = metricNamed(metrics, 'basket.size');
    expect(basket).toMatchObject({ kind: 'exponentialHistogram' });
    const { scale, offset, zeros, count, buckets, min, max } = basket.points[0];
    expect({ zeros, count, min, max }).toEqual({ zeros: 1, count: 4, min: 0, max: 500 });
    const base = 2 ** (2 ** -scale!);
    const found = buckets!.flatMap((one, i) => (one > 0 ? [base ** (offset! + i)] : []));
    expect(found).toHaveLength(3);
    [5, 50, 500].forEach((value, i) => {
      expect(found[i]).toBeLessThanOrEqual(value);
      expect(found[i] * base).toBeGreaterThanOrEqual(value * 0.999);
    });
    const served = metricNamed(metrics, 'http.server.request.duration');
    expect(served).toMatchObject({ kind: 'exponentialHistogram', points: [{ count: 1 }] });
  });

  it('shows Prometheus buckets that stay the same', async () => {
    const port = await unusedPort();
    const app = startMetricsApp(receiver, {
      ...EXPONENTIAL,
      OTEL_METRICS_EXPORTER: 'prometheus',
      OTEL_EXPORTER_PROMETHEUS_PORT: String(port),
    });
    await (await fetch(await app.url('/'))).text();
    const { families } = await scrapeUntil(port, (found) =>
      found.families.has('http_server_request_duration_seconds'),
    );
    const les = (name: string): string[] =>
      families.get(name)!.samples.flatMap(({ labels: { le } }) => (le === undefined ? [] : [le]));
    expect(les('basket_size_bytes')).toEqual(['1', '10', '100', '+Inf']);
    const powers = Array.from({ length: 25 }, (_, i) => String(2 ** (i - 10)));
    expect(les('http_server_request_duration_seconds')).toEqual([...powers, '+Inf']);
    const { samples } = families.get('http_server_request_duration_seconds')!;
    expect(samples.find(({ labels: { le } }) => le === '+Inf')!.value).toBe(1);
    await app.stop();
  });

  it('has bounds for any other word, with one line', async () => {
    const { metrics, stderr } = await metricsOf(receiver, { [VARIABLE]: 'exponential' });
    expect(stderr).toBe(
      `foretrace: ${VARIABLE}="exponential" is not one of explicit_bucket_histogram, base2_exponential_bucket_histogram, explicit_bucket_histogram is used\n`,
    );
    expect(metricNamed(metrics, 'basket.size').points[0].bounds).toEqual([1, 10, 100]);
  });
});
