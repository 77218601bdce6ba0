import { active, define, fields, scope } from '../src/define.ts';
import {
  endOutgoing,
  failOutgoing,
  injectOutgoing,
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
  /** How often the same call was redirected before. */
  resends?: number;
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

interface Redirect {
  url: string;
  count: number;
}

/**
 * Where a call in a context was last redirected to. A redirect is a request of its own that names no predecessor: it is known by its
 * context and URL.
 */
const redirects = new WeakMap<object, Redirect>();

function expectRedirect(attempt: Attempt, request: Request, headers: readonly unknown[]): void {
  const location = responseHeader(headers, 'location');
  const base = `${request.origin}${request.path}`;
  if (location === undefined || !URL.canParse(location, base)) return;
  const { origin, pathname, search } = new URL(location, base);
  redirects.set(attempt.context, { url: origin + pathname + search, count: (attempt.resends ?? 0) + 1 });
}

function follow(attempt: Attempt, url: string): void {
  const redirect = redirects.get(attempt.context);
  if (redirect === undefined || redirect.url !== url) return;
  redirects.delete(attempt.context);
  attempt.resends = redirect.count;
  noteResend(attempt, redirect.count);
}

function create({ request }: { request: Request }): void {
  const { scheme, address, port } = originOf(request);
  const { path, method } = request;
  const outgoing = startOutgoing(undici, active(), method, { scheme, address, port, path });
  if (outgoing === undefined) return;
  request[OUTGOING] = outgoing;
  follow(outgoing, `${request.origin}${path}`);
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
  if (response.statusCode >= 300 && response.statusCode < 400)
    expectRedirect(attempt, request, response.headers);
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
