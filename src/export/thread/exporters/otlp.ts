import { now } from '../../../trace/clock.ts';
import { readFileSync } from 'node:fs';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { createOtlpHttpExportDelegate } from '@opentelemetry/otlp-exporter-base/node-http';
import { responseFromJson } from '../../../encode/otlp-json.ts';
import { type PartialSuccess, readResponse, readStatusMessage } from '../../../encode/read.ts';
import { log } from '../../../log.ts';
import { type Exporter } from '../exporter.ts';
import { count, createHealth } from '../health.ts';
import { EXPORTER_AGENT } from '../../marker.ts';
import { createLookup } from '../lookup.ts';
import type { OtlpOptions } from '../../options.ts';
import { useProxy } from '../proxy.ts';

declare const FORETRACE_VERSION: string | undefined;
const version = typeof FORETRACE_VERSION === 'string' ? FORETRACE_VERSION : '0.0.0';

const MAX_REQUEST_BYTES = 64 * 1024 * 1024;
const INITIAL_BACKOFF_MS = 1000;
const MAX_BACKOFF_MS = 5000;
/** The longest delay of a timer. */
const MAX_DELAY_MS = 2_147_483_647;
const BACKOFF_FACTOR = 1.5;
const JITTER = 0.2;
const HURRY_MARGIN_MS = 50;
/** What is read of an answer for the sake of its message. */
const MAX_REASON_BYTES = 16 * 1024;
/** Beyond any deadline: tells the library to leave the retry to us. */
const NEVER_SECONDS = '86400000';
const RETRYABLE_STATUS = new Set([429, 502, 503, 504]);

const gzipAsync = promisify(gzip);

/** What came of one request. */
interface Outcome {
  /** Undefined = delivered. */
  failure: string | undefined;
  retryable: boolean;
  /** The collector's `Retry-After`; undefined = none that helps. */
  retryAfterMs: number | undefined;
  partial: PartialSuccess | undefined;
  /** True when the collector had closed the idle connection before the request came: no sign of trouble. */
  stale: boolean;
}

/** The parts of an attempt that the library keeps to itself. */
interface Attempt {
  request: ClientRequest | undefined;
  error: NodeJS.ErrnoException | undefined;
  status: number | undefined;
  retryAfter: string | undefined;
  partial: PartialSuccess | undefined;
  /** Of the body that is sent. */
  length: number;
  /** The start of what was answered, and what it is. */
  answer: Uint8Array[];
  answerType: string;
}

/**
 * Exports over OTLP/HTTP with OpenTelemetry's own transport.
 *
 * One request is the library's (URL, headers, TLS, agent, response limit), retrying is ours. Its own loop treats a
 * `Retry-After` of 0, of the past or of garbage as "at once" and so sends five requests in a row, has no deadline for a
 * response that trickles, waits on timers that keep a process alive, and can't be told that the process ends.
 *
 * @param inline true on the app's thread: nothing may keep the process alive
 */
export function otlpExporter(options: OtlpOptions, inline: boolean): Exporter {
  const json = options.protocol === 'http/json';
  const { headers: ownHeaders, ...tls } = prepare(options, json);
  const where = withoutSecrets(options.url);
  const health = createHealth(`export to ${where}`);
  const lookup = createLookup();
  let attempt: Attempt = newAttempt(0);
  let hurryUntil = Infinity;
  let hopeless = false;
  let cutWait: (() => void) | undefined;

  const delegate = createOtlpHttpExportDelegate<Uint8Array, unknown>(
    {
      url: options.url,
      // A fresh object each time, the library writes into it. It would send the body in chunks, which some proxies refuse.
      headers: async () => ({ ...ownHeaders, 'content-length': String(attempt.length) }),
      timeoutMillis: options.timeoutMs,
      concurrencyLimit: 30,
      compression: 'none',
      userAgent: `foretrace/${version}`,
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
        attempt.partial = json ? responseFromJson(Buffer.from(response).toString()) : readResponse(response);
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
      watch(request, attempt);
      return addRequest.call(this, request, ...rest);
    };
    // The HTTP client instrumentation leaves requests on such an agent alone.
    return Object.assign(open, { [EXPORTER_AGENT]: true });
  }

  function watch(request: ClientRequest, attempt: Attempt): void {
    attempt.request = request;
    request.prependListener('error', (error: NodeJS.ErrnoException) => {
      attempt.error ??= Object.assign(new Error(error.message), { code: error.code });
      // Without a code the library takes the error for final.
      delete error.code;
    });
    request.prependListener('response', (response: IncomingMessage) => {
      attempt.status = response.statusCode;
      attempt.retryAfter = response.headers['retry-after'];
      response.headers['retry-after'] = NEVER_SECONDS;
      attempt.answerType = response.headers['content-type'] ?? '';
      if (attempt.status! < 400) return;
      let room = MAX_REASON_BYTES;
      response.on('data', (chunk: Uint8Array) => {
        if (room > 0) attempt.answer.push(chunk.subarray(0, room));
        room -= chunk.length;
      });
    });
    if (inline) request.once('socket', (socket) => socket.unref());
  }

  function send(body: Uint8Array, timeoutMs: number): Promise<Outcome> {
    return new Promise((resolve) => {
      const mine = (attempt = newAttempt(body.length));
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

  /** Waits, unless the process ends meanwhile. */
  function wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, delayMs);
      timer.unref();
      cutWait = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async function deliver(body: Uint8Array, budgetMs: number): Promise<Outcome> {
    let until = now() + budgetMs;
    let backoffMs = INITIAL_BACKOFF_MS;
    let last = newOutcome('no time left');
    for (;;) {
      const left = Math.min(until, hurryUntil) - now();
      if (left <= 0) return last;
      const outcome = await send(body, left);
      if (outcome.failure === undefined || !outcome.retryable) return outcome;
      if (outcome.stale && !last.stale) {
        last = outcome;
        continue;
      }
      last = outcome;
      const { retryAfterMs } = outcome;
      const delayMs = Math.min((retryAfterMs ?? backoffMs) * (1 + Math.random() * JITTER), MAX_DELAY_MS);
      // The collector has named the time: this batch waits for it however late it is, and so do those behind it in the queue.
      if (retryAfterMs !== undefined) until = now() + delayMs + budgetMs;
      backoffMs = Math.min(backoffMs * BACKOFF_FACTOR, MAX_BACKOFF_MS);
      if (now() + delayMs >= Math.min(until, hurryUntil)) return outcome;
      health.failed(outcome.failure, 0);
      await wait(delayMs);
      cutWait = undefined;
    }
  }

  return {
    async export(batch, timeoutMs) {
      if (batch.spans === 0) return 0;
      const budgetMs = Math.min(timeoutMs, options.timeoutMs);
      try {
        let body = json ? Buffer.from(batch.json()) : batch.request;
        if (body.length > MAX_REQUEST_BYTES) {
          health.failed(`a request of ${body.length} bytes is larger than ${MAX_REQUEST_BYTES}`, batch.spans);
          return batch.spans;
        }
        if (hopeless) return batch.spans;
        // One shot at level 1 takes a third of the time of the library's stream at level 6 for 5 % more bytes.
        if (options.compression === 'gzip') body = await gzipAsync(body, { level: 1 });
        const { failure, retryable, partial } = await deliver(body, budgetMs);
        if (failure !== undefined) {
          hopeless = retryable && hurryUntil !== Infinity;
          health.failed(failure, batch.spans);
          return batch.spans;
        }
        health.succeeded();
        if (partial === undefined) return 0;
        const rejected = Math.min(Math.max(partial.rejectedSpans, 0), batch.spans);
        const message = partial.errorMessage.slice(0, 500);
        if (rejected > 0)
          health.remarked(`${where} rejected ${count(rejected)}: ${message || 'no reason given'}`);
        else if (message) health.remarked(`${where} took all spans and says: ${message}`);
        return rejected;
      } catch (error) {
        health.failed(error instanceof Error ? error.message : String(error), batch.spans);
        return batch.spans;
      }
    },
    hurry(timeoutMs) {
      // A little less, so that who waits for us still hears how it ended.
      const leftMs = Math.max(timeoutMs - HURRY_MARGIN_MS, timeoutMs / 2);
      hurryUntil = now() + leftMs;
      setTimeout(
        () => attempt.request?.destroy(new Error(`no answer before the end of the process`)),
        leftMs,
      ).unref();
      cutWait?.();
    },
  };
}

function newAttempt(length: number): Attempt {
  return {
    request: undefined,
    error: undefined,
    status: undefined,
    retryAfter: undefined,
    partial: undefined,
    length,
    answer: [],
    answerType: '',
  };
}

function newOutcome(failure: string | undefined): Outcome {
  return { failure, retryable: false, retryAfterMs: undefined, partial: undefined, stale: false };
}

function judge(attempt: Attempt, thrown: Error | undefined, secrets: readonly string[]): Outcome {
  const { request, error: network, status, retryAfter } = attempt;
  if (status !== undefined) {
    const reason = answerReason(Buffer.concat(attempt.answer), attempt.answerType, secrets);
    const failure =
      status <= 299
        ? (thrown?.message ?? 'unreadable response')
        : `HTTP status ${status}${reason === '' ? '' : ` (${reason})`}`;
    return {
      ...newOutcome(failure),
      retryable: RETRYABLE_STATUS.has(status) && !/exceeded size limit/.test(thrown?.message ?? ''),
      retryAfterMs: parseRetryAfter(retryAfter),
    };
  }
  if (network !== undefined) {
    return {
      ...newOutcome(network.code ?? network.message),
      retryable: true,
      stale: request?.reusedSocket === true && (network.code === 'ECONNRESET' || network.code === 'EPIPE'),
    };
  }
  // Nothing was sent, for instance because of a header that HTTP does not allow: it would not be sent next time either.
  return newOutcome(thrown?.message ?? 'the request could not be made');
}

/**
 * `Retry-After` in ms: seconds or an HTTP date. Zero, the past and garbage give undefined: as answers of an overloaded
 * server they must not mean "at once".
 */
export function parseRetryAfter(value: string | undefined, nowMs = Date.now()): number | undefined {
  if (value === undefined) return undefined;
  const text = value.trim();
  const delayMs = /^\d+$/.test(text)
    ? Number(text) * 1000
    : /^[A-Za-z]/.test(text)
      ? Date.parse(text) - nowMs
      : NaN;
  return delayMs > 0 ? delayMs : undefined;
}

/**
 * What an answer that is no success says: the message of a `google.rpc.Status`, in protobuf or JSON, or plain text; its first 200
 * characters, without values of the headers that were sent.
 */
export function answerReason(body: Uint8Array, type: string, secrets: readonly string[]): string {
  let reason = '';
  try {
    if (/json/i.test(type)) {
      const { message } = JSON.parse(Buffer.from(body).toString()) as { message?: unknown };
      if (typeof message === 'string') reason = message;
    } else if (/protobuf/i.test(type)) {
      reason = readStatusMessage(body);
    } else if (/^text\/plain/i.test(type)) {
      reason = Buffer.from(body).toString();
    }
  } catch {
    // Not what it says it is; the status says enough.
  }
  for (const secret of secrets) {
    // The last word alone too: a collector may repeat the token without its scheme.
    for (const part of [secret, secret.slice(secret.lastIndexOf(' ') + 1)]) {
      if (part.length > 3) reason = reason.replaceAll(part, 'REDACTED');
    }
  }
  return reason.trim().slice(0, 200);
}

/** The URL as far as it may be shown: its credentials and its query may be secrets. */
export function withoutSecrets(url: string): string {
  try {
    const { origin, pathname } = new URL(url);
    return origin + pathname;
  } catch {
    return 'an invalid URL';
  }
}

function prepare(
  options: OtlpOptions,
  json: boolean,
): { headers: Record<string, string>; ca?: Buffer; key?: Buffer; cert?: Buffer; rejectUnauthorized?: false } {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.headers)) headers[name.toLowerCase()] = value;
  headers['content-type'] = json ? 'application/json' : 'application/x-protobuf';
  if (options.compression === 'gzip') headers['content-encoding'] = 'gzip';
  return {
    headers,
    ca: readCa(options.certificateFile),
    key: read(options.clientKeyFile, 'the client key', 'no client certificate is sent'),
    cert: read(options.clientCertificateFile, 'the client certificate', 'no client certificate is sent'),
    ...(options.rejectUnauthorized === false && { rejectUnauthorized: false }),
  };
}

const NODE_CAS = 'the CAs that Node trusts are used';

function readCa(path: string | undefined): Buffer | undefined {
  const text = read(path, 'the CA certificate', NODE_CAS);
  // Node takes such a file, and then trusts nobody.
  if (text === undefined || /-----BEGIN (X509 |TRUSTED )?CERTIFICATE-----/.test(text.toString('latin1')))
    return text;
  log.error(`there is no certificate in PEM in '${path}', ${NODE_CAS}`);
  return undefined;
}

function read(path: string | undefined, what: string, instead: string): Buffer | undefined {
  if (path === undefined || path === '') return undefined;
  try {
    return readFileSync(path);
  } catch (error) {
    log.error(`cannot read ${what} '${path}' (${(error as NodeJS.ErrnoException).code}), ${instead}`);
    return undefined;
  }
}
