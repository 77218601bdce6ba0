import type { Context } from '../context/context.ts';
import { HTTP } from '../context/layers.ts';
import { flatCopy } from '../encode/flat-copy.ts';
import { type Block, block } from '../encode/span.ts';
import { inject, replacedFields } from '../propagate/current.ts';
import type { HeaderSetter } from '../propagate/index.ts';
import { redactPath, redactUrl } from '../redact/url.ts';
import type { Scope } from '../trace/scope.ts';
import { CLIENT, Span } from '../trace/span.ts';
import { type NonRecordingSpan } from '../trace/span-context.ts';
import { startSpan } from '../operation/start.ts';
import { isAbort } from '../abort.ts';
import { type RemoteEnd, remoteEnd } from './address.ts';
import { mayTravel } from '../operation/operation.ts';
import { errorType, failed } from './error.ts';
import { addPeerService, serverBlock } from './server.ts';
import { addHeaders, addMethod, type HeaderSource, httpOptions, shownUrl } from './http.ts';
import {
  HTTP_REQUEST_RESEND_COUNT,
  HTTP_RESPONSE_STATUS_CODE,
  NETWORK_PEER_ADDRESS,
  NETWORK_PEER_PORT,
  NETWORK_PROTOCOL_VERSION,
  URL_FULL,
} from './keys.ts';

/** Where a request goes. */
export interface Target {
  scheme: string;
  /** Host name or address, without brackets or port, or the path of a socket. */
  address: string | undefined;
  /** Absent for a socket with a path. */
  port?: number;
  /** Stands in the URL for what has no host of its own, such as a socket with a path: `host` or `host:port`. */
  authority?: string;
  /** The request target: path and query, a whole URL when a proxy is asked, or what `CONNECT` and `OPTIONS` have in its place. */
  path: string;
}

/** One attempt of an outgoing request: its span, or what travels on in its place. */
export interface Outgoing {
  readonly span: Span | NonRecordingSpan;
  readonly context: Context;
  /** How often the same call was sent before. */
  resends?: number;
  /** The app has given it up: see {@link abandon}. */
  abandoned?: boolean;
  /** It has taken longer than the app wants to wait: see {@link expire}. */
  expired?: boolean;
}

/**
 * Starts the span of one attempt, and nothing when the context is suppressed.
 * @param target absent where it is not known yet: {@link noteTarget} follows
 */
export function startOutgoing(
  scope: Scope,
  context: Context,
  method: string,
  target?: Target,
): Outgoing | undefined {
  if (!mayTravel(scope, HTTP, context)) return undefined;
  const span = startSpan(scope, method, CLIENT, context, undefined, target?.address);
  if (span instanceof Span) span.name = addMethod(span, method);
  const outgoing = { span, context };
  if (target !== undefined) noteTarget(outgoing, method, target);
  return outgoing;
}

/** Notes where an attempt goes, once. */
export function noteTarget({ span }: Outgoing, method: string, target: Target): void {
  if (!(span instanceof Span)) return;
  if (target.address !== undefined) {
    span.addBlock(serverBlock(target.address, target.port));
    addPeerService(span, target.address, target.port, target.path);
  }
  const url = fullUrl(method, target);
  if (url !== undefined) span.add(URL_FULL, shownUrl(url));
}

/** Notes that an attempt repeats another, as a redirect or retry: `count` is 1 for the first repetition. */
export function noteResend(outgoing: Outgoing, count: number): void {
  outgoing.resends = count;
  if (outgoing.span instanceof Span) outgoing.span.add(HTTP_REQUEST_RESEND_COUNT, count);
}

const MAX_EXPECTED = 16;
/** Node takes no longer `Location`. */
const MAX_EXPECTED_URL = 16_384;

/**
 * Where calls in a context are expected to be sent again, and for which time. An attempt names no predecessor: it is known by
 * its context and URL.
 */
const expected = new WeakMap<Context, Map<string, number>>();

/** Expects that a call in `context` is sent again, to `url`. */
export function expectResend(context: Context, given: string, count: number): void {
  if (given.length > MAX_EXPECTED_URL) return;
  const url = flatCopy(given);
  const known = expected.get(context);
  if (known === undefined) {
    expected.set(context, new Map([[url, count]]));
    return;
  }
  // Outside of any span there is one context for ever.
  if (known.size >= MAX_EXPECTED) known.clear();
  known.set(url, count);
}

/** Expects that a redirect is followed. `base` is the URL that was asked for. */
export function expectRedirect(
  { context, resends = 0 }: Outgoing,
  location: string | undefined,
  base: string,
): void {
  if (location === undefined || !URL.canParse(location, base)) return;
  const { origin, pathname, search } = new URL(location, base);
  expectResend(context, origin + pathname + search, resends + 1);
}

/** Whether {@link followExpected} may find anything: asked for each attempt, before its URL is put together. */
export function isResendExpected({ context }: Outgoing): boolean {
  const known = expected.get(context);
  return known !== undefined && known.size > 0;
}

/** Notes that an attempt is the one that {@link expectResend} told of, if it is. */
export function followExpected(outgoing: Outgoing, url: string): void {
  const known = expected.get(outgoing.context);
  const count = known?.get(url);
  if (count === undefined) return;
  known?.delete(url);
  noteResend(outgoing, count);
}

/** Sets the headers that carry the span on. */
export function injectOutgoing<C>({ span, context }: Outgoing, carrier: C, set: HeaderSetter<C>): void {
  inject(carrier, set, span, context.baggage);
}

/** The headers, in lower case, that {@link injectOutgoing} replaces: the app's own go, also those of which nothing is set. */
export function replacedHeaders({ context }: Outgoing): readonly string[] {
  return replacedFields(context.baggage);
}

export interface ClientResponse {
  statusCode: number;
  httpVersion?: string;
  peer?: Block;
  /** Asked only if some are captured: what reads them is not made for every request. */
  headers: () => { request: HeaderSource; response: HeaderSource };
}

/** Ends the span of an attempt whose response headers have come. */
export function endOutgoing({ span }: Outgoing, response: ClientResponse): void {
  if (!(span instanceof Span) || span.ended) return;
  const { statusCode } = response;
  span.add(HTTP_RESPONSE_STATUS_CODE, statusCode);
  if (response.httpVersion !== undefined) span.add(NETWORK_PROTOCOL_VERSION, response.httpVersion);
  if (response.peer !== undefined) span.addBlock(response.peer);
  if (statusCode >= 400) failed(span, String(statusCode));
  const { client } = httpOptions;
  if (client.request !== undefined) addHeaders(span, client.request, response.headers().request);
  if (client.response !== undefined) addHeaders(span, client.response, response.headers().response);
  span.end();
}

/** Notes that the app gives an attempt up, whatever it gives as the reason; unless that says that something has failed. */
export function abandon(outgoing: Outgoing, reason?: unknown): void {
  if (!outgoing.expired && !isFault(reason)) outgoing.abandoned = true;
}

/** Notes that an attempt has taken too long: who gives it up now does so for that reason. */
export function expire(outgoing: Outgoing): void {
  outgoing.expired = true;
}

const FAULTS = new Set(['ETIMEDOUT', 'ESOCKETTIMEDOUT', 'ECONNABORTED']);

/** Time limits of libraries, failed calls of the system, and Node's own errors are what happened, not what somebody wants. */
function isFault(reason: unknown): boolean {
  const { code, syscall } = (reason ?? {}) as { code?: unknown; syscall?: unknown };
  if (syscall !== undefined) return true;
  return typeof code === 'string' && (FAULTS.has(code) || code.startsWith('ERR_HTTP2_'));
}

/** Ends the span of an attempt that failed. A request that the app itself aborted is not an error, unless it took too long. */
export function failOutgoing({ span, abandoned = false }: Outgoing, error: unknown): void {
  if (!(span instanceof Span) || span.ended) return;
  const late = timeoutOf(error);
  if (late !== undefined) failed(span, errorType(late));
  else if (!abandoned && !isAbort(error)) failed(span, errorType(error));
  span.end();
}

/** The error of `AbortSignal.timeout`, which Node's http keeps behind an AbortError. */
function timeoutOf(error: unknown): unknown {
  const { name, cause } = (error ?? {}) as { name?: unknown; cause?: { name?: unknown } };
  if (name === 'TimeoutError') return error;
  return name === 'AbortError' && cause?.name === 'TimeoutError' ? cause : undefined;
}

/** The URL of a request target (RFC 9112, section 3.2); none where it makes none. */
function fullUrl(method: string, target: Target): string | undefined {
  const { path } = target;
  const { sensitiveQueryParameters } = httpOptions;
  // The name of a tunnel's end is no URL.
  if (method === 'CONNECT') return undefined;
  const first = path.charCodeAt(0);
  if (first !== 0x2f && path.includes('://')) return redactUrl(path, sensitiveQueryParameters);
  const origin = originOf(target);
  if (origin === undefined) return undefined;
  // All of a server.
  if (path === '*') return origin;
  if (first !== 0x2f && first !== 0x3f) return undefined;
  return path.includes('?') || path.includes('#')
    ? redactUrl(origin + path, sensitiveQueryParameters)
    : origin + redactPath(path);
}

/** The origin of a target as `URL` writes it. */
export function originOf({ scheme, address, port, authority }: Target): string | undefined {
  if (authority !== undefined) return `${scheme}://${authority}`;
  if (address === undefined) return undefined;
  const host = address.includes(':') ? `[${address}]` : address;
  return port === undefined || port === (scheme === 'https' ? 443 : 80)
    ? `${scheme}://${host}`
    : `${scheme}://${host}:${port}`;
}

/** The other end of each connection, encoded once. */
const peers = new WeakMap<object, Block>();

/** The attributes of a connection's other end; undefined while, or where, it has none. To be asked while it is open. */
export function peerOf(connection: RemoteEnd | null | undefined): Block | undefined {
  if (typeof connection !== 'object' || connection === null) return undefined;
  const known = peers.get(connection);
  if (known !== undefined) return known;
  const { remoteAddress, remotePort } = remoteEnd(connection);
  if (remoteAddress === undefined) return undefined;
  const made = block([NETWORK_PEER_ADDRESS, remoteAddress, NETWORK_PEER_PORT, remotePort]);
  peers.set(connection, made);
  return made;
}
