import type { Context } from '../context/context.ts';
import type { Scope } from '../trace/scope.ts';
import { remoteEnd } from './address.ts';
import {
  endOutgoing,
  failOutgoing,
  injectOutgoing,
  type Outgoing,
  peerOf,
  replacedHeaders,
  startOutgoing,
} from './http-client.ts';
import { type Connection, endServed, mark, type Served, servedOf, startServed } from './http-server.ts';

export type Headers = Record<string, string | string[] | undefined>;

const CONNECTION = Symbol('foretrace.connection');
const ORIGIN = Symbol('foretrace.origin');

/** A connection, which carries many streams. */
export interface Session {
  socket?: Connection;
  destroyed?: boolean;
  [CONNECTION]?: Connection;
  [ORIGIN]?: Origin;
}

/** A request with its response, at either end. */
export interface Stream {
  session?: Session;
  sentHeaders?: Headers;
  headersSent?: boolean;
  /** Closed while the response was not at its end. */
  aborted?: boolean;
  errored?: StreamError | null;
  closed?: boolean;
  destroyed?: boolean;
  rstCode?: number;
}

interface StreamError {
  code?: string;
  name?: string;
}

/** Servers and sessions of libraries whose protocol is made of HTTP/2, and which have spans of their own. */
const below = new WeakSet<object>();

/** Leaves the streams of a server, or the requests of a session, to the library that it belongs to. */
export function leaveToLibrary(made: object | null | undefined): void {
  if (made !== null && made !== undefined) below.add(made);
}

export function isLeft(made: object): boolean {
  return below.has(made);
}

/** The socket of a session is a proxy that throws once the session is over: what is needed is taken when it is there. */
export function connectionOf(session: Session): Connection {
  const known = session[CONNECTION];
  if (known !== undefined) return known;
  const { localPort, encrypted } = session.socket ?? {};
  const { remoteAddress, remotePort } = remoteEnd(session.socket ?? {});
  return (session[CONNECTION] = { remoteAddress, remotePort, localPort, encrypted });
}

/** Starts serving a stream, unless it is a tunnel (WebSocket): as with an upgrade there is no response that could end it. */
export function startStream(
  scope: Scope,
  stream: Stream,
  headers: Headers,
  rawHeaders: readonly string[],
): Served | undefined {
  if (headers[':method'] === 'CONNECT' || stream.session === undefined) return undefined;
  const request = {
    httpVersion: '2',
    method: headers[':method'] as string | undefined,
    url: headers[':path'] as string | undefined,
    rawHeaders,
    get headers() {
      const authority = headers[':authority'] as string | undefined;
      return authority === undefined ? (headers as { host?: string }) : { ...headers, host: authority };
    },
  };
  const served = startServed(scope, request, connectionOf(stream.session));
  mark(stream, served);
  return served;
}

/** The request and response of the compatible API belong to the stream that they are made for. */
export function shareServed(request: { stream?: Stream }, response: object): void {
  const served = request.stream && servedOf(request.stream);
  if (served === undefined) return;
  mark(request, served);
  mark(response, served);
}

export function endStream(served: Served, stream: Stream): void {
  const { sentHeaders, headersSent = false, aborted, errored, rstCode } = stream;
  // A stream that is reset or destroyed finishes too, one that is whole may close without.
  const whole = headersSent && !aborted && !rstCode;
  const response = {
    statusCode: Number(sentHeaders?.[':status']),
    headersSent,
    getHeader: (name: string) => sentHeader(sentHeaders, name),
    getHeaderNames: () => Object.keys(sentHeaders ?? {}),
  };
  endServed(served, response, whole ? undefined : errorTypeOf(errored, rstCode));
}

/** One request of a session, with the headers to be sent in place of the app's. */
export interface Attempt extends Outgoing {
  readonly session: Session;
  readonly headers: unknown;
}

export function startRequest(
  scope: Scope,
  context: Context,
  session: Session,
  headers: unknown,
): Attempt | undefined {
  if (isLeft(session)) return undefined;
  const origin = session[ORIGIN];
  const method = headerOf(headers, ':method') ?? 'GET';
  if (origin === undefined || method === 'CONNECT' || isUndici(session)) return undefined;
  const path = headerOf(headers, ':path') ?? '/';
  // Where the session goes, which need not be what the request names as its authority.
  const outgoing = startOutgoing(scope, context, method, { ...origin, path });
  if (outgoing === undefined) return undefined;
  const added: [string, string][] = [];
  injectOutgoing(outgoing, added, (lines, name, value) => lines.push([name, value]));
  return { ...outgoing, session, headers: withFields(headers, replacedHeaders(outgoing), added) };
}

/** undici speaks HTTP/2 through Node's sessions, and has a span already. */
function isUndici(session: Session): boolean {
  return Object.getOwnPropertySymbols(session).some(({ description }) => description === 'client');
}

/** Notes an event of the stream that a request went out on: the response, or that there will be none. */
export function noteAnswer(attempt: Attempt, stream: Stream, event: string, argument: unknown): void {
  if (event === 'response') {
    const headers = argument as Headers;
    endOutgoing(attempt, {
      statusCode: Number(headers[':status']),
      httpVersion: '2',
      peer: peerOf(connectionOf(attempt.session)),
      headers: () => ({
        request: {
          get: (name) => sentHeader(stream.sentHeaders, name),
          names: () => Object.keys(stream.sentHeaders ?? {}),
        },
        response: { get: (name) => headers[name], names: () => Object.keys(headers) },
      }),
    });
  } else if (event === 'error') {
    const error = argument as (StreamError & { cause?: StreamError }) | undefined;
    if (error?.name === 'AbortError' || error?.name === 'TimeoutError') {
      failOutgoing(attempt, error);
      return;
    }
    // Why the connection failed stands behind the error of the stream that waited for it.
    failOutgoing(attempt, { code: errorTypeOf(error?.cause ?? error, stream.rstCode) });
  } else if (event === 'close') {
    failOutgoing(attempt, { name: 'AbortError' });
  }
}

/** A header of a request to be sent: these are an object, or since Node 24 a flat list. */
function headerOf(headers: unknown, wanted: string): string | undefined {
  let value: unknown;
  if (Array.isArray(headers)) {
    const index = headers.findIndex((name, i) => i % 2 === 0 && String(name).toLowerCase() === wanted);
    if (index !== -1) value = headers[index + 1];
  } else value = (headers as Headers | undefined)?.[wanted];
  return value === undefined || value === null ? undefined : String(value);
}

/** A header that was sent: Node keeps the names as the app has written them. */
function sentHeader(headers: Headers | undefined, wanted: string): Headers[string] {
  if (headers === undefined || Object.hasOwn(headers, wanted)) return headers?.[wanted];
  const name = Object.keys(headers).find((one) => one.toLowerCase() === wanted);
  return name === undefined ? undefined : headers[name];
}

/** The app's headers with those added that carry the span on, in place of what the app has set of these; its object stays. */
function withFields(
  headers: unknown,
  fields: readonly string[],
  added: readonly (readonly [name: string, value: string])[],
): unknown {
  const stale = (name: unknown): boolean => fields.includes(String(name).toLowerCase());
  if (Array.isArray(headers))
    return [...headers.filter((_, i) => !stale(headers[i - (i % 2)])), ...added.flat()];
  // Symbols too: the list of sensitive headers is one.
  const copy: Record<string, unknown> = { ...(headers as object | undefined) };
  for (const name of Object.keys(copy)) if (stale(name)) delete copy[name];
  return Object.assign(copy, Object.fromEntries(added));
}

/** Where a session goes. */
interface Origin {
  scheme: string;
  address: string;
  port: number;
}

/** Notes where a session goes, by the arguments of `http2.connect`. */
export function noteOrigin(session: Session, authority: unknown, options: unknown): void {
  session[ORIGIN] = originOf(authority, options);
}

/** The origin of a URL as text or object, or its parts. */
function originOf(authority: unknown, options?: unknown): Origin {
  const parts = (typeof authority === 'string' ? new URL(authority) : authority) as Partial<URL>;
  const protocol = parts.protocol || (options as Partial<URL> | undefined)?.protocol;
  const scheme = protocol === 'http:' ? 'http' : 'https';
  const address = (parts.hostname || parts.host || 'localhost').replace(/^\[|\]$/g, '');
  return { scheme, address, port: Number(parts.port) || (scheme === 'https' ? 443 : 80) };
}

/** By number. */
const CODES = [
  'NO_ERROR',
  'PROTOCOL_ERROR',
  'INTERNAL_ERROR',
  'FLOW_CONTROL_ERROR',
  'SETTINGS_TIMEOUT',
  'STREAM_CLOSED',
  'FRAME_SIZE_ERROR',
  'REFUSED_STREAM',
  'CANCEL',
  'COMPRESSION_ERROR',
  'CONNECT_ERROR',
  'ENHANCE_YOUR_CALM',
  'INADEQUATE_SECURITY',
  'HTTP_1_1_REQUIRED',
];

/** `error.type` of a stream that broke: the code of RFC 9113 under Node's name where Node's error says no more than that there is one. */
function errorTypeOf(error: StreamError | null | undefined, rstCode: number | undefined): string {
  const code = error?.code ?? error?.name;
  if (code !== undefined && code !== 'ERR_HTTP2_STREAM_ERROR') return code;
  return rstCode !== undefined && rstCode > 0 && rstCode < CODES.length
    ? `NGHTTP2_${CODES[rstCode]}`
    : 'ECONNRESET';
}
