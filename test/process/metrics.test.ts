/** What a collector gets of the requests that an app serves and makes, whatever becomes of their traces. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ReceivedMetric } from '../support/otlp-metrics.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { runApp } from '../support/run-app.ts';

let receiver: Receiver;
beforeEach(async () => void (receiver = await startReceiver()));
afterEach(() => receiver.close());

const SERVER = `
  const http = require('node:http');
  const server = http.createServer((request, response) => {
    if (request.url === '/cut') return void request.socket.destroy();
    response.statusCode = request.url === '/fail' ? 503 : 200;
    response.end('done');
  });
  server.listen(0, () => console.log(JSON.stringify({ port: server.address().port })));
`;

async function counted(env: Record<string, string>): Promise<ReceivedMetric[]> {
  const app = runApp({ eval: SERVER, receiver, env: { OTEL_METRICS_EXPORTER: 'otlp', ...env } });
  const url = await app.url('/');
  for (let i = 0; i < 20; i++) await (await fetch(url)).text();
  for (let i = 0; i < 3; i++) await (await fetch(`${url}fail`)).text();
  for (let i = 0; i < 2; i++) await fetch(`${url}cut`).catch(() => {});
  const { stderr } = await app.stop();
  expect(stderr).toBe('');
  return receiver.metrics().at(-1)!;
}

describe.each([
  ['at 100 %', {}],
  ['at 10 %', { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.1' }],
  ['at 0 %', { OTEL_TRACES_SAMPLER: 'always_off' }],
  ['without traces', { OTEL_TRACES_EXPORTER: 'none' }],
] as const)('requests served, sampled %s', (_, env) => {
  it('are counted each', async () => {
    const metrics = await counted(env);
    const duration = metrics.find(({ name }) => name === 'http.server.request.duration')!;
    const common = {
      'http.request.method': 'GET',
      'url.scheme': 'http',
      'network.protocol.version': '1.1',
    };
    expect(
      Object.fromEntries(duration.points.map(({ attributes, count }) => [JSON.stringify(attributes), count])),
    ).toEqual({
      [JSON.stringify({
        ...pick(common, ['http.request.method', 'url.scheme']),
        'http.response.status_code': 200,
        'network.protocol.version': '1.1',
      })]: 20,
      [JSON.stringify({
        ...pick(common, ['http.request.method', 'url.scheme']),
        'http.response.status_code': 503,
        'error.type': '503',
        'network.protocol.version': '1.1',
      })]: 3,
      [JSON.stringify({
        ...pick(common, ['http.request.method', 'url.scheme']),
        'error.type': 'ECONNRESET',
        'network.protocol.version': '1.1',
      })]: 2,
    });
    const active = metrics.find(({ name }) => name === 'http.server.active_requests')!;
    expect(active).toMatchObject({
      kind: 'sum',
      monotonic: false,
      unit: '{request}',
      points: [{ value: 0 }],
    });
  });
});

function pick(from: Record<string, unknown>, names: string[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, from[name]]));
}
