import type { ClientRequest, IncomingMessage } from 'node:http';
import { active, callIn, guarded, isExporterAgent } from '../src/define.ts';
import {
  abandon,
  endOutgoing,
  expectRedirect,
  expire,
  failOutgoing,
  followExpected,
  injectOutgoing,
  isResendExpected,
  noteTarget,
  originOf,
  type Outgoing,
  peerOf,
  replacedHeaders,
  startOutgoing,
  type Target,
} from '../src/semconv/http-client.ts';
import { splitHost } from '../src/semconv/http-server.ts';
import { type Emit, type Emitter, http } from './http-incoming.ts';

const OUTGOING = Symbol('foretrace.outgoing');
const PORT = Symbol('foretrace.port');
const UNPLACED = Symbol('foretrace.unplaced');

/** Some are made by libraries that stand in for the network in tests: they may lack any of this. */
interface Request extends Omit<ClientRequest, 'method' | 'path'> {
  method?: string;
  path?: string;
  agent?: unknown;
  socketPath?: string | null;
  /** The head as text, once it is made. */
  _header?: unknown;
  _headerSent?: boolean;
  [OUTGOING]?: Outgoing;
  /** The port that was asked for: Node keeps the host alone. */
  [PORT]?: unknown;
  /** Its span has started, and where it goes is not known yet. */
  [UNPLACED]?: boolean;
}

const methodOf = ({ method }: Request): string => method || 'GET';

/** Where a request goes: what was asked for, which need not be what its `Host` header says. */
function targetOf(request: Request, headers: unknown): Target {
  const scheme = request.protocol === 'https:' ? 'https' : 'http';
  const path = request.path || '/';
  const named = hostHeader(request, headers);
  if (typeof request.socketPath === 'string' && request.socketPath !== '')
    return { scheme, address: request.socketPath, authority: named ?? 'localhost', path };
  const host = splitHost(named);
  const address = withoutBrackets(request.host) ?? host.address;
  const asked = Number(request[PORT]) || (address === host.address ? host.port : undefined);
  return { scheme, address, port: asked ?? (scheme === 'https' ? 443 : 80), path };
}

function withoutBrackets(host: unknown): string | undefined {
  if (typeof host !== 'string' || host === '') return undefined;
  return host.startsWith('[') ? host.slice(1, -1) : host;
}

/** The URL by which a request that is sent again is known. */
function urlOf(request: Request, headers: unknown): string {
  const target = targetOf(request, headers);
  return `${originOf(target) ?? ''}${target.path}`;
}

function hostHeader(request: Request, headers: unknown): string | undefined {
  const host = Array.isArray(headers) ? fromArray(headers, 'host') : request.getHeader?.('host');
  return typeof host === 'string' ? host : undefined;
}

/** A header of the array form of `options.headers`: flat, or pairs. */
function fromArray(headers: unknown[], name: string): unknown {
  if (Array.isArray(headers[0]))
    return (headers as [string, unknown][]).find(([n]) => n.toLowerCase() === name)?.[1];
  for (let i = 0; i < headers.length; i += 2)
    if (String(headers[i]).toLowerCase() === name) return headers[i + 1];
  return undefined;
}

/** The array form without the propagation headers that are replaced; the app's array stays as it is. */
function withoutFields(headers: unknown[], fields: readonly string[]): unknown[] {
  const stale = (name: unknown): boolean => fields.includes(String(name).toLowerCase());
  if (Array.isArray(headers[0])) return (headers as unknown[][]).filter(([name]) => !stale(name));
  return headers.filter((_, i) => !stale(headers[i - (i % 2)]));
}

/** Headers to be added, as text or one by one. */
interface Added {
  lines: string;
  pairs: [name: string, value: string][] | undefined;
}

function add(added: Added, name: string, value: string): void {
  if (/[^\t\x20-\x7e\x80-\xff]/.test(value)) return;
  if (added.pairs === undefined) added.lines += `${name}: ${value}\r\n`;
  else added.pairs.push([name, value]);
}

/** The head of a request that waits for `100 Continue` is sent as soon as it is made: too early to add to its text. */
function isSentAtOnce(request: Request, headers: unknown): boolean {
  return (
    (Array.isArray(headers) ? fromArray(headers, 'expect') : request.getHeader?.('expect')) !== undefined
  );
}

/**
 * Starts the span of an outgoing request where its head is made: every client of the process comes by here, whatever it was
 * imported as, on every version of Node, with `Expect: 100-continue` and header arrays, which the channels miss. What the app
 * sees of its own headers does not change.
 */
const startRequest = guarded('http', (request: Request, added: Added, headers: unknown) => {
  if (isExporterAgent(request.agent)) return headers;
  let outgoing = request[OUTGOING];
  if (outgoing === undefined) {
    outgoing = request[OUTGOING] = startOutgoing(http, active(), methodOf(request));
    if (outgoing === undefined) return headers;
    // Still inside of the constructor: the agent will tell.
    if (request[PORT] === undefined && request.agent && !request.socketPath) request[UNPLACED] = true;
    else place(request, outgoing, headers);
  }
  if (isSentAtOnce(request, headers)) added.pairs = [];
  injectOutgoing(outgoing, added, add);
  const replaced = replacedHeaders(outgoing);
  if (Array.isArray(headers)) return withPairs(withoutFields(headers, replaced), added.pairs);
  for (const name of replaced) if (request.hasHeader(name)) request.removeHeader(name);
  if (added.pairs === undefined) return headers;
  return withPairs(
    request.getRawHeaderNames().map((name) => [name, request.getHeader(name)]),
    added.pairs,
  );
});

function withPairs(headers: unknown[], pairs: Added['pairs'] = []): unknown[] {
  return [...headers, ...(headers.length > 0 && !Array.isArray(headers[0]) ? pairs.flat() : pairs)];
}

function place(request: Request, outgoing: Outgoing, headers: unknown): void {
  noteTarget(outgoing, methodOf(request), targetOf(request, headers));
  if (isResendExpected(outgoing)) followExpected(outgoing, urlOf(request, headers));
}

/** Behind the headers of the app: a server that reads a part of them, or none that it has no room for, gets the app's. */
const append = guarded('http', (request: Request, lines: string) => {
  const { _header: head } = request;
  if (request._headerSent !== true && typeof head === 'string' && head.endsWith('\r\n\r\n'))
    request._header = `${head.slice(0, -2)}${lines}\r\n`;
});

export function storeHeader(original: Function): Function {
  return function (this: Request, firstLine: string, headers: unknown, ...rest: unknown[]) {
    const added: Added = { lines: '', pairs: undefined };
    const kept = startRequest(this, added, headers);
    const result = Reflect.apply(original, this, [firstLine, kept ?? headers, ...rest]);
    if (added.lines !== '') append(this, added.lines);
    return result;
  };
}

const noteDestination = guarded('http', (request: Request, options: { port?: unknown } | undefined) => {
  if (typeof request !== 'object' || request === null) return;
  request[PORT] = options?.port ?? 0;
  const outgoing = request[OUTGOING];
  if (outgoing === undefined || request[UNPLACED] !== true) return;
  request[UNPLACED] = false;
  place(request, outgoing, undefined);
});

/** Where the constructor of a request asks for a connection. */
export function addRequest(original: Function): Function {
  return function (this: unknown, request: Request, options: { port?: unknown }) {
    noteDestination(request, options);
    return Reflect.apply(original, this, arguments);
  };
}

const noteDestroy = guarded('http', (request: Request, reason: unknown) => {
  const outgoing = request[OUTGOING];
  if (outgoing !== undefined && !request.destroyed) abandon(outgoing, reason);
});

/** Called by the app, or by a library for it; a connection that breaks does not come by here. */
export function destroy(original: Function): Function {
  return function (this: Request, reason: unknown) {
    noteDestroy(this, reason);
    return Reflect.apply(original, this, arguments);
  };
}

/** Notes that a library is about to abort a request that has taken too long. */
export function noteTimeout(request: object | null | undefined): void {
  const outgoing = (request as Request | null | undefined)?.[OUTGOING];
  if (outgoing !== undefined) expire(outgoing);
}

/** Every request closes: no error (and its stack) is made for the many that have ended before. */
const ABORTED = { name: 'AbortError' };

const endRequest = guarded(
  'http',
  (request: Request, outgoing: Outgoing, event: string, argument: unknown) => {
    if (request[UNPLACED] === true) {
      // Its agent asks for connections in a way of its own.
      request[UNPLACED] = false;
      place(request, outgoing, undefined);
    }
    if (event === 'response' || event === 'upgrade' || event === 'connect') {
      const { statusCode = 0, headers = {}, httpVersion } = (argument ?? {}) as Partial<IncomingMessage>;
      if (statusCode >= 300 && statusCode < 400)
        expectRedirect(outgoing, headers.location, urlOf(request, undefined));
      endOutgoing(outgoing, {
        statusCode,
        httpVersion,
        peer: peerOf(request.socket),
        headers: () => ({
          request: {
            get: (name) => request.getHeader?.(name),
            names: () => request.getHeaderNames?.() ?? [],
          },
          response: { get: (name) => headers[name], names: () => Object.keys(headers) },
        }),
      });
    } else if (event === 'timeout') {
      expire(outgoing);
    } else if (event === 'error') {
      failOutgoing(outgoing, argument);
    } else if (event === 'close') {
      failOutgoing(outgoing, ABORTED);
    }
  },
);

/** A request that waits for a connection is written, and ends, where another has ended: its listeners belong to its caller. */
export function requestEmit(original: Function): Emit {
  return function (this: Emitter, event, first) {
    const outgoing = (this as Request)[OUTGOING];
    if (outgoing === undefined) return Reflect.apply(original, this, arguments);
    endRequest(this as Request, outgoing, event, first);
    return callIn(outgoing.context, original, this, arguments);
  };
}
