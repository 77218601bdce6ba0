import { VERSION } from '../../../version.ts';
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { LookupFunction } from 'node:net';
import { createOtlpHttpExportDelegate } from '@opentelemetry/otlp-exporter-base/node-http';
import { responseFromJson } from '../../../encode/otlp-json.ts';
import { readResponse } from '../../../encode/read.ts';
import { EXPORTER_AGENT } from '../../marker.ts';
import type { OtlpOptions } from '../../options.ts';
import { useProxy } from '../proxy.ts';
import { type Exchange, judge, newExchange, newOutcome, type Outcome } from './otlp-answer.ts';
import { readTlsOptions } from './otlp-tls.ts';

/** What is read of an answer for the sake of its message. */
const MAX_REASON_BYTES = 16 * 1024;
/** Beyond any deadline: tells the library to leave the retry to us. */
const NEVER_SECONDS = '86400000';

/** Makes requests to one endpoint, one at a time. */
export interface Sender {
  send(body: Uint8Array, timeoutMs: number): Promise<Outcome>;
  /** Ends the request that is under way. */
  abort(reason: Error): void;
}

/**
 * A sender with OpenTelemetry's own transport.
 *
 * One request is the library's (URL, headers, TLS, agent, response limit), retrying is ours. Its own loop treats a
 * `Retry-After` of 0, of the past or of garbage as "at once" and so sends five requests in a row, has no deadline for a
 * response that trickles, waits on timers that keep a process alive, and can't be told that the process ends.
 *
 * @param inline true on the app's thread: nothing may keep the process alive
 */
export function createSender(options: OtlpOptions, inline: boolean, lookup: LookupFunction): Sender {
  const json = options.protocol === 'http/json';
  const ownHeaders = headersOf(options, json);
  const tls = readTlsOptions(options);
  /** The library says nothing of whose request it makes: it is that of the last `send`. */
  let exchange: Exchange = newExchange(0);

  const delegate = createOtlpHttpExportDelegate<Uint8Array, unknown>(
    {
      url: options.url,
      // A fresh object each time, the library writes into it. It would send the body in chunks, which some proxies refuse.
      headers: async () => ({ ...ownHeaders, 'content-length': String(exchange.length) }),
      timeoutMillis: options.timeoutMs,
      concurrencyLimit: 30,
      compression: 'none',
      userAgent: `foretrace/${VERSION}`,
      agentFactory: async (protocol) => {
        const { Agent } = protocol === 'http:' ? await import('node:http') : await import('node:https');
        const agent = new Agent({ keepAlive: true, lookup, ...(protocol === 'http:' ? {} : tls) });
        if (options.proxy !== undefined) useProxy(agent, options.proxy, options.url, lookup, inline);
        return watched(agent);
      },
    },
    {
      serializeRequest: (request) => request,
      deserializeResponse(response) {
        exchange.partial = json ? responseFromJson(Buffer.from(response).toString()) : readResponse(response);
        return {};
      },
    },
    json ? 'otlp_http_json_exporter' : 'otlp_http_exporter',
    { name: 'span', countItems: () => 0 },
    undefined,
  );

  /** Lets us see the requests that the library makes on the agent. */
  function watched<A extends object>(agent: A): A {
    const open = agent as A & { addRequest(request: ClientRequest, ...rest: unknown[]): unknown };
    const { addRequest } = open;
    open.addRequest = function (request, ...rest) {
      watch(request, exchange);
      return addRequest.call(this, request, ...rest);
    };
    // The HTTP client instrumentation leaves requests on such an agent alone.
    return Object.assign(open, { [EXPORTER_AGENT]: true });
  }

  function watch(request: ClientRequest, exchange: Exchange): void {
    exchange.request = request;
    request.prependListener('error', (error: NodeJS.ErrnoException) => {
      exchange.error ??= Object.assign(new Error(error.message), { code: error.code });
      // Without a code the library takes the error for final.
      delete error.code;
    });
    request.prependListener('response', (response: IncomingMessage) => {
      exchange.status = response.statusCode;
      exchange.retryAfter = response.headers['retry-after'];
      response.headers['retry-after'] = NEVER_SECONDS;
      exchange.answerType = response.headers['content-type'] ?? '';
      if (exchange.status! < 400) return;
      let room = MAX_REASON_BYTES;
      response.on('data', (chunk: Uint8Array) => {
        if (room > 0) exchange.answer.push(chunk.subarray(0, room));
        room -= chunk.length;
      });
    });
    if (inline) request.once('socket', (socket) => socket.unref());
  }

  function send(body: Uint8Array, timeoutMs: number): Promise<Outcome> {
    return new Promise((resolve) => {
      const mine = (exchange = newExchange(body.length));
      const timer = setTimeout(() => {
        resolve({ ...newOutcome(`no answer within ${Math.round(timeoutMs)} ms`), retryable: true });
        mine.request?.destroy();
      }, timeoutMs);
      timer.unref();
      const done = (result: { code: number; error?: Error }): void => {
        clearTimeout(timer);
        resolve(
          result.code === 0
            ? { ...newOutcome(undefined), partial: mine.partial }
            : judge(mine, result.error, Object.values(options.headers)),
        );
      };
      delegate.export(body, done);
    });
  }

  return {
    send,
    abort: (reason) => void exchange.request?.destroy(reason),
  };
}

function headersOf(options: OtlpOptions, json: boolean): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.headers)) headers[name.toLowerCase()] = value;
  headers['content-type'] = json ? 'application/json' : 'application/x-protobuf';
  if (options.compression === 'gzip') headers['content-encoding'] = 'gzip';
  return headers;
}
