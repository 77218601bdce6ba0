import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { inMatrix } from '../support/libraries.ts';
import { OPENMETRICS, type Scrape, scrape, scrapeUntil } from '../support/prometheus.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { type App, runApp } from '../support/run-app.ts';
import { unusedPort } from '../support/unused-port.ts';

let receiver: Receiver;
beforeAll(async () => void (receiver = await startReceiver()));
afterEach(() => receiver.clear());
afterAll(() => receiver.close());

function start(exporter: string | undefined, env: Record<string, string> = {}, what = 'stay'): App {
  return runApp({
    file: 'own-metrics.cjs',
    args: [what],
    receiver,
    env: { OTEL_METRICS_EXPORTER: exporter, ...env },
  });
}

const requests = ({ families }: Scrape): number =>
  families.get('http_server_request_duration_seconds')?.samples.find(({ name }) => name.endsWith('_count'))
    ?.value ?? 0;
const orders = ({ families }: Scrape): number | undefined =>
  families.get('orders_total')?.samples.find(({ labels }) => labels.kind === 'a')?.value;

describe.skipIf(inMatrix)('OTEL_METRICS_EXPORTER', () => {
  it('is otlp when unset', async () => {
    const app = start(undefined);
    await (await fetch(await app.url('/'))).text();
    expect((await app.stop()).stderr).toBe('');
    const names = receiver.metrics().flatMap((metrics) => metrics.map(({ name }) => name));
    expect(names).toContain('http.server.request.duration');
    expect(names).toContain('orders');
  });

  it('none sends and prints nothing, and nobody listens', async () => {
    const port = await unusedPort();
    const app = start('none', { OTEL_EXPORTER_PROMETHEUS_PORT: String(port), OTEL_TRACES_EXPORTER: 'none' });
    await (await fetch(await app.url('/'))).text();
    expect((await app.stop()).stderr).toBe('');
    expect(receiver.requests).toEqual([]);
    await expect(fetch(`http://127.0.0.1:${port}/metrics`)).rejects.toThrow();
  });

  describe('prometheus', () => {
    it('shows what was counted and what the app measures, in both formats, with names as the specification makes them', async () => {
      const port = await unusedPort();
      const app = start('prometheus', { OTEL_EXPORTER_PROMETHEUS_PORT: String(port) });
      const url = await app.url('/order');
      await (await fetch(url)).text();
      const text = await scrapeUntil(port, (found) => requests(found) === 1);
      expect(text.contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
      expect(orders(text)).toBe(4);
      const labels = {
        http_request_method: 'GET',
        http_response_status_code: '200',
        network_protocol_version: '1.1',
        otel_scope_name: 'foretrace',
        otel_scope_schema_url: expect.stringMatching(/^https:/),
        otel_scope_version: expect.stringMatching(/^\d/),
        url_scheme: 'http',
      };
      const { samples, ...about } = text.families.get('http_server_request_duration_seconds')!;
      expect(about).toEqual({
        type: 'histogram',
        unit: undefined,
        help: 'Duration of HTTP server requests.',
      });
      const buckets = samples.filter(({ name }) => name.endsWith('_bucket'));
      expect(buckets.map((sample) => sample.labels.le)).toEqual(
        '0.005 0.01 0.025 0.05 0.075 0.1 0.25 0.5 0.75 1 2.5 5 7.5 10 +Inf'.split(' '),
      );
      expect(buckets.at(-1)).toMatchObject({ labels: { ...labels, le: '+Inf' }, value: 1 });
      expect(text.families.get('http_server_active_requests')).toMatchObject({
        type: 'gauge',
        samples: [{ value: 0 }],
      });
      expect(text.families.get('target_info')!.samples[0].labels).toMatchObject({
        telemetry_distro_name: 'foretrace',
        process_pid: String(app.child.pid),
      });
      expect(text.families.get('orders_total')).toMatchObject({
        type: 'counter',
        help: String.raw`Orders "placed"\nso far`,
      });
      expect(text.families.get('temperature_celsius')!.samples[0].labels).toEqual({
        room: 'a\n"b"\\',
        otel_scope_name: 'shop',
        otel_scope_version: '1.2.3',
        otel_scope_schema_url: 'https://example.com/schema',
      });
      expect(text.families.get('basket_size_bytes')!.samples.map(({ value }) => value)).toEqual([
        1, 2, 3, 4, 555, 4,
      ]);
      expect(text.families.get('level')!.samples).toMatchObject([{ value: -2, labels: { tank: 'left' } }]);

      const open = await scrape(port, OPENMETRICS);
      expect(open.contentType).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
      const histogram = open.families.get('http_server_request_duration_seconds')!;
      expect(histogram).toMatchObject({ type: 'histogram', unit: 'seconds' });
      const marked = histogram.samples.filter(({ exemplar }) => exemplar !== undefined);
      const spans = await receiver.waitFor((all) => all.some(({ kind }) => kind === 'SERVER'));
      const { traceId, spanId } = spans.find(({ kind }) => kind === 'SERVER')!;
      expect(marked).toMatchObject([{ exemplar: { labels: { trace_id: traceId, span_id: spanId } } }]);
      expect(open.families.get('orders')).toMatchObject({ type: 'counter' });
      expect(open.families.get('target')).toMatchObject({ type: 'info' });
      expect((await app.stop()).stderr).toBe('');
    });

    it('answers while the app’s thread is blocked for 5 s', async () => {
      const port = await unusedPort();
      const app = start('prometheus', { OTEL_EXPORTER_PROMETHEUS_PORT: String(port) });
      const url = await app.url();
      await (await fetch(`${url}/`)).text();
      await scrapeUntil(port, (found) => requests(found) === 1);
      const blocking = fetch(`${url}/block/5000`);
      await app.line(({ blocked }) => blocked);
      const started = performance.now();
      const first = await scrape(port);
      const second = await scrape(port, OPENMETRICS);
      expect(performance.now() - started).toBeLessThan(3_000);
      expect(requests(first)).toBe(1);
      expect(first.families.get('http_server_active_requests')!.samples).toMatchObject([{ value: 1 }]);
      // What the app said the last time that it was asked.
      expect(orders(first)).toBe(3);
      expect(second.families.get('orders')!.samples[0].value).toBe(3);
      await (await blocking).text();
      expect(performance.now() - started).toBeGreaterThan(3_000);
      expect(requests(await scrapeUntil(port, (found) => requests(found) === 2))).toBe(2);
      await app.stop();
    });

    it('answers before anything was counted', async () => {
      const port = await unusedPort();
      const idle = runApp({
        eval: 'process.stdin.resume()',
        stdin: true,
        receiver,
        env: { OTEL_METRICS_EXPORTER: 'prometheus', OTEL_EXPORTER_PROMETHEUS_PORT: String(port) },
      });
      expect([...(await scrape(port)).families.keys()]).toEqual(['target_info']);
      // Nobody who listens, nor a connection that stays, keeps the app from its end.
      idle.child.stdin!.end();
      expect(await idle.exited).toMatchObject({ code: 0, stdout: '', stderr: '' });
    });

    it('is served on the app’s thread where there is no other, and neither traced nor counted', async () => {
      const port = await unusedPort();
      const app = start('prometheus', {
        OTEL_EXPORTER_PROMETHEUS_PORT: String(port),
        FORETRACE_EXPORT_THREAD: 'off',
      });
      await (await fetch(await app.url('/order'))).text();
      await scrapeUntil(port, (found) => requests(found) === 1);
      const last = await scrape(port, OPENMETRICS);
      expect(requests(last)).toBe(1);
      expect(last.families.get('http_server_active_requests')!.samples).toMatchObject([{ value: 0 }]);
      expect(last.families.get('orders')!.samples[0].value).toBe(4);
      const { stderr, signal } = await app.stop();
      expect({ stderr, signal }).toEqual({ stderr: '', signal: 'SIGTERM' });
      const spans = receiver.spans();
      expect(spans.map(({ attributes }) => attributes['url.path'])).toEqual(['/order']);
    });

    it('answers GET alone, at one path, and bounds what it takes', async () => {
      const port = await unusedPort();
      const app = start('prometheus', { OTEL_EXPORTER_PROMETHEUS_PORT: String(port) });
      await scrape(port);
      const url = `http://127.0.0.1:${port}`;
      const post = await fetch(`${url}/metrics`, { method: 'POST', body: 'x'.repeat(1000) });
      expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
      expect((await fetch(`${url}/`)).status).toBe(404);
      expect((await fetch(`${url}//[::1`)).status).toBe(404);
      const head = await fetch(`${url}/metrics?a=b`, { method: 'HEAD' });
      expect([head.status, await head.text()]).toEqual([200, '']);
      const answer = await raw(port, `GET /metrics HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`);
      // The rest is not read, so the connection may be cut before the answer is.
      expect(answer).toMatch(/^(HTTP\/1.1 431 |$)/);
      expect((await scrape(port)).status).toBe(200);
      expect((await app.stop()).stderr).toBe('');
    });
  });

  it('console prints a line for each point to stderr', async () => {
    const app = start('console', { OTEL_TRACES_EXPORTER: 'none' });
    await (await fetch(await app.url('/'))).text();
    const { stdout, stderr } = await app.stop();
    expect(stdout).not.toContain('orders');
    const lines = stderr.trimEnd().split('\n');
    expect(lines.filter((line) => !/^metrics at \d\d:\d\d:\d\d UTC$/.test(line))).toEqual(
      expect.arrayContaining([
        expect.stringMatching(
          /^http\.server\.request\.duration +http\.request\.method=GET url\.scheme=http http\.response\.status_code=200 network\.protocol\.version=1\.1 +count 1 {2}avg [\d.e-]+ s {2}max [\d.e-]+ s$/,
        ),
        expect.stringMatching(
          /^http\.server\.active_requests +http\.request\.method=GET url\.scheme=http +0$/,
        ),
        expect.stringMatching(/^orders +kind=a +3$/),
        expect.stringMatching(/^basket\.size +count 4 {2}avg 139 By {2}max 500 By$/),
        // One line, whatever is in it.
        expect.stringMatching(/^temperature +room=a.*"b"\\ +21\.5 Cel$/),
      ]),
    );
    expect(receiver.requests).toEqual([]);
  });

  it('takes several at once', async () => {
    const port = await unusedPort();
    const app = start('otlp, prometheus,console', {
      OTEL_EXPORTER_PROMETHEUS_PORT: String(port),
      OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'delta',
      OTEL_METRIC_EXPORT_INTERVAL: '200',
    });
    const url = await app.url('/order');
    for (let i = 0; i < 3; i++) {
      await (await fetch(url)).text();
      // Deltas go by another way than what is scraped.
      await scrapeUntil(port, (found) => requests(found) === i + 1 && orders(found) === 4 + i);
    }
    const { stderr } = await app.stop();
    expect(stderr).toMatch(/^orders +kind=a +/m);
    const sent = receiver
      .metrics()
      .flat()
      .filter(({ name }) => name === 'orders')
      .flatMap(({ points }) => points.filter(({ attributes }) => attributes.kind === 'a'));
    expect(sent.reduce((sum, { value }) => sum + value!, 0)).toBe(6);
  });

  it('keeps the known ones of a list, with one line about the others', async () => {
    const { stderr } = await start('statsd,console', { OTEL_TRACES_EXPORTER: 'none' }, 'exit').exited;
    expect(stderr.split('\n')[0]).toBe(
      'foretrace: OTEL_METRICS_EXPORTER="statsd,console" has "statsd", which is not one of otlp, prometheus, console, none, that part is ignored',
    );
    expect(stderr).toMatch(/^orders +kind=a +3$/m);
  });

  it('is otlp where it names nothing that is known', async () => {
    const { stderr } = await start('statsd', {}, 'exit').exited;
    expect(stderr).toBe(
      'foretrace: OTEL_METRICS_EXPORTER="statsd" has "statsd", which is not one of otlp, prometheus, console, none, otlp is used\n',
    );
    expect(
      receiver
        .metrics()
        .flat()
        .map(({ name }) => name),
    ).toContain('orders');
  });
});

/** What a server answers to bytes. */
function raw(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.setEncoding('utf8').on('data', (text: string) => (answer += text));
    socket
      .on('close', () => resolve(answer))
      .on('error', (error: NodeJS.ErrnoException) => {
        if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error);
      });
  });
}
