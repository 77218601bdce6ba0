/** A real Prometheus scrapes apps, and its checker reads what they answer. */
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { PROMETHEUS_TARGETS } from '../../scripts/services.mjs';
import { scrape } from '../support/prometheus.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { type App, runApp } from '../support/run-app.ts';
import { describeWith } from '../support/services.ts';
import { unusedPort } from '../support/unused-port.ts';

const URL_OF_PROMETHEUS = process.env.PROMETHEUS_URL ?? 'http://127.0.0.1:9390';

async function api(path: string, query: Record<string, string> = {}): Promise<any> {
  const response = await fetch(`${URL_OF_PROMETHEUS}/api/v1/${path}?${new URLSearchParams(query)}`);
  const { status, data, error } = (await response.json()) as {
    status: string;
    data: unknown;
    error?: string;
  };
  if (status !== 'success') throw new Error(error);
  return data;
}

await describeWith('prometheus', 'Prometheus', () => {
  let app: App;
  let port: number;
  let receiver: Receiver;
  let targets: string;
  let instance: string;

  beforeAll(async () => {
    receiver = await startReceiver();
    port = await unusedPort();
    app = runApp({
      file: 'own-metrics.cjs',
      args: ['stay'],
      receiver,
      env: {
        OTEL_METRICS_EXPORTER: 'prometheus',
        OTEL_SERVICE_NAME: 'the shop',
        OTEL_EXPORTER_PROMETHEUS_PORT: String(port),
      },
    });
    const url = await app.url('/order');
    for (let i = 0; i < 7; i++) await (await fetch(url)).text();
    await scrape(port);
    instance = `127.0.0.1:${port}`;
    targets = join(PROMETHEUS_TARGETS, `${port}.json`);
    writeFileSync(targets, JSON.stringify([{ targets: [instance] }]));
  });
  afterAll(async () => {
    rmSync(targets, { force: true });
    await app.stop();
    await receiver.close();
  });

  async function value(metric: string, labels = ''): Promise<string | undefined> {
    const query = `${metric}{instance="${instance}"${labels}}`;
    const { result } = await api('query', { query });
    expect(result.length).toBeLessThanOrEqual(1);
    return result[0]?.value[1];
  }

  it('finds the app up, and its counts are those of the requests that were made', async () => {
    await vi.waitFor(async () => expect(await value('up')).toBe('1'), { timeout: 20_000, interval: 100 });
    const { activeTargets } = await api('targets', { state: 'active' });
    const target = activeTargets.find((one: any) => one.labels.instance === instance);
    expect(target).toMatchObject({ health: 'up', lastError: '' });
    const get = ',http_request_method="GET",otel_scope_name="foretrace"';
    expect(await value('http_server_request_duration_seconds_count', get)).toBe('7');
    expect(await value('http_server_request_duration_seconds_bucket', `${get},le="+Inf"`)).toBe('7');
    expect(await value('http_server_active_requests')).toBe('0');
    expect(await value('orders_total', ',kind="a"')).toBe('10');
    expect(await value('temperature_celsius', String.raw`,room="a\n\"b\"\\"`)).toBe('21.5');
    expect(await value('target_info', ',service_name="the shop"')).toBe('1');
  });

  it('counts on from scrape to scrape', async () => {
    for (let i = 0; i < 3; i++) await (await fetch(await app.url('/order'))).text();
    await vi.waitFor(
      async () => expect(await value('http_server_request_duration_seconds_count')).toBe('10'),
      {
        timeout: 10_000,
        interval: 100,
      },
    );
    expect(await value('orders_total', ',kind="a"')).toBe('13');
  });

  it('has the trace of a request as exemplar, and knows types, units and texts', async () => {
    const spans = await receiver.waitFor((all) => all.filter(({ kind }) => kind === 'SERVER').length >= 7);
    const start = String(Date.now() / 1000 - 600);
    const exemplars = await api('query_exemplars', {
      query: `http_server_request_duration_seconds_bucket{instance="${instance}"}`,
      start,
      end: String(Date.now() / 1000 + 60),
    });
    const ids = exemplars.flatMap((one: any) => one.exemplars.map(({ labels }: any) => labels.trace_id));
    expect(ids.length).toBeGreaterThan(0);
    const traces = spans.map(({ traceId }) => traceId);
    for (const id of ids) expect(traces).toContain(id);
    const metadata = await api('targets/metadata', { match_target: `{instance="${instance}"}` });
    expect(metadata).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          metric: 'http_server_request_duration_seconds',
          type: 'histogram',
          unit: 'seconds',
        }),
        expect.objectContaining({ metric: 'http_server_active_requests', type: 'gauge' }),
        expect.objectContaining({ metric: 'orders', type: 'counter', help: 'Orders "placed"\nso far' }),
      ]),
    );
  });

  it('checks the older format and has nothing to say', async () => {
    const { text } = await scrape(port);
    const { status, stderr, stdout, error } = spawnSync('promtool', ['check', 'metrics'], {
      input: text,
      encoding: 'utf8',
    });
    if (error !== undefined) throw error;
    expect({ stderr: stderr.replaceAll(/^.*no help text\n/gm, ''), stdout }).toEqual({
      stderr: '',
      stdout: '',
    });
    // 3: remarks alone, those above.
    expect([0, 3]).toContain(status);
  });
});
