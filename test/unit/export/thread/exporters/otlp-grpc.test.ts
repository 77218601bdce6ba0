/** Exports over gRPC, to a server of `@grpc/grpc-js`. */
import type * as fs from 'node:fs';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTls } from 'node:https';
import {
  type AddressInfo,
  connect,
  createServer as createNetServer,
  type Server as NetServer,
  type Socket,
} from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { OtlpOptions } from '../../../../../src/export/options.ts';
import type { Exporter } from '../../../../../src/export/thread/exporter.ts';
import { otlpExporter } from '../../../../../src/export/thread/exporters/otlp.ts';
import { createNetwork, type Network } from '../../../../../src/export/thread/network.ts';
import type { Signal } from '../../../../../src/export/signal.ts';
import { type Certificate, makeCertificate } from '../../../../support/certificate.ts';
import { bytesField, varintField } from '../../../../support/encode-span.ts';
import { type GrpcReceiver, startGrpcReceiver } from '../../../../support/grpc-receiver.ts';
import { startReceiver } from '../../../../support/receiver.ts';
import { batch, someSpans } from '../../request-of.ts';

const lines = vi.hoisted((): string[] => []);
vi.mock('node:fs', async (load) => {
  const real = await load<typeof fs>();
  return {
    ...real,
    writeSync: (fd: number, text: string) => (fd === 2 ? lines.push(text) : real.writeSync(fd, text)),
  };
});

let receiver: GrpcReceiver;
let network: Network;
beforeEach(async () => {
  lines.length = 0;
  network = createNetwork(false);
  receiver = await startGrpcReceiver();
});
afterEach(() => receiver.close());

function exporter(options: Partial<OtlpOptions> = {}, signal: Signal = 'traces', pauseMs?: number): Exporter {
  return otlpExporter(
    signal,
    {
      url: receiver.url,
      headers: {},
      timeoutMs: 10_000,
      compression: 'none',
      protocol: 'grpc',
      ...options,
    },
    network,
    pauseMs,
  );
}

const TIMEOUT_MS = 10_000;
const send = (to: Exporter, spans = 2): Promise<number> => to.export(batch(someSpans(spans)), TIMEOUT_MS);

describe('what is sent', () => {
  test('arrives as it is, with headers as metadata, a user agent and the time that is left', async () => {
    const it = exporter({ headers: { authorization: 'Bearer secret', 'x-id-bin': 'AAEC' }, timeoutMs: 4000 });
    expect(await send(it, 3)).toBe(0);
    expect(receiver.spans().map(({ name }) => name)).toEqual(['span 0', 'span 1', 'span 2']);
    const [{ metadata, leftMs, service }] = receiver.calls as [(typeof receiver.calls)[0]];
    expect(service).toBe('traces');
    expect(metadata).toMatchObject({
      authorization: 'Bearer secret',
      'x-id-bin': Buffer.from([0, 1, 2]),
      'user-agent': expect.stringMatching(/^foretrace\/\S+ grpc-node-js\//),
    });
    expect(leftMs).toBeGreaterThan(1000);
    expect(leftMs).toBeLessThanOrEqual(4000);
    expect(lines).toEqual([]);
  });

  test('is compressed on request', async () => {
    let wire = 0;
    const relay = await listening(
      createNetServer((socket) => {
        const on = connect(receiver.port, '127.0.0.1');
        socket.on('data', (bytes) => (wire += bytes.length));
        socket.pipe(on).pipe(socket);
        for (const one of [socket, on]) one.on('error', () => {});
      }),
    );
    const url = `http://127.0.0.1:${(relay.address() as AddressInfo).port}`;
    expect(await send(exporter({ url }), 500)).toBe(0);
    const plain = wire;
    wire = 0;
    expect(await send(exporter({ url, compression: 'gzip' }), 500)).toBe(0);
    expect(receiver.spans().length).toBe(1000);
    expect(wire).toBeLessThan(plain / 2);
    relay.close();
  });

  test('goes over one connection, whatever its signal', async () => {
    const traces = exporter();
    const metrics = exporter({}, 'metrics');
    const logs = exporter({ headers: { other: 'key' } }, 'logs');
    expect(await Promise.all([send(traces), send(metrics), send(logs)])).toEqual([0, 0, 0]);
    expect(await send(traces)).toBe(0);
    expect(receiver.calls.map(({ service }) => service).sort()).toEqual([
      'logs',
      'metrics',
      'traces',
      'traces',
    ]);
    expect(new Set(receiver.calls.map(({ peer }) => peer)).size).toBe(1);
  });

  test('a signal that is not answered does not hold up another in the same connection', async () => {
    receiver.answerNext({ silent: true });
    const slow = send(exporter({ timeoutMs: 1500 }, 'metrics'));
    await receiver.waitForCalls(({ length }) => length === 1);
    expect(await send(exporter())).toBe(0);
    expect(await slow).toBe(2);
    expect(new Set(receiver.calls.map(({ peer }) => peer)).size).toBe(1);
  });
});

describe('what the collector answers', () => {
  test('what it rejects is counted, in its words', async () => {
    const partial = bytesField(1, Buffer.concat([varintField(1, 1n), bytesField(2, Buffer.from('too old'))]));
    receiver.answerNext({ response: partial }, { response: partial });
    expect(await send(exporter())).toBe(1);
    expect(lines).toEqual([`foretrace: ${receiver.url} rejected 1 span: too old\n`]);
    // Sums that were rejected do not come again.
    expect(await send(exporter({}, 'metrics'))).toBe(0);
    expect(lines[1]).toBe(`foretrace: ${receiver.url} rejected 1 data point: too old\n`);
  });

  test('bytes that are no response are a success', async () => {
    receiver.answerNext({ response: Buffer.from([0x0a, 0xff, 1, 2]) });
    expect(await send(exporter())).toBe(0);
  });

  test.each([
    [1, 'CANCELLED'],
    [4, 'DEADLINE_EXCEEDED'],
    [10, 'ABORTED'],
    [11, 'OUT_OF_RANGE'],
    [14, 'UNAVAILABLE'],
    [15, 'DATA_LOSS'],
  ])('status %i (%s) is tried again', async (code) => {
    receiver.answerNext({ code, retryMs: 60 });
    expect(await send(exporter())).toBe(0);
    expect(receiver.calls.length).toBe(2);
    expect(receiver.calls[1]!.atMs - receiver.calls[0]!.atMs).toBeGreaterThanOrEqual(55);
  });

  test.each([
    [2, 'UNKNOWN'],
    [3, 'INVALID_ARGUMENT'],
    [7, 'PERMISSION_DENIED'],
    [8, 'RESOURCE_EXHAUSTED'],
    [12, 'UNIMPLEMENTED'],
    [13, 'INTERNAL'],
    [16, 'UNAUTHENTICATED'],
  ])('status %i (%s) is not, and is named', async (code, name) => {
    receiver.answerNext({ code, details: 'no: hunter22 is not it' });
    expect(await send(exporter({ headers: { key: 'hunter22' } }))).toBe(2);
    expect(receiver.calls.length).toBe(1);
    expect(lines).toEqual([
      `foretrace: cannot export to ${receiver.url}: gRPC status ${name} (no: REDACTED is not it); the next line about this comes when it works\n`,
    ]);
  });

  test('RESOURCE_EXHAUSTED with a time to wait is tried again, after that time', async () => {
    receiver.answerNext({ code: 8, retryMs: 300 });
    expect(await send(exporter())).toBe(0);
    expect(receiver.calls[1]!.atMs - receiver.calls[0]!.atMs).toBeGreaterThanOrEqual(295);
    expect(lines.length).toBe(2);
    expect(lines[1]).toMatch(/can export to .* again/);
  });

  test('the delay of a RetryInfo holds beyond the budget of the batch', async () => {
    receiver.answerNext({ code: 14, retryMs: 1500 });
    expect(await send(exporter({ timeoutMs: 1000 }))).toBe(0);
  });

  test('UNAVAILABLE without one is tried again after a while', async () => {
    receiver.answerNext({ code: 14, details: 'busy' });
    expect(await send(exporter())).toBe(0);
    expect(receiver.calls[1]!.atMs - receiver.calls[0]!.atMs).toBeGreaterThanOrEqual(990);
    expect(lines[0]).toContain('gRPC status UNAVAILABLE (busy)');
  });

  test('no answer ends with the deadline', async () => {
    receiver.answerAlways({ silent: true });
    const start = performance.now();
    expect(await send(exporter({ timeoutMs: 400 }))).toBe(2);
    expect(performance.now() - start).toBeGreaterThanOrEqual(390);
    expect(performance.now() - start).toBeLessThan(2000);
    expect(lines[0]).toMatch(/no answer within (400|39\d) ms/);
  });

  test('one that is missing when the process ends is given up in time', async () => {
    receiver.answerAlways({ silent: true });
    const it = exporter();
    const sent = send(it);
    await receiver.waitForCalls(({ length }) => length === 1);
    const start = performance.now();
    it.hurry!(400);
    expect(await sent).toBe(2);
    expect(performance.now() - start).toBeLessThan(1500);
    expect(await send(it)).toBe(2);
    expect(receiver.calls.length).toBe(1);
  });
});

describe('a service that the collector does not have', () => {
  test('pauses, with one line, while traces go on; it is asked again later, and later each time', async () => {
    const metrics = exporter({}, 'metrics', 150);
    const traces = exporter();
    const absent = { code: 12, details: 'unknown service' };
    receiver.answerNext(absent);
    expect(await send(metrics)).toBe(2);
    expect(await send(metrics)).toBe(2);
    expect(await send(traces)).toBe(0);
    expect(lines).toEqual([
      `foretrace: cannot export to ${receiver.url}: gRPC status UNIMPLEMENTED (unknown service), so it seems to take no metrics: it is asked again in 0 minutes, then more rarely; the next line about this comes when it works\n`,
    ]);
    const asked = (): number[] =>
      receiver.calls.filter(({ service }) => service === 'metrics').map(({ atMs }) => atMs);
    const until = async (count: number): Promise<void> => {
      while (asked().length < count) {
        // oxlint-disable-next-line no-await-in-loop
        await send(metrics);
      }
    };
    receiver.answerNext(absent);
    await until(2);
    await until(3);
    const [first, second, third] = asked() as [number, number, number];
    expect(second - first).toBeGreaterThanOrEqual(145);
    expect(third - second).toBeGreaterThanOrEqual(295);
    expect(lines.slice(1)).toEqual([`foretrace: can export to ${receiver.url} again\n`]);
  });

  test('is no reason to pause for traces', async () => {
    const it = exporter();
    receiver.answerNext({ code: 12 });
    expect(await send(it)).toBe(2);
    expect(await send(it)).toBe(0);
  });
});

describe('no connection', () => {
  test('because nobody listens is named as over HTTP', async () => {
    expect(await send(exporter({ url: 'http://127.0.0.1:9', timeoutMs: 300 }))).toBe(2);
    expect(lines).toEqual([
      'foretrace: cannot export to http://127.0.0.1:9: ECONNREFUSED; the next line about this comes when it works\n',
    ]);
  });

  test('is tried again, and works when the collector is there', async () => {
    const { port } = receiver;
    await receiver.close();
    const it = exporter();
    const sent = send(it);
    await vi.waitFor(() => expect(lines.length).toBe(1));
    receiver = await startGrpcReceiver({ port });
    expect(await sent).toBe(0);
  });

  test('a collector that restarts between two batches is not a failure', async () => {
    const it = exporter();
    expect(await send(it)).toBe(0);
    const { port } = receiver;
    await receiver.close();
    receiver = await startGrpcReceiver({ port });
    expect(await send(it)).toBe(0);
    expect(lines).toEqual([]);
  });

  test('a port that speaks HTTP is named', async () => {
    const http = await startReceiver();
    expect(await send(exporter({ url: http.url, timeoutMs: 300 }))).toBe(2);
    expect(lines[0]).toContain(
      'an answer that is not HTTP/2 (4318 is the port of a collector for HTTP, 4317 for gRPC)',
    );
    await http.close();
  });

  test('and so is one that speaks gRPC, over HTTP', async () => {
    expect(await send(exporter({ protocol: 'http/protobuf', timeoutMs: 300 }))).toBe(2);
    expect(lines[0]).toContain(
      'an answer that is not HTTP/1.1 (4318 is the port of a collector for HTTP, 4317 for gRPC)',
    );
  });
});

describe('encryption', () => {
  let own: Certificate;
  beforeAll(() => void (own = makeCertificate()));
  afterAll(() => own.remove());
  const pem = (): { key: Buffer; cert: Buffer } => ({
    key: Buffer.from(own.key),
    cert: Buffer.from(own.cert),
  });

  test('a certificate that is named is trusted, another is not', async () => {
    const secure = await startGrpcReceiver({ tls: pem() });
    expect(await send(exporter({ url: secure.url, certificateFile: own.certFile }))).toBe(0);
    expect(secure.spans().length).toBe(2);
    expect(await send(exporter({ url: secure.url, timeoutMs: 300 }))).toBe(2);
    expect(lines[0]).toMatch(/DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED/);
    expect(await send(exporter({ url: secure.url, rejectUnauthorized: false }))).toBe(0);
    await secure.close();
  });

  test('a client certificate is presented', async () => {
    const keyFile = own.certFile.replace('cert.pem', 'key.pem');
    expect(readFileSync(keyFile, 'utf8')).toBe(own.key);
    const mutual = await startGrpcReceiver({ tls: { ...pem(), ca: Buffer.from(own.cert) } });
    const files = {
      certificateFile: own.certFile,
      clientCertificateFile: own.certFile,
      clientKeyFile: keyFile,
    };
    expect(await send(exporter({ url: mutual.url, ...files }))).toBe(0);
    expect(mutual.spans().length).toBe(2);
    expect(await send(exporter({ url: mutual.url, certificateFile: own.certFile, timeoutMs: 300 }))).toBe(2);
    expect(mutual.spans().length).toBe(2);
    await mutual.close();
  });

  test('a server that speaks HTTP/1.1 alone is named', async () => {
    const server = await listening(createTls({ key: own.key, cert: own.cert, ALPNProtocols: ['http/1.1'] }));
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect(await send(exporter({ url, certificateFile: own.certFile, timeoutMs: 300 }))).toBe(2);
    expect(lines[0]).toContain('an answer that is not HTTP/2');
    server.close();
  });

  test.each(['http', 'https'])('%s goes through the tunnel of a proxy', async (scheme) => {
    const seen: string[] = [];
    const proxy = createServer();
    proxy.on('connect', (request, socket: Socket) => {
      seen.push(`${request.method} ${request.url} ${request.headers['proxy-authorization']}`);
      const on = connect(Number(request.url!.split(':')[1]), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        socket.pipe(on).pipe(socket);
      });
      for (const one of [socket, on]) one.on('error', () => {});
    });
    await listening(proxy);
    const target = scheme === 'http' ? receiver : await startGrpcReceiver({ tls: pem() });
    const through = `http://user:p%40ss@127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const it = exporter({ url: target.url, certificateFile: own.certFile, proxy: through });
    expect(await send(it)).toBe(0);
    expect(seen).toEqual([
      `CONNECT 127.0.0.1:${target.port} Basic ${Buffer.from('user:p@ss').toString('base64')}`,
    ]);
    proxy.closeAllConnections();
    proxy.close();
    if (target !== receiver) await target.close();
  });
});

async function listening<S extends NetServer>(server: S): Promise<S> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
