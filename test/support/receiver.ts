/** An OTLP/HTTP receiver for tests, on a free port of 127.0.0.1: protobuf and JSON, plain and gzip. */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { decodeTraces, type ReceivedSpan } from './otlp.ts';

/** How the receiver answers one request. By default 200 with an empty ExportTraceServiceResponse. */
export interface Answer {
  status?: number;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
  /** Wait so long before answering; `Infinity` never answers. */
  delayMs?: number;
  /** Read the request, then cut the connection instead of answering. */
  destroy?: boolean;
}

export interface ReceivedRequest {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  /** The body as it came over the wire. */
  raw: Uint8Array;
  /** The body after decompression. */
  body: Uint8Array;
  /** What is in it, whether or not the receiver accepted it. */
  spans: ReceivedSpan[];
  /** When it was complete, in ms of `performance.now()`. */
  atMs: number;
  /** Local port of the sender: equal ports mean a reused connection. */
  senderPort: number;
}

export interface Receiver {
  /** `http://127.0.0.1:<port>`, to be used as OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly url: string;
  readonly port: number;
  /** Every request that came in completely, in order. */
  readonly requests: readonly ReceivedRequest[];
  /** Spans of the requests that were answered with 2xx. Throws when a request was not valid OTLP. */
  spans(): ReceivedSpan[];
  /**
   * Resolves with all spans as soon as there are `count` of them, or as soon as the predicate holds.
   * Rejects after `timeoutMs` (default 10,000) with a list of what came, and at once on invalid OTLP.
   */
  waitFor(wanted: number | ((spans: ReceivedSpan[]) => boolean), timeoutMs?: number): Promise<ReceivedSpan[]>;
  /** The same for requests, whatever their answer was. */
  waitForRequests(
    wanted: number | ((requests: readonly ReceivedRequest[]) => boolean),
    timeoutMs?: number,
  ): Promise<readonly ReceivedRequest[]>;
  /** Answers for the next requests, one each; after them the default answer again. */
  answerNext(...answers: Answer[]): void;
  /** The answer to every request without an answer of its own from {@link answerNext}. */
  answerAlways(answer: Answer): void;
  /** Forgets the spans and requests so far. */
  clear(): void;
  close(): Promise<void>;
}

interface Waiter {
  done(): boolean;
  resolve(): void;
  reject(error: Error): void;
}

/** @param tls makes it an https server (`key`, `cert`; `ca` and `requestCert` to ask for a client certificate) */
export async function startReceiver({ tls }: { tls?: ServerOptions } = {}): Promise<Receiver> {
  const requests: ReceivedRequest[] = [];
  let accepted: ReceivedSpan[] = [];
  let failure: Error | undefined;
  const queue: Answer[] = [];
  let standing: Answer = {};
  const waiters = new Set<Waiter>();
  const delays = new Set<NodeJS.Timeout>();

  function settle(): void {
    for (const waiter of waiters) {
      if (failure) waiter.reject(failure);
      else if (waiter.done()) waiter.resolve();
    }
  }

  async function onRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk);
    } catch {
      return; // The sender went away in the middle of its request: not received.
    }
    const raw = Buffer.concat(chunks);
    const answer = queue.shift() ?? standing;
    const received: ReceivedRequest = {
      method: request.method!,
      path: request.url!,
      headers: request.headers,
      raw,
      body: raw,
      spans: [],
      atMs: performance.now(),
      senderPort: request.socket.remotePort!,
    };
    requests.push(received);
    try {
      if (request.method !== 'POST') throw new Error(`${request.method} is not how OTLP/HTTP is sent`);
      if (request.headers['content-encoding'] === 'gzip') received.body = gunzipSync(raw);
      received.spans = decodeTraces(received.body, request.headers['content-type'] ?? '');
    } catch (error) {
      failure ??= new Error(`the receiver got invalid OTLP: ${(error as Error).message}`, { cause: error });
      response.writeHead(400).end(String(error));
      settle();
      return;
    }
    settle();
    if (answer.delayMs === Infinity) return;
    if (answer.delayMs) {
      await new Promise<void>((resolve) => {
        delays.add(setTimeout(resolve, answer.delayMs).unref());
      });
    }
    if (answer.destroy) {
      request.socket.destroy();
      return;
    }
    const status = answer.status ?? 200;
    const json = request.headers['content-type']?.startsWith('application/json');
    response.writeHead(status, {
      'content-type': json ? 'application/json' : 'application/x-protobuf',
      ...answer.headers,
    });
    response.end(answer.body ?? (json ? '{}' : ''));
    if (status >= 200 && status < 300) accepted.push(...received.spans);
    settle();
  }

  function wait<T>(value: () => T, done: () => boolean, what: string, timeoutMs: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const list = accepted.map(({ kind, name }) => `  ${kind} ${name}`).join('\n');
        waiter.reject(
          new Error(
            `waited ${timeoutMs} ms for ${what}; got ${requests.length} requests and ${accepted.length} spans\n${list}`,
          ),
        );
      }, timeoutMs);
      const end = (): void => {
        clearTimeout(timer);
        waiters.delete(waiter);
      };
      const waiter: Waiter = {
        done,
        resolve() {
          end();
          resolve(value());
        },
        reject(error) {
          end();
          reject(error);
        },
      };
      waiters.add(waiter);
      settle();
    });
  }

  const listener = (request: IncomingMessage, response: ServerResponse): void =>
    void onRequest(request, response);
  const server = tls ? createTlsServer(tls, listener) : createServer(listener);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;

  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    port,
    requests,
    spans() {
      if (failure) throw failure;
      return [...accepted];
    },
    waitFor(wanted, timeoutMs = 10_000) {
      const all = (): ReceivedSpan[] => [...accepted];
      return typeof wanted === 'number'
        ? wait(all, () => accepted.length >= wanted, `${wanted} spans`, timeoutMs)
        : wait(all, () => wanted(all()), 'spans that fit', timeoutMs);
    },
    waitForRequests(wanted, timeoutMs = 10_000) {
      return typeof wanted === 'number'
        ? wait(
            () => requests,
            () => requests.length >= wanted,
            `${wanted} requests`,
            timeoutMs,
          )
        : wait(
            () => requests,
            () => wanted(requests),
            'requests that fit',
            timeoutMs,
          );
    },
    answerNext(...answers) {
      queue.push(...answers);
    },
    answerAlways(answer) {
      standing = answer;
    },
    clear() {
      requests.length = 0;
      accepted = [];
      failure = undefined;
    },
    close() {
      for (const waiter of waiters) waiter.reject(new Error('the receiver was closed'));
      for (const delay of delays) clearTimeout(delay);
      return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}
