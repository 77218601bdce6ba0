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

const RESOURCE = {
  OTEL_RESOURCE_ATTRIBUTES: 'app=shop,cluster=eu%201,tank=all',
  OTEL_SERVICE_NAME: 'orders',
};

describe.skipIf(inMatrix)('FORETRACE_METRIC_RESOURCE_ATTRIBUTES', () => {
  it('gives every point the named attributes of the resource, unless it has one of that name', async () => {
    const { metrics, stderr } = await metricsOf(receiver, {
      ...RESOURCE,
      FORETRACE_METRIC_RESOURCE_ATTRIBUTES: 'app, cluster,tank,process.pid',
    });
    expect(stderr).toBe('');
    const copied = { app: 'shop', cluster: 'eu 1', 'process.pid': expect.any(Number) };
    expect(metrics.length).toBeGreaterThan(5);
    for (const { points } of metrics)
      for (const { attributes } of points) expect(attributes).toMatchObject(copied);
    expect(metricNamed(metrics, 'level').points[0].attributes.tank).toBe('left');
    expect(metricNamed(metrics, 'seen').points[0].attributes.tank).toBe('all');
    expect(metricNamed(metrics, 'http.server.request.duration').resource).toMatchObject({ app: 'shop' });
  });

  it('does so in what Prometheus scrapes and in what the console shows', async () => {
    const port = await unusedPort();
    const app = startMetricsApp(receiver, {
      ...RESOURCE,
      OTEL_METRICS_EXPORTER: 'prometheus,console',
      OTEL_EXPORTER_PROMETHEUS_PORT: String(port),
      FORETRACE_METRIC_RESOURCE_ATTRIBUTES: 'service.name',
    });
    await (await fetch(await app.url('/'))).text();
    const { families } = await scrapeUntil(port, (found) =>
      found.families.has('http_server_request_duration_seconds'),
    );
    for (const [name, { samples }] of families)
      for (const { labels } of samples) expect([name, labels.service_name]).toEqual([name, 'orders']);
    const { stderr } = await app.stop();
    expect(stderr).toMatch(/^orders +kind=a service\.name=orders +3$/m);
    expect(stderr).toMatch(/^http\.server\.active_requests +.*service\.name=orders +0$/m);
  });

  it('copies nothing when unset', async () => {
    const { metrics } = await metricsOf(receiver, RESOURCE);
    expect(metricNamed(metrics, 'seen').points[0].attributes).toEqual({});
  });

  it('has one line about names that the resource does not have', async () => {
    const { metrics, stderr } = await metricsOf(receiver, {
      ...RESOURCE,
      FORETRACE_METRIC_RESOURCE_ATTRIBUTES: 'app,shard,,pod',
    });
    expect(stderr).toBe(
      'foretrace: FORETRACE_METRIC_RESOURCE_ATTRIBUTES names "shard", "pod", which the resource does not have\n',
    );
    expect(metricNamed(metrics, 'seen').points[0].attributes).toEqual({ app: 'shop' });
  });
});
