/**
 * No HTTP client mixes what belongs to different requests: twenty at once through one or two connections, to a slow backend that
 * drops connections, each with a trace, baggage, header, URL and body of its own. A library costs its ways of being called, in
 * `test/fixtures/mixing-http.mjs`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createSecureServer, createServer as createHttp2Server, type ServerHttp2Stream } from 'node:http2';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Certificate, makeCertificate } from '../support/certificate.ts';
import { LIBRARIES, libraryVersion } from '../support/libraries.ts';
import type { ReceivedSpan } from '../support/otlp.ts';
import { NODE } from '../support/run-app.ts';
import { PLUMBING } from './harness.ts';
import { operations, type Operations } from './operations.ts';

export interface MixingHttpKit {
  title: string;
  /** Key in `test/fixtures/mixing-http.mjs`. */
  library: string;
  ways: readonly string[];
  protocol?: 'http' | 'https' | 'http2' | 'https2' | 'grpc';
  env?: Record<string, string>;
  cwd?: string;
}

const COUNT = 20;
/** How long the backend takes for each half of an answer. */
const SLOW_MS = 3;

interface Seen {
  headers: Record<string, unknown>;
  /** All that came: request line, header fields and body. */
  text: string;
}

interface Backend {
  url: string;
  seen: Seen[];
  close(): Promise<void>;
}

/** What becomes of a request, by its number: most are answered, some lose their connection before or after. */
const fateOf = (number: number): 'drop' | 'last' | 'answer' =>
  number % 7 === 3 ? 'drop' : number % 5 === 4 ? 'last' : 'answer';

async function startBackend(
  protocol: NonNullable<MixingHttpKit['protocol']>,
  certificate: Certificate | undefined,
): Promise<Backend> {
  const seen: Seen[] = [];
  let number = 0;
  const textOf = (url: string, fields: readonly string[], body: string): string =>
    [url, ...fields, body].join('\n');

  function onRequest(request: IncomingMessage, response: ServerResponse): void {
    const fate = fateOf(number++);
    let body = '';
    request.setEncoding('utf8').on('data', (chunk) => (body += chunk));
    request.on('error', () => {});
    request.on('end', () => {
      seen.push({ headers: request.headers, text: textOf(request.url!, request.rawHeaders, body) });
      setTimeout(() => {
        if (fate === 'drop') return request.socket.destroy();
        response.writeHead(200, fate === 'last' ? { connection: 'close' } : {});
        response.write(body.slice(0, 5));
        setTimeout(() => response.end(body.slice(5)), SLOW_MS);
        return undefined;
      }, SLOW_MS);
    });
  }

  function onStream(stream: ServerHttp2Stream, headers: Record<string, unknown>): void {
    const fate = fateOf(number++);
    const grpc = protocol === 'grpc';
    const chunks: Buffer[] = [];
    stream.on('error', () => {});
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => {
      const body = Buffer.concat(chunks);
      const fields = Object.entries(headers).flat().map(String);
      seen.push({ headers, text: textOf(String(headers[':path']), fields, body.toString()) });
      setTimeout(() => {
        const { session } = stream;
        if (stream.destroyed || session === undefined) return;
        if (fate === 'drop' && number % 3 === 0) {
          session.destroy();
          return;
        }
        stream.respond(
          { ':status': 200, ...(grpc && { 'content-type': 'application/grpc' }) },
          { waitForTrailers: grpc },
        );
        stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
        stream.write(body.subarray(0, 5));
        setTimeout(() => {
          if (stream.destroyed) return;
          stream.end(body.subarray(5));
          // What is under way is answered; what comes next needs another connection.
          if (fate === 'last' && number % 2 === 0 && !session.closed) session.close();
        }, SLOW_MS);
      }, SLOW_MS);
    });
  }

  let server: Server;
  if (protocol === 'http') server = createServer(onRequest);
  else if (protocol === 'https') server = createTlsServer(certificate!, onRequest);
  else {
    const h2 = protocol === 'https2' ? createSecureServer(certificate!) : createHttp2Server();
    h2.on('stream', onStream as never);
    h2.on('sessionError', () => {});
    server = h2 as unknown as Server;
  }
  const sockets = new Set<{ destroy(): void }>();
  server.on('connection', (socket) => sockets.add(socket));
  server.on('clientError', (_, socket: { destroy(): void }) => socket.destroy());
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const scheme = protocol.startsWith('https') ? 'https' : 'http';
  return {
    url: `${scheme}://127.0.0.1:${port}`,
    seen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** The number of the request whose canary a text has; fails when it has those of several. */
function ownerOf(text: string): number | undefined {
  const owners = new Set(Array.from(text.matchAll(/canary-(\d+)-/g), ([, index]) => Number(index)));
  expect(owners.size, `a mixture: ${text}`).toBeLessThan(2);
  return owners.values().next().value;
}

/** All that was recorded and sent belongs to the request whose trace it is in. */
function expectUnmixed(spans: readonly ReceivedSpan[], seen: readonly Seen[]): void {
  const parents = spans.filter(({ name }) => name === 'parent');
  expect(parents.map(({ attributes }) => attributes.id).sort((a, b) => Number(a) - Number(b))).toEqual(
    Array.from({ length: COUNT }, (_, index) => index),
  );
  const ownerOfTrace = new Map(parents.map(({ traceId, attributes }) => [traceId, attributes.id]));
  const parentOf = new Map(parents.map(({ traceId, spanId }) => [traceId, spanId]));

  const marked = new Set<unknown>();
  for (const span of spans) {
    const owner = ownerOfTrace.get(span.traceId);
    expect(owner, `a span in a trace of its own: ${span.kind} ${span.name}`).toBeDefined();
    const canary = ownerOf(JSON.stringify(span.attributes));
    if (canary !== undefined) expect(canary).toBe(owner);
    if (span.name === 'parent') continue;
    expect(span.parentSpanId, `${span.name} under another span`).toBe(parentOf.get(span.traceId));
    if (span.kind === 'CLIENT') continue;
    // What the app marked in its callbacks carries the number of the request that it was for.
    expect(`${span.name} in trace ${owner}`).toMatch(new RegExp(` ${owner} in trace ${owner}$`));
    marked.add(owner);
  }
  expect(marked.size).toBe(COUNT);

  const clients = new Map(spans.filter(({ kind }) => kind === 'CLIENT').map((span) => [span.spanId, span]));
  expect(seen.length).toBeGreaterThanOrEqual(COUNT);
  const sent = new Set<string>();
  for (const { headers, text } of seen) {
    const owner = ownerOf(text);
    const [, traceId, spanId] = String(headers.traceparent).split('-');
    expect(ownerOfTrace.get(traceId), `the trace that request ${owner} was sent with`).toBe(owner);
    expect(clients.get(spanId)?.traceId).toBe(traceId);
    expect(sent.has(spanId), 'one span for each request').toBe(false);
    sent.add(spanId);
    expect(String(headers.baggage)).toMatch(new RegExp(`^canary=canary-${owner}-`));
  }
}

export function mixingHttpKit({ title, library, ways, protocol = 'http', env, cwd }: MixingHttpKit): void {
  describe(`${title}, many requests through few connections`, () => {
    const certificate = protocol.startsWith('https') ? makeCertificate() : undefined;
    const kit: Operations = operations({
      file: 'mixing-http.mjs',
      env: {
        HTTP_LIBRARY: library,
        ...(certificate && { KIT_CA: certificate.cert, NODE_EXTRA_CA_CERTS: certificate.certFile }),
        ...env,
      },
      cwd,
    });
    let backend: Backend;
    beforeAll(async () => {
      backend = await startBackend(protocol, certificate);
    });
    beforeEach(() => {
      backend.seen.length = 0;
    });
    afterAll(async () => {
      await backend?.close();
      certificate?.remove();
    });

    it.each(ways)('mixes nothing: %s', async (way) => {
      const canaries = Array.from({ length: COUNT }, (_, index) => `canary-${index}-${crypto.randomUUID()}`);
      const path = protocol === 'grpc' ? '/kit.Mixing/Echo' : undefined;
      const answers = await kit.run('mix', { bare: true, way, url: backend.url, path, canaries });
      expect(answers).toEqual(canaries);
      const { seen } = backend;
      for (const { text } of PLUMBING ? seen : []) ownerOf(text);
      // A parent, a mark at its end, and the request, at least.
      expectUnmixed(await kit.collect(3 * COUNT), seen);
    });
  });
}

/** The kit for a copy of undici, by the name that it is installed under. */
export function mixingUndici(name: string): void {
  const version = libraryVersion(name) as string;
  const major = Number(version.split('.')[0]);
  // From version 8 on, Node 26 has it, undici speaks to handlers in another way; only 7 understands both.
  const own = spawnSync(NODE, ['-p', 'process.versions.undici'], { encoding: 'utf8' }).stdout;
  const understood = Number(own.split('.')[0]) < 8 ? major < 8 : major > 6;
  const roundRobin = existsSync(join(LIBRARIES, 'node_modules', name, 'lib/dispatcher/round-robin-pool.js'));
  const calls = [
    'fetch',
    ...(understood ? ['global fetch'] : []),
    'request',
    'callback',
    'stream',
    'pipeline',
    'dispatch',
  ];
  mixingHttpKit({
    title: `undici ${version}`,
    library: 'undici',
    env: { UNDICI: name },
    cwd: LIBRARIES,
    ways: [
      ...calls.map((call) => `${call} over agent of 1`),
      ...calls.map((call) => `${call} over pool of 2`),
      'request over agent of 2',
      'request over pool of 1',
      'fetch over balanced pool',
      'request over client',
      ...(major > 5 ? ['request over retry agent'] : []),
      ...(major > 6 ? ['request over pool of retrying clients'] : []),
      ...(roundRobin ? ['request over round-robin pool'] : []),
    ],
  });
}
