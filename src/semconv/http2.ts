import type { Connection, Headers, ServerRequest } from './http-server.ts';

type StreamHeaders = Record<string, string | string[] | undefined>;

/** A request as it comes in on a stream, in the form of HTTP/1. */
export class StreamRequest implements ServerRequest {
  readonly httpVersion = '2';
  readonly rawHeaders: readonly string[];
  readonly #headers: StreamHeaders;

  constructor(headers: StreamHeaders, rawHeaders: readonly string[]) {
    this.#headers = headers;
    this.rawHeaders = rawHeaders;
  }

  get method(): string | undefined {
    return this.#headers[':method'] as string | undefined;
  }

  get url(): string | undefined {
    return this.#headers[':path'] as string | undefined;
  }

  get headers(): Headers {
    const authority = this.#headers[':authority'] as string | undefined;
    return authority === undefined ? this.#headers : { ...this.#headers, host: authority };
  }
}

/** The head of a request to be sent: an object, or since Node 24 a flat list. */
export class RequestHead {
  readonly #headers: unknown;

  constructor(headers: unknown) {
    this.#headers = headers;
  }

  #value(wanted: string): string | undefined {
    const headers = this.#headers;
    if (Array.isArray(headers)) {
      for (let i = 0; i < headers.length; i += 2) {
        if (String(headers[i]).toLowerCase() === wanted) return String(headers[i + 1]);
      }
      return undefined;
    }
    const value = (headers as StreamHeaders | undefined)?.[wanted];
    return value === undefined || value === null ? undefined : String(value);
  }

  get method(): string {
    return this.#value(':method') ?? 'GET';
  }

  get path(): string {
    return this.#value(':path') ?? '/';
  }

  get authority(): string | undefined {
    return this.#value(':authority') ?? this.#value('host');
  }
}

/** The app's headers with those added that carry the span on, in place of what the app has set of these; its object stays. */
export function withFields(
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
  for (const [name, value] of added) copy[name] = value;
  return copy;
}

/** The parts of a connection that spans show, taken while it is open. */
export function httpConnection({
  remoteAddress,
  remotePort,
  localPort,
  encrypted,
}: Connection = {}): Connection {
  return { remoteAddress, remotePort, localPort, encrypted };
}

/** Where a session goes. */
export interface Origin {
  scheme: string;
  address: string;
  port: number;
}

/** The origin of the arguments of `http2.connect`: a URL as text or object, or its parts. */
export function originOf(authority: unknown, options?: unknown): Origin {
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
export function httpStreamError(
  error: { code?: string; name?: string } | null | undefined,
  rstCode: number | undefined,
): string {
  const code = error?.code ?? error?.name;
  if (code !== undefined && code !== 'ERR_HTTP2_STREAM_ERROR') return code;
  return rstCode !== undefined && rstCode > 0 && rstCode < CODES.length
    ? `NGHTTP2_${CODES[rstCode]}`
    : 'ECONNRESET';
}
