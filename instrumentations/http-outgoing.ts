import type { ClientRequest, IncomingMessage } from 'node:http';
import { active, callIn, guarded, isExporterAgent } from '../src/define.ts';
import {
  endOutgoing,
  expectRedirect,
  failOutgoing,
  followExpected,
  injectOutgoing,
  isResendExpected,
  type Outgoing,
  replacedHeaders,
  startOutgoing,
} from '../src/semconv/http-client.ts';
import { splitHost } from '../src/semconv/http-server.ts';
import { type Emit, type Emitter, http } from './http-incoming.ts';

const OUTGOING = Symbol('foretrace.outgoing');

interface Request extends ClientRequest {
  agent?: unknown;
  [OUTGOING]?: Outgoing;
  removeHeader(name: string): void;
}

/** Where a request goes, by its `Host` header: the options it was made from are not kept. */
function targetOf(request: Request, headers: unknown): Parameters<typeof startOutgoing>[3] {
  const scheme = request.protocol === 'https:' ? 'https' : 'http';
  const host = splitHost(hostHeader(request, headers));
  const port = host.port ?? (scheme === 'https' ? 443 : 80);
  return { scheme, address: host.address ?? request.host, port, path: request.path };
}

/** The origin as `URL` writes it; empty if there is no `Host` header. */
function originOf(request: Request, headers: unknown): string {
  const host = hostHeader(request, headers);
  return host === undefined ? '' : `${request.protocol}//${host}`;
}

function hostHeader(request: Request, headers: unknown): string | undefined {
  const host = Array.isArray(headers) ? fromArray(headers, 'host') : request.getHeader('host');
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

function addLine(head: string[], name: string, value: string): void {
  if (!/[^\t\x20-\x7e\x80-\xff]/.test(value)) head[0] += `${name}: ${value}\r\n`;
}

/**
 * Starts the span of an outgoing request where its head is written: every client of the process comes by here, whatever
 * it was imported as, on every version of Node, with `Expect: 100-continue` and header arrays, which the channels miss.
 * The headers go in behind the request line, so what the app sees of its own headers does not change.
 */
const startRequest = guarded('http', (request: Request, head: string[], headers: unknown) => {
  if (isExporterAgent(request.agent)) return headers;
  let outgoing = request[OUTGOING];
  if (outgoing === undefined) {
    const target = targetOf(request, headers);
    outgoing = request[OUTGOING] = startOutgoing(http, active(), request.method, target);
    if (outgoing === undefined) return headers;
    if (isResendExpected(outgoing)) followExpected(outgoing, originOf(request, headers) + request.path);
  }
  injectOutgoing(outgoing, head, addLine);
  const replaced = replacedHeaders(outgoing);
  if (Array.isArray(headers)) return withoutFields(headers, replaced);
  for (const name of replaced) if (request.hasHeader(name)) request.removeHeader(name);
  return headers;
});

export function storeHeader(original: Function): Function {
  return function (this: Request, firstLine: string, headers: unknown, ...rest: unknown[]) {
    const head = [firstLine];
    const kept = startRequest(this, head, headers);
    return Reflect.apply(original, this, [head[0], kept ?? headers, ...rest]);
  };
}

/** Every request closes: no error (and its stack) is made for the many that have ended before. */
const ABORTED = { name: 'AbortError' };

const endRequest = guarded(
  'http',
  (request: Request, outgoing: Outgoing, event: string, argument: unknown) => {
    if (event === 'response' || event === 'upgrade' || event === 'connect') {
      const response = argument as IncomingMessage;
      const { statusCode = 0, headers } = response;
      if (statusCode >= 300 && statusCode < 400) {
        expectRedirect(outgoing, headers.location, originOf(request, undefined) + request.path);
      }
      endOutgoing(outgoing, {
        statusCode,
        httpVersion: response.httpVersion,
        peerAddress: request.socket?.remoteAddress,
        peerPort: request.socket?.remotePort,
        requestHeader: (name) => request.getHeader(name),
        responseHeader: (name) => headers[name],
      });
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
