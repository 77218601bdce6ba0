import type { Context } from '../context/context.ts';
import { type Block, block } from '../encode/span.ts';
import { inject } from '../propagate/current.ts';
import type { HeaderSetter } from '../propagate/index.ts';
import { redactUrl } from '../redact/url.ts';
import type { Scope } from '../trace/scope.ts';
import { CLIENT, type PassedSpan, Span } from '../trace/span.ts';
import { startSpan } from '../trace/start.ts';
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
export function noteResend({ span }: Outgoing, count: number): void {
  if (span instanceof Span) span.add(HTTP_REQUEST_RESEND_COUNT, count);
}

/** Sets the headers that carry the span on. */
export function injectOutgoing<C>({ span, context }: Outgoing, carrier: C, set: HeaderSetter<C>): void {
  inject(carrier, set, span, context.baggage);
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

/** Ends the span of an attempt that failed. A request that the app itself aborted is not an error. */
export function failOutgoing({ span }: Outgoing, error: unknown): void {
  if (!(span instanceof Span) || span.ended) return;
  if (!isAbort(error)) failed(span, errorType(error));
  span.end();
}

function isAbort(error: unknown): boolean {
  return (error as { name?: unknown } | undefined)?.name === 'AbortError';
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
