import type { Context } from '../context/context.ts';
import { type Block, block } from '../encode/span.ts';
import { inject, replacedFields } from '../propagate/current.ts';
import type { HeaderSetter } from '../propagate/index.ts';
import { redactUrl } from '../redact/url.ts';
import type { Scope } from '../trace/scope.ts';
import { CLIENT, type PassedSpan, Span } from '../trace/span.ts';
import { startSpan } from '../trace/start.ts';
import { isAbort } from '../patch/abort.ts';
import { errorType, failed } from './error.ts';
import { addHeaders, addMethod, httpOptions } from './http.ts';
import {
  HTTP_REQUEST_RESEND_COUNT,
  HTTP_RESPONSE_STATUS_CODE,
  NETWORK_PEER_ADDRESS,
  NETWORK_PEER_PORT,
  NETWORK_PROTOCOL_VERSION,
  SERVER_ADDRESS,
  SERVER_PORT,
  URL_FULL,
} from './keys.ts';

/** Where a request goes. */
export interface Target {
  scheme: string;
  /** Host name or address, without brackets or port. */
  address: string;
  port: number;
  /** The request target: path and query, or a whole URL when a proxy is asked. */
  path: string;
}

/** One attempt of an outgoing request: its span, or what travels on in its place. */
export interface Outgoing {
  readonly span: Span | PassedSpan;
  readonly context: Context;
  /** How often the same call was sent before. */
  resends?: number;
  /** The app has given it up: see {@link abandon}. */
  abandoned?: boolean;
}

/** Starts the span of one attempt, and nothing when the context is suppressed. */
export function startOutgoing(
  scope: Scope,
  context: Context,
  method: string,
  target: Target,
): Outgoing | undefined {
  if (context.suppressed) return undefined;
  const span = startSpan(scope, '', CLIENT, context);
  if (span instanceof Span) {
    span.name = addMethod(span, method);
    span.addBlock(serverBlock(target.address, target.port));
    span.add(URL_FULL, fullUrl(target));
  }
  return { span, context };
}

/** Notes that an attempt repeats another, as a redirect or retry: `count` is 1 for the first repetition. */
export function noteResend(outgoing: Outgoing, count: number): void {
  outgoing.resends = count;
  if (outgoing.span instanceof Span) outgoing.span.add(HTTP_REQUEST_RESEND_COUNT, count);
}

const MAX_EXPECTED = 16;

/**
 * Where calls in a context are expected to be sent again, and for which time. An attempt names no predecessor: it is known by
 * its context and URL.
 */
const expected = new WeakMap<Context, Map<string, number>>();

/** Expects that a call in `context` is sent again, to `url`. */
export function expectResend(context: Context, url: string, count: number): void {
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
  peerAddress?: string;
  peerPort?: number;
  requestHeader: (name: string) => string | number | readonly string[] | undefined;
  responseHeader: (name: string) => string | number | readonly string[] | undefined;
}

/** Ends the span of an attempt whose response headers have come. */
export function endOutgoing({ span }: Outgoing, response: ClientResponse): void {
  if (!(span instanceof Span) || span.ended) return;
  const { statusCode } = response;
  span.add(HTTP_RESPONSE_STATUS_CODE, statusCode);
  if (response.httpVersion !== undefined) span.add(NETWORK_PROTOCOL_VERSION, response.httpVersion);
  span.add(NETWORK_PEER_ADDRESS, response.peerAddress);
  span.add(NETWORK_PEER_PORT, response.peerPort);
  if (statusCode >= 400) failed(span, String(statusCode));
  const { client } = httpOptions;
  if (client.request.length > 0) addHeaders(span, client.request, response.requestHeader);
  if (client.response.length > 0) addHeaders(span, client.response, response.responseHeader);
  span.end();
}

/** Notes that the app gives an attempt up. What it then fails with is the app's reason, whatever that looks like. */
export function abandon(outgoing: Outgoing): void {
  outgoing.abandoned = true;
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

function fullUrl({ scheme, address, port, path }: Target): string {
  if (path.charCodeAt(0) !== 0x2f && path.includes('://'))
    return redactUrl(path, httpOptions.sensitiveQueryParameters);
  const host = address.includes(':') ? `[${address}]` : address;
  const authority = port === (scheme === 'https' ? 443 : 80) ? host : `${host}:${port}`;
  const url = `${scheme}://${authority}${path}`;
  return path.includes('?') ? redactUrl(url, httpOptions.sensitiveQueryParameters) : url;
}

const MAX_SERVERS = 500;
const servers = new Map<string, Block>();

function serverBlock(address: string, port: number): Block {
  const id = `${address} ${port}`;
  let found = servers.get(id);
  if (found === undefined) {
    if (servers.size >= MAX_SERVERS) servers.clear();
    found = block([SERVER_ADDRESS, address, SERVER_PORT, port]);
    servers.set(id, found);
  }
  return found;
}
