import { plainAddress } from './address.ts';
import type { Headers } from './http-server.ts';

const MAX_HEADER_LENGTH = 1_024;

/** `url.scheme` from `Forwarded` (RFC 7239) or `X-Forwarded-Proto`: what the client used before a proxy ended TLS. */
export function forwardedProto(headers: Headers): string | undefined {
  const proto = forwardedParameter(headers, 'proto') ?? first(headers['x-forwarded-proto']);
  return proto === 'http' || proto === 'https' ? proto : undefined;
}

/** `server.address` and `server.port` from `Forwarded` or `X-Forwarded-Host`. */
export function forwardedHost(headers: Headers): string | undefined {
  return forwardedParameter(headers, 'host') ?? first(headers['x-forwarded-host']);
}

/** `client.address` from `Forwarded` or `X-Forwarded-For`, without a port. */
export function forwardedClient(headers: Headers): string | undefined {
  const client = forwardedParameter(headers, 'for') ?? first(headers['x-forwarded-for']);
  return client === undefined ? undefined : plainAddress(withoutPort(client));
}

function first(header: string | string[] | undefined): string | undefined {
  const text = Array.isArray(header) ? header[0] : header;
  if (text === undefined || text.length > MAX_HEADER_LENGTH) return undefined;
  const comma = text.indexOf(',');
  const value = (comma === -1 ? text : text.slice(0, comma)).trim();
  return value === '' ? undefined : value;
}

/** A parameter of the first element of `Forwarded`: `for="[2001:db8::1]:4711";proto=https, for=…`. */
function forwardedParameter(headers: Headers, name: string): string | undefined {
  const element = first(headers.forwarded);
  if (element === undefined) return undefined;
  for (const part of element.split(';')) {
    const equals = part.indexOf('=');
    if (equals === -1 || part.slice(0, equals).trim().toLowerCase() !== name) continue;
    const value = part.slice(equals + 1).trim();
    const unquoted =
      value.startsWith('"') && value.endsWith('"') && value.length > 1 ? value.slice(1, -1) : value;
    return unquoted === '' ? undefined : unquoted;
  }
  return undefined;
}

function withoutPort(address: string): string {
  if (address.startsWith('[')) {
    const end = address.indexOf(']');
    return end === -1 ? address : address.slice(1, end);
  }
  const colon = address.indexOf(':');
  // More than one colon is a bare IPv6 address.
  return colon !== -1 && address.indexOf(':', colon + 1) === -1 ? address.slice(0, colon) : address;
}
