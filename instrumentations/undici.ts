import { active, define, fields, scope } from '../src/define.ts';
import {
  endOutgoing,
  expectRedirect,
  failOutgoing,
  followExpected,
  injectOutgoing,
  isResendExpected,
  noteResend,
  type Outgoing,
  startOutgoing,
} from '../src/semconv/http-client.ts';

const OUTGOING = Symbol('foretrace.outgoing');
const undici = scope('foretrace.undici');

/** The parts of undici's `Request` that its channels promise. */
interface Request {
  origin: string | URL;
  path: string;
  method: string;
  /** Flat name, value, … since version 6; lines of text before. */
  headers: string | (string | string[])[];
  addHeader(name: string, value: string): void;
  [OUTGOING]?: Attempt;
}

interface Attempt extends Outgoing {
  peerAddress?: string;
  peerPort?: number;
}

interface Origin {
  scheme: string;
  address: string;
  port: number;
}

const MAX_ORIGINS = 500;
const origins = new Map<string, Origin>();

function originOf(request: Request): Origin {
  const text = String(request.origin);
  let found = origins.get(text);
  if (found === undefined) {
    const { protocol, hostname, port } = new URL(text);
    const scheme = protocol === 'https:' ? 'https' : 'http';
    const address = hostname.replace(/^\[|\]$/g, '');
    found = { scheme, address, port: port === '' ? (scheme === 'https' ? 443 : 80) : Number(port) };
    if (origins.size >= MAX_ORIGINS) origins.clear();
    origins.set(text, found);
  }
  return found;
}

/** Replaces a header that the app has set, or adds one. */
function setHeader(request: Request, name: string, value: string): void {
  const { headers } = request;
  if (Array.isArray(headers)) {
    for (let i = 0; i < headers.length; i += 2) {
      if (String(headers[i]).toLowerCase() !== name) continue;
      headers[i + 1] = value;
      return;
    }
  } else if (
    typeof headers === 'string' &&
    fields().some((field) => headers.toLowerCase().includes(`${field}:`))
  ) {
    const kept = headers.split('\r\n').filter((line) => !line.toLowerCase().startsWith(`${name}:`));
    request.headers = kept.join('\r\n');
  }
  request.addHeader(name, value);
}

function requestHeader({ headers }: Request, wanted: string): string | string[] | undefined {
  if (typeof headers === 'string') {
    const line = headers.split('\r\n').find((one) => one.toLowerCase().startsWith(`${wanted}:`));
    return line?.slice(wanted.length + 1).trim();
  }
  if (!Array.isArray(headers)) return undefined;
  for (let i = 0; i < headers.length; i += 2) {
    if (String(headers[i]).toLowerCase() === wanted) return headers[i + 1];
  }
  return undefined;
}

/** A response header from undici's raw form: names and values as buffers, alternating. */
function responseHeader(headers: readonly unknown[], wanted: string): string | undefined {
  for (let i = 0; i < headers.length; i += 2) {
    if (String(headers[i]).toLowerCase() === wanted) return String(headers[i + 1]);
  }
  return undefined;
}

/** The symbols under which the copies of undici keep a request's handler. */
const handlerKeys: symbol[] = [];

interface Handler {
  /** What it passes the answers on to. */
  handler?: Handler;
  /** Of `RetryHandler`. */
  retryOpts?: unknown;
  /** Of `RedirectHandler`. */
  history?: unknown;
}

function handlerOf(request: Request): Handler | undefined {
  const parts = request as unknown as Record<symbol, Handler | undefined>;
  for (const key of handlerKeys) if (parts[key] !== undefined) return parts[key];
  const key = Object.getOwnPropertySymbols(request).find(({ description }) => description === 'handler');
  if (key !== undefined) handlerKeys.push(key);
  return key && parts[key];
}

/** How many requests each handler has made. */
const sent = new WeakMap<Handler, number>();
const MAX_DEPTH = 8;

/** Counts by the handlers that send the same call again: they stay the same over all attempts. */
function countResends(outgoing: Outgoing, request: Request): void {
  let count = 0;
  let handler = handlerOf(request);
  for (let depth = 0; depth < MAX_DEPTH && typeof handler === 'object' && handler !== null; depth++) {
    if (handler.retryOpts !== undefined || handler.history !== undefined) {
      const before = sent.get(handler) ?? 0;
      sent.set(handler, before + 1);
      if (before > count) count = before;
    }
    handler = handler.handler;
  }
  if (count > 0) noteResend(outgoing, count);
  else if (isResendExpected(outgoing)) followExpected(outgoing, `${request.origin}${request.path}`);
}

function create({ request }: { request: Request }): void {
  const { scheme, address, port } = originOf(request);
  const { path, method } = request;
  const outgoing = startOutgoing(undici, active(), method, { scheme, address, port, path });
  if (outgoing === undefined) return;
  request[OUTGOING] = outgoing;
  countResends(outgoing, request);
  injectOutgoing(outgoing, request, setHeader);
}

function sendHeaders({
  request,
  socket,
}: {
  request: Request;
  socket: { remoteAddress?: string; remotePort?: number };
}): void {
  const attempt = request[OUTGOING];
  if (attempt === undefined) return;
  attempt.peerAddress = socket.remoteAddress;
  attempt.peerPort = socket.remotePort;
}

function headers({
  request,
  response,
}: {
  request: Request;
  response: { statusCode: number; headers: unknown[] };
}): void {
  const attempt = request[OUTGOING];
  if (attempt === undefined) return;
  if (response.statusCode >= 300 && response.statusCode < 400) {
    const location = responseHeader(response.headers, 'location');
    expectRedirect(attempt, location, `${request.origin}${request.path}`);
  }
  endOutgoing(attempt, {
    statusCode: response.statusCode,
    peerAddress: attempt.peerAddress,
    peerPort: attempt.peerPort,
    requestHeader: (name) => requestHeader(request, name),
    responseHeader: (name) => responseHeader(response.headers, name),
  });
}

function error({ request, error }: { request: Request; error: unknown }): void {
  const attempt = request[OUTGOING];
  if (attempt !== undefined) failOutgoing(attempt, error);
}

export default define({
  name: 'undici',
  module: 'undici',
  spans:
    'a client span for each request of `fetch` (global or imported), `undici.request`, `stream`, `pipeline` and dispatchers',
  subscriptions: [
    { channel: 'undici:request:create', receive: create },
    { channel: 'undici:client:sendHeaders', receive: sendHeaders },
    { channel: 'undici:request:headers', receive: headers },
    { channel: 'undici:request:error', receive: error },
  ],
});
