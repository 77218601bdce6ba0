import type * as fs from 'node:fs';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, request as httpRequest } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { batchOf, type Exporter } from '../../../../../src/export/thread/exporter.ts';
import type { OtlpOptions } from '../../../../../src/export/options.ts';
import { createLookup } from '../../../../../src/export/thread/lookup.ts';
import { otlpExporter, withoutSecrets } from '../../../../../src/export/thread/exporters/otlp.ts';
import { parseRetryAfter } from '../../../../../src/export/thread/exporters/otlp-answer.ts';
import { bytesField, varintField } from '../../../../support/encode-span.ts';
import { type Answer, type Receiver, startReceiver } from '../../../../support/receiver.ts';
import { batch, someSpans } from '../../request-of.ts';

const lines = vi.hoisted((): string[] => []);
vi.mock('node:fs', async (load) => {
  const real = await load<typeof fs>();
  return {
    ...real,
    writeSync: (fd: number, text: string) => (fd === 2 ? lines.push(text) : real.writeSync(fd, text)),
  };
});

let receiver: Receiver;
beforeEach(async () => {
  lines.length = 0;
  receiver = await startReceiver();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await receiver.close();
});

function exporter(options: Partial<OtlpOptions> = {}): Exporter {
  return otlpExporter(
    'traces',
    {
      url: `${receiver.url}/v1/traces`,
      headers: {},
      timeoutMs: 10_000,
      compression: 'none',
      protocol: 'http/protobuf',
      ...options,
    },
    false,
    createLookup(),
  );
}

/** A backoff without its randomness would be 1,000 ms; the shortest wait that tests can make of it. */
const TIMEOUT_MS = 10_000;
const send = (to: Exporter, spans = 2): Promise<number> => to.export(batch(someSpans(spans)), TIMEOUT_MS);
const text = (value: string): Buffer => Buffer.from(value);

describe('what is sent', () => {
  test('arrives byte for byte, at exactly the URL, with content type, headers and a user agent', async () => {
    const it = exporter({
      url: `${receiver.url}/any/path?x=1`,
      headers: { Authorization: 'Bearer secret', 'X-Tenant': 'a b' },
    });
    const sent = batch(someSpans(3));
    expect(await it.export(sent, TIMEOUT_MS)).toBe(0);
    const [request] = receiver.requests;
    expect(new Uint8Array(request!.raw)).toEqual(new Uint8Array(sent.request));
    expect(request!.path).toBe('/any/path?x=1');
    expect(request!.headers).toMatchObject({
      'content-type': 'application/x-protobuf',
      authorization: 'Bearer secret',
      'x-tenant': 'a b',
      'user-agent': expect.stringMatching(/^foretrace\/\S+ OTel-OTLP-Exporter-JavaScript\//),
    });
    expect(request!.headers['content-encoding']).toBeUndefined();
    expect(request!.headers['transfer-encoding']).toBeUndefined();
    expect(request!.headers['content-length']).toBe(String(sent.request.length));
    expect(
      receiver.spans().map((span) => [span.name, span.scope.name, span.resource['service.name']]),
    ).toEqual([
      ['span 0', 'scope', 'test'],
      ['span 1', 'scope', 'test'],
      ['span 2', 'scope', 'test'],
    ]);
    expect(lines).toEqual([]);
  });

  test('goes over one connection for ten batches', async () => {
    const it = exporter();
    for (let i = 0; i < 10; i++) expect(await send(it)).toBe(0);
    expect(receiver.requests.length).toBe(10);
    expect(new Set(receiver.requests.map((request) => request.senderPort)).size).toBe(1);
  });

  test('a header of the user can not replace the content type', async () => {
    await send(exporter({ headers: { 'Content-Type': 'text/plain', 'content-encoding': 'br' } }));
    expect(receiver.requests[0]!.headers['content-type']).toBe('application/x-protobuf');
  });

  test('is gzipped on request', async () => {
    const sent = batch(someSpans(50));
    await exporter({ compression: 'gzip' }).export(sent, TIMEOUT_MS);
    const [request] = receiver.requests;
    expect(request!.headers['content-encoding']).toBe('gzip');
    expect(request!.raw.length).toBeLessThan(sent.request.length * 0.7);
    expect(receiver.spans().length).toBe(50);
  });

  test('is OTLP JSON with http/json, gzipped too', async () => {
    await send(exporter({ protocol: 'http/json' }));
    await send(exporter({ protocol: 'http/json', compression: 'gzip' }));
    expect(receiver.requests.map((request) => request.headers['content-type'])).toEqual([
      'application/json',
      'application/json',
    ]);
    expect(receiver.spans().length).toBe(4);
  });

  test('is nothing for an empty batch', async () => {
    expect(await send(exporter(), 0)).toBe(0);
    expect(receiver.requests).toEqual([]);
  });

  test('is nothing for a request of more than 64 MiB, which is counted; 64 MiB are sent', async () => {
    const it = exporter({ url: `${receiver.url}/v1/traces` });
    receiver.answerAlways({ status: 400 });
    expect(await it.export(batchOf('traces', new Uint8Array(64 * 1024 * 1024 + 1), 7), TIMEOUT_MS)).toBe(7);
    expect(receiver.requests).toEqual([]);
    expect(lines.join('')).toMatch(/67108865 bytes/);
    await it.export(batchOf('traces', new Uint8Array(64 * 1024 * 1024), 7), TIMEOUT_MS);
    expect(receiver.requests.length).toBe(1);
  });

  test('a header value that HTTP does not allow fails the batch at once, without showing the value', async () => {
    const it = exporter({ headers: { 'x-key': 'topsecret\nvalue' } });
    expect(await send(it)).toBe(2);
    expect(receiver.requests).toEqual([]);
    expect(lines.length).toBe(1);
    expect(lines[0]).not.toMatch(/topsecret/);
  });
});

describe('what the collector answers', () => {
  test.each([400, 401, 404, 408, 413, 500, 501, 301])('status %i is not retried', async (status) => {
    receiver.answerAlways({ status });
    expect(await send(exporter())).toBe(2);
    expect(receiver.requests.length).toBe(1);
    expect(lines).toEqual([
      `foretrace: cannot export to ${receiver.url}/v1/traces: HTTP status ${status}; the next line about this comes when it works\n`,
    ]);
  });

  /** Milliseconds between the first request and its retry, for several first answers at a time. */
  function pauses(answers: Answer[]): Promise<number[]> {
    return Promise.all(
      answers.map(async (answer) => {
        const own = await startReceiver();
        try {
          own.answerNext(answer);
          expect(await send(exporter({ url: `${own.url}/v1/traces` }))).toBe(0);
          expect(own.requests.length).toBe(2);
          return own.requests[1]!.atMs - own.requests[0]!.atMs;
        } finally {
          await own.close();
        }
      }),
    );
  }

  test('status 429, 502, 503 and 504 are retried after a backoff of a second', async () => {
    for (const pauseMs of await pauses([429, 502, 503, 504].map((status) => ({ status })))) {
      expect(pauseMs).toBeGreaterThanOrEqual(990);
    }
  });

  test('Retry-After in seconds and as a date is waited for', async () => {
    const [seconds, date] = await pauses(
      ['2', new Date(Date.now() + 3000).toUTCString()].map((value) => ({
        status: 503,
        headers: { 'Retry-After': value },
      })),
    );
    expect(seconds).toBeGreaterThanOrEqual(1990);
    // A date has no fractions of a second: three seconds from now may be a little more than two.
    expect(date).toBeGreaterThanOrEqual(1900);
  });

  test('Retry-After of zero, of the past or of garbage means the usual backoff, not at once', async () => {
    const useless = ['0', '-1', 'soon', '', 'Thu, 01 Jan 1970 00:00:00 GMT'];
    const answers = useless.map((value) => ({ status: 503, headers: { 'Retry-After': value } }));
    for (const pauseMs of await pauses(answers)) expect(pauseMs).toBeGreaterThanOrEqual(990);
  });

  test('a Retry-After beyond the deadline is waited for too: no request before, and the batch is kept', async () => {
    const it = exporter({ timeoutMs: 300 });
    receiver.answerNext(
      { status: 503, headers: { 'Retry-After': '1' } },
      { status: 429, headers: { 'Retry-After': '1' } },
    );
    expect(await send(it)).toBe(0);
    const [first, second, third] = receiver.requests;
    expect(second!.atMs - first!.atMs).toBeGreaterThanOrEqual(990);
    expect(third!.atMs - second!.atMs).toBeGreaterThanOrEqual(990);
    expect(receiver.requests.length).toBe(3);
    expect(receiver.spans().length).toBe(2);
  });

  const status = (message: string): Uint8Array =>
    Buffer.concat([varintField(1, 16n), bytesField(2, text(message))]);
  test.each<[string, Answer, string]>([
    ['protobuf', { body: status('no such tenant') }, 'HTTP status 401 (no such tenant)'],
    [
      'JSON',
      {
        body: '{"code":16,"message":"no\\nsuch tenant"}',
        headers: { 'content-type': 'application/json; charset=utf-8' },
      },
      'HTTP status 401 (no such tenant)',
    ],
    ['text', { body: 'go away\n', headers: { 'content-type': 'text/plain' } }, 'HTTP status 401 (go away)'],
    [
      'much text',
      { body: 'x'.repeat(100_000), headers: { 'content-type': 'text/plain' } },
      `HTTP status 401 (${'x'.repeat(200)})`,
    ],
    [
      'the secrets that were sent',
      { body: status('bad key: topsecret; Bearer topsecret') },
      'HTTP status 401 (bad key: REDACTED; REDACTED)',
    ],
    ['HTML', { body: '<html>', headers: { 'content-type': 'text/html' } }, 'HTTP status 401'],
    ['garbage', { body: Buffer.from([0x12, 0x7f, 1]) }, 'HTTP status 401'],
  ])('what a refusal says is in the line: %s', async (_, answer, expected) => {
    receiver.answerAlways({ status: 401, ...answer });
    expect(await send(exporter({ headers: { authorization: 'Bearer topsecret' } }))).toBe(2);
    expect(lines).toEqual([
      `foretrace: cannot export to ${receiver.url}/v1/traces: ${expected}; the next line about this comes when it works\n`,
    ]);
  });

  test('a partial success is not retried, warned about once and counted', async () => {
    const partial = bytesField(1, Buffer.concat([varintField(1, 2n), bytesField(2, text('too old'))]));
    const headers = { 'content-type': 'application/x-protobuf' };
    const it = exporter();
    receiver.answerAlways({ body: partial, headers });
    expect(await send(it, 5)).toBe(2);
    expect(await send(it, 5)).toBe(2);
    expect(receiver.requests.length).toBe(2);
    expect(lines).toEqual([`foretrace: ${receiver.url}/v1/traces rejected 2 spans: too old\n`]);
  });

  test('what the collector says is one line that a terminal does not obey', async () => {
    const message = bytesField(2, text('no\nforetrace: lies\u001b[2J\u202e'));
    receiver.answerNext({ body: bytesField(1, Buffer.concat([varintField(1, 1n), message])) });
    expect(await send(exporter())).toBe(1);
    expect(lines).toEqual([
      `foretrace: ${receiver.url}/v1/traces rejected 1 span: no foretrace: lies [2J \n`,
    ]);
  });

  test('a partial success in JSON too', async () => {
    const body = '{"partialSuccess":{"rejectedSpans":"1","errorMessage":"no"}}';
    receiver.answerNext({ body, headers: { 'content-type': 'application/json' } });
    expect(await send(exporter({ protocol: 'http/json' }))).toBe(1);
  });

  test('a message without rejected spans is a warning only', async () => {
    receiver.answerNext({ body: bytesField(1, bytesField(2, text('please upgrade'))) });
    expect(await send(exporter())).toBe(0);
    expect(lines).toEqual([`foretrace: ${receiver.url}/v1/traces took all spans and says: please upgrade\n`]);
  });

  test('a partial success that rejects more than was sent, or less than nothing, stays within the batch', async () => {
    for (const [rejected, counted] of [
      [1000n, 2],
      [-5n, 0],
    ] as const) {
      receiver.answerNext({ body: bytesField(1, varintField(1, rejected)) });
      expect(await send(exporter())).toBe(counted);
    }
  });

  test.each<[string, Answer]>([
    ['HTML', { body: '<html>welcome</html>', headers: { 'content-type': 'text/html' } }],
    ['random bytes', { body: Uint8Array.from({ length: 300 }, (_, i) => (i * 97) & 255) }],
  ])('status 200 with %s is a success', async (_, answer) => {
    receiver.answerNext(answer);
    expect(await send(exporter())).toBe(0);
  });

  test('a response of more than 4 MiB is cut off and not retried', async () => {
    receiver.answerNext({ status: 503, body: new Uint8Array(4 * 1024 * 1024 + 1) });
    expect(await send(exporter())).toBe(2);
    expect(receiver.requests.length).toBe(1);
  });

  test('a response of 4 MiB is read', async () => {
    receiver.answerNext({ body: new Uint8Array(4 * 1024 * 1024) });
    expect(await send(exporter())).toBe(0);
  });

  test('no answer ends with the deadline', async () => {
    receiver.answerAlways({ delayMs: Infinity });
    const start = performance.now();
    expect(await send(exporter({ timeoutMs: 400 }))).toBe(2);
    expect(performance.now() - start).toBeGreaterThanOrEqual(390);
    expect(performance.now() - start).toBeLessThan(2000);
    expect(lines[0]).toMatch(/no answer within 400 ms/);
  });

  test('an answer that trickles ends with the deadline too', async () => {
    const server = createServer((request, response) => {
      request.resume();
      const timer = setInterval(() => response.write('x'), 50);
      response.on('close', () => clearInterval(timer));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    try {
      const start = performance.now();
      expect(await send(exporter({ url: `http://127.0.0.1:${port}/`, timeoutMs: 400 }))).toBe(2);
      expect(performance.now() - start).toBeLessThan(2000);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  test('the timeout of the export counts where it is the shorter one', async () => {
    receiver.answerAlways({ delayMs: Infinity });
    const start = performance.now();
    expect(await exporter().export(batch(someSpans(1)), 300)).toBe(1);
    expect(performance.now() - start).toBeLessThan(2000);
  });
});

describe('a connection that fails', () => {
  test('by a reset without response is retried', async () => {
    receiver.answerNext({ destroy: true });
    expect(await send(exporter())).toBe(0);
    expect(receiver.requests.length).toBe(2);
  });

  test('by a reset of an idle connection is repeated at once on a new one, without a line', async () => {
    const it = exporter();
    receiver.answerNext({}, { destroy: true });
    expect(await send(it)).toBe(0);
    expect(await send(it)).toBe(0);
    expect(receiver.requests.length).toBe(3);
    expect(receiver.requests[2]!.atMs - receiver.requests[1]!.atMs).toBeLessThan(900);
    expect(lines).toEqual([]);
  });

  test('is tried again with growing, random pauses until the deadline', async () => {
    const port = await freePort();
    vi.spyOn(Math, 'random').mockReturnValue(0);
    const start = performance.now();
    const it = exporter({ url: `http://127.0.0.1:${port}/`, timeoutMs: 2800 });
    expect(await send(it)).toBe(2);
    // 1,000 + 1,500 ms, and the next 2,250 would be too late.
    expect(performance.now() - start).toBeGreaterThanOrEqual(2480);
    expect(performance.now() - start).toBeLessThan(3500);
    expect(lines).toEqual([
      `foretrace: cannot export to http://127.0.0.1:${port}/: ECONNREFUSED; the next line about this comes when it works\n`,
    ]);
  });

  test('by an unknown name is reported with the name', async () => {
    expect(await send(exporter({ url: 'http://collector.invalid:4318/v1/traces', timeoutMs: 500 }))).toBe(2);
    expect(lines[0]).toMatch(/collector\.invalid:4318\/v1\/traces: (ENOTFOUND|EAI_AGAIN|no answer)/);
  });

  test('is one line for the failure and one for the recovery, with the count of spans that were lost', async () => {
    receiver.answerNext({ status: 400 }, { status: 400 }, { status: 400 });
    const it = exporter();
    for (let i = 0; i < 5; i++) await send(it, 2);
    expect(lines).toEqual([
      expect.stringMatching(/cannot export to .*: HTTP status 400/),
      `foretrace: can export to ${receiver.url}/v1/traces again, 6 spans given up meanwhile\n`,
    ]);
  });
});

describe('the end of the process', () => {
  test('cuts the wait for a retry, tries once more and gives up when there is no hope', async () => {
    const port = await freePort();
    const it = exporter({ url: `http://127.0.0.1:${port}/` });
    const exporting = send(it);
    await vi.waitFor(() => expect(lines.length).toBe(1));
    const start = performance.now();
    it.hurry!(900);
    expect(await exporting).toBe(2);
    expect(await send(it)).toBe(2);
    expect(performance.now() - start).toBeLessThan(500);
  });

  test('sends what waited for a retry when the collector is back', async () => {
    receiver.answerNext({ status: 503, headers: { 'Retry-After': '5' } });
    const it = exporter();
    const exporting = send(it);
    await receiver.waitForRequests(1);
    await vi.waitFor(() => expect(lines.length).toBe(1));
    it.hurry!(1000);
    expect(await exporting).toBe(0);
    expect(receiver.spans().length).toBe(2);
  });

  test('bounds an export that gets no answer', async () => {
    receiver.answerAlways({ delayMs: Infinity });
    const it = exporter();
    const exporting = send(it);
    await receiver.waitForRequests(1);
    const start = performance.now();
    it.hurry!(300);
    expect(await exporting).toBe(2);
    expect(performance.now() - start).toBeLessThan(600);
  });
});

describe('TLS', () => {
  let folder: string;
  const file = (name: string): string => join(folder, name);
  const openssl = (...args: string[]): void => {
    execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
  };

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'foretrace-tls-'));
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
    openssl('req', '-x509', ...curve, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=test-ca');
    for (const name of ['server', 'client']) {
      openssl(
        'req',
        ...curve.slice(0, 5),
        '-keyout',
        `${name}.key`,
        '-out',
        `${name}.csr`,
        '-subj',
        `/CN=${name}`,
        '-addext',
        'subjectAltName=IP:127.0.0.1',
      );
      openssl(
        'x509',
        '-req',
        '-in',
        `${name}.csr`,
        '-CA',
        'ca.pem',
        '-CAkey',
        'ca.key',
        '-CAcreateserial',
        '-days',
        '2',
        '-copy_extensions',
        'copy',
        '-out',
        `${name}.pem`,
      );
    }
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const server = (extra: object = {}): Promise<Receiver> =>
    startReceiver({
      tls: { key: readFileSync(file('server.key')), cert: readFileSync(file('server.pem')), ...extra },
    });

  test('uses the CA of the certificate file', async () => {
    const tls = await server();
    const it = exporter({ url: `${tls.url}/v1/traces`, certificateFile: file('ca.pem') });
    expect(await send(it)).toBe(0);
    expect(tls.spans().length).toBe(2);
    await tls.close();
  });

  test('refuses a server whose certificate it can not verify', async () => {
    const tls = await server();
    expect(await send(exporter({ url: `${tls.url}/v1/traces`, timeoutMs: 300 }))).toBe(2);
    expect(tls.requests).toEqual([]);
    expect(lines[0]).toMatch(/UNABLE_TO_VERIFY_LEAF_SIGNATURE|SELF_SIGNED/);
    await tls.close();
  });

  test('goes through the tunnel of a proxy, which sees nothing of it; http goes by way of it as it is', async () => {
    const seen: string[] = [];
    const proxy = createServer((request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers['proxy-authorization']}`);
      const { pathname, port } = new URL(request.url!);
      const { host } = request.headers;
      const headers = { ...request.headers, host };
      const on = httpRequest(
        { host: '127.0.0.1', port, path: pathname, method: 'POST', headers },
        (answer) => {
          response.writeHead(answer.statusCode!);
          answer.pipe(response);
        },
      );
      request.pipe(on);
    });
    proxy.on('connect', (request, socket: Socket, head: Buffer) => {
      seen.push(`${request.method} ${request.url} ${request.headers['proxy-authorization']}`);
      const on = connect(Number(request.url!.split(':')[1]), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        on.write(head);
        socket.pipe(on).pipe(socket);
      });
      on.on('error', () => socket.destroy());
      socket.on('error', () => on.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const through = `http://user:p%40ss@127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const basic = `Basic ${Buffer.from('user:p@ss').toString('base64')}`;
    const tls = await server();
    const secure = exporter({ url: `${tls.url}/v1/traces`, certificateFile: file('ca.pem'), proxy: through });
    expect(await send(secure)).toBe(0);
    expect(await send(secure)).toBe(0);
    expect(tls.spans().length).toBe(4);
    expect(seen.splice(0)).toEqual([`CONNECT 127.0.0.1:${tls.port} ${basic}`]);
    const plain = exporter({ proxy: through });
    expect(await send(plain)).toBe(0);
    expect(receiver.spans().length).toBe(2);
    expect(seen).toEqual([`POST ${receiver.url}/v1/traces ${basic}`]);
    proxy.close();
    proxy.closeAllConnections();
    await tls.close();
    expect(await send(exporter({ proxy: 'http://127.0.0.1:9', timeoutMs: 300 }))).toBe(2);
    expect(lines[0]).toMatch(/ECONNREFUSED/);
  });

  test('takes any certificate where the process says so', async () => {
    const tls = await server();
    expect(await send(exporter({ url: `${tls.url}/v1/traces`, rejectUnauthorized: false }))).toBe(0);
    expect(tls.spans().length).toBe(2);
    await tls.close();
  });

  test('a CA file without a certificate is one line, and the export goes on without it', async () => {
    expect(await send(exporter({ certificateFile: file('ca.key') }))).toBe(0);
    expect(lines).toEqual([
      `foretrace: there is no certificate in PEM in '${file('ca.key')}', the CAs that Node trusts are used\n`,
    ]);
  });

  test('shows the certificate of the client to a server that asks for it', async () => {
    const tls = await server({
      ca: readFileSync(file('ca.pem')),
      requestCert: true,
      rejectUnauthorized: true,
    });
    const url = `${tls.url}/v1/traces`;
    const own = { clientKeyFile: file('client.key'), clientCertificateFile: file('client.pem') };
    expect(await send(exporter({ url, certificateFile: file('ca.pem'), ...own }))).toBe(0);
    expect(await send(exporter({ url, certificateFile: file('ca.pem'), timeoutMs: 300 }))).toBe(2);
    await tls.close();
  });

  test('a file that can not be read is one line, and the export goes on without it', async () => {
    expect(await send(exporter({ certificateFile: file('missing.pem') }))).toBe(0);
    expect(lines).toEqual([
      `foretrace: cannot read the CA certificate '${file('missing.pem')}' (ENOENT), the CAs that Node trusts are used\n`,
    ]);
  });
});

test('Retry-After is read as seconds or a date, and only when it lies ahead', () => {
  const now = Date.parse('2026-11-21T10:00:00Z');
  expect(parseRetryAfter('2', now)).toBe(2000);
  expect(parseRetryAfter(' 120 ', now)).toBe(120_000);
  expect(parseRetryAfter('Sat, 21 Nov 2026 10:00:05 GMT', now)).toBe(5000);
  for (const useless of [undefined, '', '0', '-1', '1.5', '1e3', 'soon', 'Sat, 21 Nov 2026 09:00:00 GMT']) {
    expect(parseRetryAfter(useless, now)).toBeUndefined();
  }
});

test('a URL is shown without credentials and query', () => {
  expect(withoutSecrets('https://user:pw@collector.test:4318/v1/traces?api-key=x#y')).toBe(
    'https://collector.test:4318/v1/traces',
  );
  expect(withoutSecrets('::')).toBe('an invalid URL');
});

async function freePort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
