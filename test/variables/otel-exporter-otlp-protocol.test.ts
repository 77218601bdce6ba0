/** `OTEL_EXPORTER_OTLP_PROTOCOL` and `OTEL_EXPORTER_OTLP_<SIGNAL>_PROTOCOL`. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type GrpcReceiver, startGrpcReceiver } from '../support/grpc-receiver.ts';
import { inMatrix } from '../support/libraries.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { runApp } from '../support/run-app.ts';

/** Serves one request, and ends. */
const APP = `
  const http = require('node:http');
  const server = http.createServer((request, response) => response.end('done'));
  server.listen(0, async () => {
    const { port } = server.address();
    await new Promise((resolve) => http.get({ port }, (response) => response.resume().on('end', resolve)));
    server.close();
    server.closeAllConnections();
  });
`;
const METRICS = [
  'http.server.request.duration',
  'http.server.active_requests',
  'http.client.request.duration',
];

describe.skipIf(inMatrix)('OTEL_EXPORTER_OTLP_PROTOCOL', () => {
  let http: Receiver;
  let grpc: GrpcReceiver;
  beforeAll(async () => {
    http = await startReceiver();
  });
  afterAll(() => http.close());
  beforeEach(async () => {
    http.clear();
    grpc = await startGrpcReceiver();
  });
  afterEach(() => grpc.close());

  const run = (env: Record<string, string>) =>
    runApp({ eval: APP, env: { OTEL_METRICS_EXPORTER: 'otlp', ...env } }).exited;

  it('grpc: traces and metrics go over gRPC, over one connection', async () => {
    const exit = await run({
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      OTEL_EXPORTER_OTLP_ENDPOINT: grpc.url,
      OTEL_EXPORTER_OTLP_HEADERS: 'api-key=abc',
      OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
    });
    expect(exit).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(
      grpc
        .spans()
        .map(({ kind }) => kind)
        .sort(),
    ).toEqual(['CLIENT', 'SERVER']);
    expect(
      grpc
        .metrics()
        .at(-1)!
        .map(({ name }) => name)
        .sort(),
    ).toEqual([...METRICS].sort());
    for (const { metadata } of grpc.calls) expect(metadata['api-key']).toBe('abc');
    expect(new Set(grpc.calls.map(({ peer }) => peer)).size).toBe(1);
    expect(http.requests).toEqual([]);
  });

  it('http/json: traces and metrics are JSON', async () => {
    const exit = await run({
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_EXPORTER_OTLP_ENDPOINT: http.url,
    });
    expect(exit).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(http.spans().length).toBe(2);
    expect(
      http
        .metrics()
        .at(-1)!
        .map(({ name }) => name)
        .sort(),
    ).toEqual([...METRICS].sort());
    for (const { headers } of http.requests) expect(headers['content-type']).toBe('application/json');
  });

  it('each signal has its own, which wins', async () => {
    const exit = await run({
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: 'grpc',
      OTEL_EXPORTER_OTLP_ENDPOINT: http.url,
      OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `127.0.0.1:${grpc.port}`,
      OTEL_EXPORTER_OTLP_METRICS_INSECURE: 'true',
    });
    expect(exit).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(http.spans().length).toBe(2);
    expect(http.metrics()).toEqual([]);
    expect(grpc.spans()).toEqual([]);
    expect(grpc.metrics().length).toBeGreaterThan(0);
  });

  it('an unknown one is one line, and http/protobuf is used', async () => {
    const exit = await run({ OTEL_EXPORTER_OTLP_PROTOCOL: 'thrift', OTEL_EXPORTER_OTLP_ENDPOINT: http.url });
    expect(exit.stderr).toBe(
      'foretrace: OTEL_EXPORTER_OTLP_PROTOCOL="thrift" is not one of http/protobuf, http/json, grpc, http/protobuf is used\n',
    );
    expect(http.spans().length).toBe(2);
  });

  it('grpc to a port that speaks HTTP is one line for each signal, which names the ports', async () => {
    const exit = await run({
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      OTEL_EXPORTER_OTLP_ENDPOINT: http.url,
      OTEL_METRICS_EXPORTER: 'none',
      FORETRACE_EXIT_TIMEOUT: '800',
    });
    expect(exit.code).toBe(0);
    expect(exit.stderr.split('\n')[0]).toBe(
      `foretrace: cannot export to ${http.url}: an answer that is not HTTP/2 (4318 is the port of a collector for HTTP, 4317 for gRPC); the next line about this comes when it works`,
    );
  });
});
