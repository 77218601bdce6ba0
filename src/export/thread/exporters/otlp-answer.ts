import type { ClientRequest } from 'node:http';
import { type PartialSuccess, readStatusMessage } from '../../../encode/read.ts';

const RETRYABLE_STATUS = new Set([429, 502, 503, 504]);

/** The parts of one request and its answer that the library keeps to itself. */
export interface Exchange {
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

export function newExchange(length: number): Exchange {
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

/** What came of one request. */
export interface Outcome {
  /** Undefined = delivered. */
  failure: string | undefined;
  retryable: boolean;
  /** The collector's `Retry-After`; undefined = none that helps. */
  retryAfterMs: number | undefined;
  partial: PartialSuccess | undefined;
  /** True when the collector had closed the idle connection before the request came: no sign of trouble. */
  stale: boolean;
}

export function newOutcome(failure: string | undefined): Outcome {
  return { failure, retryable: false, retryAfterMs: undefined, partial: undefined, stale: false };
}

/** What came of a request that did not succeed. @param thrown what the library says of it */
export function judge(exchange: Exchange, thrown: Error | undefined, secrets: readonly string[]): Outcome {
  const { request, error: network, status, retryAfter } = exchange;
  if (status !== undefined) {
    const reason = answerReason(Buffer.concat(exchange.answer), exchange.answerType, secrets);
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
