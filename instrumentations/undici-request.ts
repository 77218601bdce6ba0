import { flatCopy } from '../src/define.ts';

/** The parts of undici's `Request` that its channels promise. */
export interface Request {
  origin: string | URL;
  path: string;
  method: string;
  /** Flat name, value, … since version 6; lines of text before. */
  headers: string | (string | string[])[];
  addHeader(name: string, value: string): void;
}

interface Origin {
  scheme: string;
  address: string;
  port: number;
}

const MAX_ORIGINS = 500;
const MAX_ORIGIN = 512;
const origins = new Map<string, Origin>();

export function originOf(request: Request): Origin {
  const text = String(request.origin);
  let found = origins.get(text);
  if (found === undefined) {
    const { protocol, hostname, port } = new URL(text);
    const scheme = protocol === 'https:' ? 'https' : 'http';
    const address = hostname.replace(/^\[|\]$/g, '');
    found = { scheme, address, port: port === '' ? (scheme === 'https' ? 443 : 80) : Number(port) };
    if (origins.size >= MAX_ORIGINS) origins.clear();
    if (text.length <= MAX_ORIGIN) origins.set(flatCopy(text), { ...found, address: flatCopy(address) });
  }
  return found;
}

/** Takes headers out that the app has set: they are about to be replaced. */
export function removeHeaders(request: Request, names: readonly string[]): void {
  const { headers } = request;
  if (typeof headers === 'string') {
    const isKept = (line: string): boolean => !names.includes(line.slice(0, line.indexOf(':')).toLowerCase());
    const lower = headers.toLowerCase();
    if (names.some((name) => lower.includes(name)))
      request.headers = headers.split('\r\n').filter(isKept).join('\r\n');
    return;
  }
  if (!Array.isArray(headers)) return;
  for (let i = headers.length - 2; i >= 0; i -= 2) {
    if (names.includes(String(headers[i]).toLowerCase())) headers.splice(i, 2);
  }
}

export function addHeader(request: Request, name: string, value: string): void {
  request.addHeader(name, value);
}

export function requestHeader({ headers }: Request, wanted: string): string | string[] | undefined {
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

/** The names of all headers of a request. */
export function requestHeaders({ headers }: Request): string[] {
  if (typeof headers === 'string') {
    return headers
      .split('\r\n')
      .flatMap((line) => (line.includes(':') ? line.slice(0, line.indexOf(':')) : []));
  }
  return Array.isArray(headers) ? everySecond(headers) : [];
}

/** The names of a list of names and values, alternating. */
export function everySecond(headers: readonly unknown[]): string[] {
  return headers.filter((_, i) => i % 2 === 0).map(String);
}

/** A response header from undici's raw form: names and values as buffers, alternating. */
export function responseHeader(headers: readonly unknown[], wanted: string): string | undefined {
  for (let i = 0; i < headers.length; i += 2) {
    if (String(headers[i]).toLowerCase() === wanted) return String(headers[i + 1]);
  }
  return undefined;
}
