import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { inMatrix } from '../support/libraries.ts';
import { scrape, scrapeUntil } from '../support/prometheus.ts';
import { type App, runApp, type RunOptions } from '../support/run-app.ts';
import { unusedPort } from '../support/unused-port.ts';

const WAIT = 'process.stdin.resume()';

function start(port: string, options: RunOptions = { eval: WAIT }): App {
  return runApp({
    stdin: true,
    ...options,
    env: {
      OTEL_METRICS_EXPORTER: 'prometheus',
      OTEL_TRACES_EXPORTER: 'none',
      OTEL_EXPORTER_PROMETHEUS_PORT: port,
      OTEL_LOG_LEVEL: 'info',
      ...options.env,
    },
  });
}

/** The part of stderr that matches, as soon as it is there. */
async function said(app: App, wanted: RegExp): Promise<string> {
  for (;;) {
    const found = wanted.exec(app.stderr);
    if (found !== null) return found[1] ?? found[0];
    // oxlint-disable-next-line no-await-in-loop
    await new Promise((resolve) => {
      app.child.stderr!.once('data', resolve);
    });
  }
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

const AT = /metrics for Prometheus are at http:\/\/127\.0\.0\.1:(\d+)\/metrics\n/;

describe.skipIf(inMatrix)('OTEL_EXPORTER_PROMETHEUS_PORT', () => {
  it('is the port that scrapes are served at', async () => {
    const port = await unusedPort();
    const app = start(String(port));
    expect(await said(app, AT)).toBe(String(port));
    expect((await scrape(port)).status).toBe(200);
    app.child.stdin!.end();
    expect((await app.exited).code).toBe(0);
  });

  it('0 is any free port, which is said', async () => {
    const app = start('0');
    const port = Number(await said(app, AT));
    expect(port).toBeGreaterThan(0);
    expect((await scrape(port)).status).toBe(200);
    await app.stop();
  });

  it('is 9464 where it is no port, with one line', async () => {
    const app = start('65536');
    await said(app, /:9464\/metrics/);
    expect(app.stderr.split('\n')[0]).toBe(
      'foretrace: OTEL_EXPORTER_PROMETHEUS_PORT="65536" is not an integer from 0 to 65535, 9464 is used',
    );
    await app.stop();
  });

  it('of another foretrace is worth one line that says whose, and is taken over once it is free', async () => {
    const port = await unusedPort();
    const first = start(String(port));
    await said(first, AT);
    const second = start(String(port), { eval: WAIT, env: { OTEL_LOG_LEVEL: 'warn' } });
    expect(await said(second, /^.*is taken by.*$/m)).toBe(
      `foretrace: cannot serve metrics for Prometheus at http://localhost:${port}/metrics: the port is taken by foretrace in process ${first.child.pid}; each process needs a port of its own (OTEL_EXPORTER_PROMETHEUS_PORT), this one goes on trying`,
    );
    await first.stop();
    const own = String(second.child.pid);
    await scrapeUntil(
      port,
      ({ families }) => families.get('target_info')!.samples[0].labels.process_pid === own,
    );
    const { stderr } = await second.stop();
    expect(stderr.trim().split('\n')).toHaveLength(1);
  }, 30_000);

  it.each([
    ['that speaks HTTP', () => createHttpServer((_, response) => response.end('hello'))],
    ['that does not', () => createServer((socket) => socket.end('220 hello\r\n'))],
  ])('of another program %s is worth one line', async (_, make) => {
    const port = await listening(make());
    const app = start(String(port), { eval: WAIT, env: { OTEL_LOG_LEVEL: 'warn' } });
    await said(app, /is taken by another program; /);
    app.child.stdin!.end();
    const { code, stderr } = await app.exited;
    expect({ code, lines: stderr.trim().split('\n').length }).toEqual({ code: 0, lines: 1 });
  });

  it('is of one of the processes of a cluster, and the others say so', async () => {
    const port = await unusedPort();
    const app = start(String(port), { file: 'prometheus-cluster.cjs', env: { OTEL_LOG_LEVEL: 'warn' } });
    await said(app, /is taken by[^]+is taken by/);
    expect((await scrape(port)).status).toBe(200);
    const taken = [...app.stderr.matchAll(/the port is taken by foretrace in process (\d+); /g)];
    const { labels } = (await scrape(port)).families.get('target_info')!.samples[0];
    expect(taken.map(([, pid]) => pid)).toEqual([labels.process_pid, labels.process_pid]);
    app.child.stdin!.end();
    expect((await app.exited).code).toBe(0);
  });
});
