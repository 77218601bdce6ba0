import { Context } from '../context/context.ts';
import { NONE } from '../context/layers.ts';
import type { Key } from '../encode/key.ts';
import { type Block, block } from '../encode/span.ts';
import { guarded } from '../guard.ts';
import { redactValues } from '../redact/queries.ts';
import { redactPath, redactQuery } from '../redact/url.ts';
import { now } from '../trace/clock.ts';
import { hold } from '../trace/hold.ts';
import { hasRules } from '../trace/sampler.ts';
import type { Scope } from '../trace/scope.ts';
import { SERVER, Span } from '../trace/span.ts';
import {
  denyRemote,
  noteClosed,
  noteOpen,
  type OpenEntry,
  remoteBaggage,
  remoteParent,
  startRemote,
} from '../operation/entry.ts';
import { remoteEnd } from './address.ts';
import { failed } from './error.ts';
import { forwardedClient, forwardedHost, forwardedProto } from './forwarded.ts';
import { addHeaders, addMethod, httpOptions } from './http.ts';
import { isSaidByServer, without } from './said.ts';
import {
  CLIENT_ADDRESS,
  HTTP_RESPONSE_STATUS_CODE,
  HTTP_ROUTE,
  NETWORK_PEER_ADDRESS,
  NETWORK_PEER_PORT,
  NETWORK_PROTOCOL_VERSION,
  SERVER_ADDRESS,
  SERVER_PORT,
  URL_PATH,
  URL_QUERY,
  URL_SCHEME,
  URL_TEMPLATE,
  USER_AGENT_ORIGINAL,
} from './keys.ts';
import { answeredRoute, type Way } from './mounts.ts';
import { FORETRACE_UNFINISHED } from './keys-own.ts';
import { countRouteless } from './routeless.ts';

export type Headers = Record<string, string | string[] | undefined> & {
  host?: string;
  'user-agent'?: string;
};

/** What the role reads of a request, whoever parsed it. */
export interface ServerRequest {
  method?: string;
  url?: string;
  httpVersion: string;
  headers: Headers;
  /** Name, value, name, value … as received. */
  rawHeaders: readonly string[];
}

/** What the role reads of a connection. */
export interface Connection {
  remoteAddress?: string;
  remotePort?: number;
  localPort?: number;
  encrypted?: boolean;
}

export interface ServerResponse {
  statusCode: number;
  headersSent: boolean;
  getHeader(name: string): string | number | readonly string[] | undefined;
  getHeaderNames(): readonly string[];
}

/** Server spans of the app's own that are folded into ours. */
export interface Folding {
  /** How many have not ended. */
  open: number;
  /** Ends ours, which waits for the end of the turn in which the answer went out. */
  finish: (() => void) | undefined;
}

/** A request while it is served. */
export class Served implements OpenEntry, Way {
  span: Span | undefined;
  route: string | undefined;
  mounts: string[] | undefined;
  left: string | undefined;
  routed: Way['routed'];
  /** The context of the app's code for this request. */
  context: Context;
  /** Frameworks rewrite `req.method` and `req.url` on the way: these are as received. */
  method: string;
  url: string;
  request: ServerRequest | undefined;
  connection: Connection | undefined;
  /** An error that a framework saw pass, and when; it goes on the span if the request fails. */
  error: unknown;
  errorMs: number;
  /** Server spans of the app's own that are folded into ours: see `fold.ts`. */
  folding: Folding | undefined;
  older: OpenEntry | undefined;
  newer: OpenEntry | undefined;

  constructor(request: ServerRequest, connection: Connection) {
    this.span = undefined;
    this.route = undefined;
    this.mounts = undefined;
    this.left = undefined;
    this.routed = undefined;
    this.context = undefined as unknown as Context;
    this.method = request.method ?? '_OTHER';
    this.url = request.url ?? '/';
    this.request = request;
    this.connection = connection;
    this.error = undefined;
    this.errorMs = 0;
    this.folding = undefined;
    this.older = undefined;
    this.newer = undefined;
  }

  abandon(reason: string): void {
    if (finishWaiting(this)) return;
    this.span?.add(FORETRACE_UNFINISHED, true);
    endServed(this, NO_RESPONSE, reason);
  }
}

/** Of a request that is not answered. */
export const NO_RESPONSE: ServerResponse = {
  statusCode: 0,
  headersSent: false,
  getHeader: () => undefined,
  getHeaderNames: () => [],
};

const SERVED = Symbol.for('foretrace.served');

/**
 * The server's state of a request object, also where the context got lost; undefined if it is not traced, or not there: what tests and
 * mocks hand to a framework has not always a request of Node's in it.
 */
export function servedOf(request: object | undefined | null): Served | undefined {
  return (request as { [SERVED]?: Served } | undefined | null)?.[SERVED];
}

/** What the operator says of requests, beyond what frameworks tell. Each part is absent unless it is asked for. */
export interface ServerNaming {
  /** Whether a request makes no span, nor anything below it. */
  excludes?(request: ServerRequest, connection: Connection): boolean | undefined;
  /** Notes what spans below a recorded request are to tell of it. */
  begin?(served: Served, request: ServerRequest): void;
  /** The route of a request that no framework has one for. */
  routeOf?(url: string): string | undefined;
  /** What a request without a route is called. `learns` is false for one whose answer does not tell that there is such a place. */
  templateOf?(url: string, learns: boolean): string | undefined;
  /** Adds attributes to a span that ends. */
  describe?(span: Span, served: Served, request: ServerRequest, route: string | undefined): void;
}

let naming: ServerNaming | undefined;

export function setNaming(next: ServerNaming | undefined): void {
  naming = next;
}

/** Marks a request or response object as belonging to a served request. */
export function mark(object: object, served: Served): void {
  (object as { [SERVED]?: Served })[SERVED] = served;
}

/** Remembers an error on its way to the framework's error handling. */
export function noteError(served: Served, error: unknown): void {
  if (served.error !== undefined || error === undefined || error === null) return;
  served.error = error;
  served.errorMs = now();
}

/**
 * A header by its lower-case name, from the raw list: Node makes `headers` only when asked, which costs 1 µs that a request
 * that is not sampled need not pay.
 */
export function rawHeader(raw: readonly string[], name: string): string | string[] | undefined {
  let found: string | string[] | undefined;
  for (let i = 0; i < raw.length; i += 2) {
    const candidate = raw[i];
    if (candidate.length !== name.length || (candidate !== name && candidate.toLowerCase() !== name))
      continue;
    if (found === undefined) found = raw[i + 1];
    else if (typeof found === 'string') found = [found, raw[i + 1]];
    else found.push(raw[i + 1]);
  }
  return found;
}

rawHeader.keys = (raw: readonly string[]): readonly string[] =>
  raw.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase());

/** Starts serving: the context to be made active, with a span if the request is sampled. */
export function startServed(scope: Scope, request: ServerRequest, connection: Connection): Served {
  const { rawHeaders } = request;
  const served = new Served(request, connection);
  const parent = remoteParent(rawHeaders, rawHeader);
  const span =
    naming !== undefined && naming.excludes?.(request, connection) === true
      ? denyRemote(parent)
      : startRemote(scope, '', SERVER, parent, now(), hasRules() ? askedBy(served) : '');
  if (span instanceof Span) {
    served.span = span;
    noteOpen(served);
    peerOf(connection);
    if (naming !== undefined) naming.begin?.(served, request);
  } else {
    served.request = undefined;
    served.connection = undefined;
  }
  served.context = new Context(
    span,
    served,
    remoteBaggage(rawHeaders, rawHeader),
    NONE,
    undefined,
    undefined,
  );
  return served;
}

/** Called when a request that is recorded is over, before its span is. */
let servedEnded: ((served: Served) => void) | undefined;

export function setServedEnded(ended: (served: Served) => void): void {
  servedEnded = ended;
}

/**
 * Ends the server span: all attributes are written now, in one go, because nothing of the request changes under us and the
 * route and status are known only here. `aborted` is the error's type when the response did not get out whole.
 */
export function endServed(served: Served, response: ServerResponse, aborted: string | undefined): void {
  const { span, request, folding } = served;
  if (span === undefined || request === undefined) return;
  if (servedEnded !== undefined) servedEnded(served);
  const endMs = now();
  if (folding === undefined || folding.open === 0) finish(served, span, request, response, aborted, endMs);
  else if (folding.finish === undefined) {
    // A framework that makes a span of its own names the route when its handler is over, after the answer has gone out.
    folding.finish = () => finish(served, span, request, response, aborted, endMs);
    atEndOfTurn(finishFolded, served);
  }
}

/** Taken at the start: test runners replace timers by their own. */
const atEndOfTurn = setImmediate;
const finishFolded = guarded('http', finishWaiting);

/** Ends the span of a request that has been answered and waits for the end of the turn; false if it has not been answered. */
export function finishWaiting({ folding }: Served): boolean {
  if (folding === undefined) return false;
  // Nothing of the app's own spans is waited for any more.
  folding.open = 0;
  folding.finish?.();
  return folding.finish !== undefined;
}

function finish(
  served: Served,
  span: Span,
  request: ServerRequest,
  response: ServerResponse,
  aborted: string | undefined,
  endMs: number,
): void {
  const connection = served.connection as Connection;
  if (served.request === undefined) return;
  served.request = undefined;
  served.connection = undefined;
  noteClosed(served);
  if (span.ended) return;
  const status = aborted === undefined || response.headersSent ? response.statusCode : undefined;
  const fails = aborted !== undefined || response.statusCode >= 500;
  if (hold !== undefined && hold.drops(span, endMs, status, fails)) {
    served.routed = undefined;
    served.error = undefined;
    return;
  }
  if (served.folding !== undefined && span.user !== undefined) {
    span.user = without(span.user, isSaidByServer);
  }
  span.useSharedBuffer();
  const method = addMethod(span, served.method);
  addTarget(span, served.url);
  addConnection(span, request, connection);
  // Frameworks set it on our span through the API.
  const said = span.user === undefined ? undefined : routeOf(span.user);
  let route = said ?? served.route ?? answeredRoute(served, response.statusCode);
  countRouteless(route, response.statusCode);
  served.routed = undefined;
  let target = route;
  if (naming !== undefined) {
    route ??= naming.routeOf?.(served.url);
    target = route ?? naming.templateOf?.(served.url, isPlace(response.statusCode, aborted));
    if (route === undefined) span.add(URL_TEMPLATE, target);
    naming.describe?.(span, served, request, route);
  }
  if (route !== undefined) span.add(HTTP_ROUTE, route);
  span.add(HTTP_RESPONSE_STATUS_CODE, status);
  if (fails) failed(span, aborted ?? String(response.statusCode));
  if (served.error !== undefined && span.status !== 0 && !hasException(span))
    span.recordException(served.error as Error, served.errorMs);
  served.error = undefined;
  const { server } = httpOptions;
  if (server.request !== undefined) {
    const { headers } = request;
    addHeaders(span, server.request, {
      get: (name) => headers[name],
      names: () => Object.keys(headers),
    });
  }
  if (server.response !== undefined) {
    addHeaders(span, server.response, {
      get: (name) => response.getHeader(name),
      names: () => response.getHeaderNames(),
    });
  }
  // A name given by the app through the API stays.
  if (span.name === '') span.name = target === undefined ? method : `${method} ${target}`;
  span.endAt(endMs);
}

/** Whether an answer tells that there is something where it was asked for: scanners are told that there is not, or not for them. */
function isPlace(statusCode: number, aborted: string | undefined): boolean {
  return aborted === undefined && (statusCode < 400 || statusCode >= 500);
}

/** Whether the app recorded an exception itself. */
function hasException({ events }: Span): boolean {
  return events !== undefined && events.some(({ name }) => name === 'exception');
}

/** The route that the app set through the API. */
function routeOf(user: readonly unknown[]): string | undefined {
  for (let i = 0; i < user.length; i += 2) {
    if (user[i] === HTTP_ROUTE.name && typeof user[i + 1] === 'string') return user[i + 1] as string;
  }
  return undefined;
}

/** What a request asks for, as rules of sampling see it: `GET /orders/1`. */
function askedBy({ method, url }: Served): string {
  const start = pathStart(url);
  const question = url.indexOf('?', start);
  return `${method} ${url.slice(start, question === -1 ? url.length : question)}`;
}

/** Where the path begins in a request target in origin or absolute form. */
function pathStart(target: string): number {
  if (target.charCodeAt(0) === 0x2f) return 0;
  const authority = target.indexOf('://');
  if (authority <= 0) return 0;
  const slash = target.indexOf('/', authority + 3);
  return slash === -1 ? target.length : slash;
}

/** `url.path` and `url.query` of a request target. */
function addTarget(span: Span, target: string): void {
  const start = pathStart(target);
  const question = target.indexOf('?', start);
  const path = question === -1 ? (start === 0 ? target : target.slice(start)) : target.slice(start, question);
  span.add(URL_PATH, path === '' ? '/' : redactPath(path));
  if (question !== -1 && question + 1 < target.length) {
    const query = target.slice(question + 1);
    const { queryHiding, sensitiveQueryParameters } = httpOptions;
    if (queryHiding === undefined) span.add(URL_QUERY, redactQuery(query, sensitiveQueryParameters));
    else if (queryHiding === 'redact') span.add(URL_QUERY, redactValues(query));
  }
}

/** What is known of a kept-alive connection: the attributes that its requests share are encoded once. */
interface Peer {
  readonly address: string | undefined;
  readonly port: number | undefined;
  /** `network.*`, for requests that came through a proxy: there one connection carries many clients. */
  block: Block | undefined;
  /** All attributes of the connection, for requests with the same `Host` and `User-Agent` as the one before. */
  direct: Block | undefined;
  host: string | undefined;
  userAgent: string | undefined;
  version: string;
}

const PEER = Symbol.for('foretrace.peer');
const MAX_KEPT = 1_024;

/** The peer of a connection. To be asked while it is open: the address is gone when the connection is. */
function peerOf(connection: Connection & { [PEER]?: Peer }): Peer {
  const known = connection[PEER];
  if (known !== undefined) return known;
  const { remoteAddress, remotePort } = remoteEnd(connection);
  return (connection[PEER] = {
    address: remoteAddress,
    port: remotePort,
    block: undefined,
    direct: undefined,
    host: undefined,
    userAgent: undefined,
    version: '',
  });
}

function addConnection(span: Span, request: ServerRequest, connection: Connection): void {
  const { headers, httpVersion } = request;
  const peer = peerOf(connection);
  if (peer.version !== httpVersion) {
    peer.version = httpVersion;
    peer.block = undefined;
    peer.direct = undefined;
  }
  const userAgent = headers['user-agent'];
  if (
    headers.forwarded !== undefined ||
    headers['x-forwarded-for'] !== undefined ||
    headers['x-forwarded-proto'] !== undefined ||
    headers['x-forwarded-host'] !== undefined
  ) {
    const pairs = clientPairs(headers, connection, peer);
    for (let i = 0; i < pairs.length; i += 2)
      span.add(pairs[i] as Key, pairs[i + 1] as string | number | undefined);
    peer.block ??= block(peerPairs(peer, httpVersion));
    span.addBlock(peer.block);
    return;
  }
  const { host } = headers;
  if (peer.direct !== undefined && peer.host === host && peer.userAgent === userAgent) {
    span.addBlock(peer.direct);
    return;
  }
  const direct = block([...clientPairs(headers, connection, peer), ...peerPairs(peer, httpVersion)]);
  span.addBlock(direct);
  // Idle connections are many, and are not to hold the 16 KB that a stranger can send.
  const isKept = (host?.length ?? 0) + (userAgent?.length ?? 0) <= MAX_KEPT;
  peer.host = isKept ? host : undefined;
  peer.userAgent = isKept ? userAgent : undefined;
  peer.direct = isKept ? direct : undefined;
}

function clientPairs(headers: Headers, connection: Connection, { address: peerAddress }: Peer): unknown[] {
  const scheme = forwardedProto(headers) ?? (connection.encrypted === true ? 'https' : 'http');
  const { address, port } = splitHost(forwardedHost(headers) ?? headers.host);
  return [
    URL_SCHEME,
    scheme,
    SERVER_ADDRESS,
    address,
    SERVER_PORT,
    address === undefined ? connection.localPort : (port ?? (scheme === 'https' ? 443 : 80)),
    CLIENT_ADDRESS,
    forwardedClient(headers) ?? peerAddress,
    USER_AGENT_ORIGINAL,
    headers['user-agent'],
  ];
}

function peerPairs({ address, port }: Peer, httpVersion: string): unknown[] {
  return [NETWORK_PEER_ADDRESS, address, NETWORK_PEER_PORT, port, NETWORK_PROTOCOL_VERSION, httpVersion];
}

/** Splits `host:port`, with IPv6 addresses in brackets. A user name and password, which do not belong there, are left out. */
export function splitHost(authority: string | string[] | undefined): { address?: string; port?: number } {
  if (typeof authority !== 'string') return {};
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  if (host === '') return {};
  const colon = host.lastIndexOf(':');
  if (colon <= 0 || host.endsWith(']')) return { address: withoutBrackets(host) };
  const port = Number(host.slice(colon + 1) || Number.NaN);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) return { address: host };
  return { address: withoutBrackets(host.slice(0, colon)), port };
}

function withoutBrackets(address: string): string {
  return address.charCodeAt(0) === 0x5b && address.endsWith(']') ? address.slice(1, -1) : address;
}
