import type { Config } from '../config/table.ts';
import { type Key, key } from '../encode/key.ts';
import { isSensitiveHeader } from '../redact/headers.ts';
import { maskText } from '../redact/text.ts';
import { REDACTED } from '../redact/url.ts';
import type { Span } from '../trace/span.ts';
import {
  HTTP_REQUEST_HEADER,
  HTTP_REQUEST_METHOD,
  HTTP_REQUEST_METHOD_ORIGINAL,
  HTTP_RESPONSE_HEADER,
} from './keys.ts';

/** The headers to record, in lower case. */
interface CapturedHeaders {
  request: readonly HeaderKey[];
  response: readonly HeaderKey[];
}

export interface HeaderKey {
  readonly header: string;
  readonly key: Key;
  /** True if the value is a secret by the header's name. */
  readonly secret: boolean;
}

/** What the HTTP roles take from the configuration. Without one, no method has a name and no header is recorded. */
export const httpOptions = optionsOf({
  knownMethods: [],
  sensitiveQueryParameters: [],
  serverRequestHeaders: [],
  serverResponseHeaders: [],
  clientRequestHeaders: [],
  clientResponseHeaders: [],
});

export function configure(wanted: Config['http']): void {
  Object.assign(httpOptions, optionsOf(wanted));
}

function optionsOf(wanted: Config['http']) {
  return {
    knownMethods: new Set(wanted.knownMethods),
    sensitiveQueryParameters: new Set(wanted.sensitiveQueryParameters),
    server: capturedHeaders(wanted.serverRequestHeaders, wanted.serverResponseHeaders),
    client: capturedHeaders(wanted.clientRequestHeaders, wanted.clientResponseHeaders),
  };
}

function capturedHeaders(request: readonly string[], response: readonly string[]): CapturedHeaders {
  return {
    request: request.map((name) => headerKey(HTTP_REQUEST_HEADER, name)),
    response: response.map((name) => headerKey(HTTP_RESPONSE_HEADER, name)),
  };
}

function headerKey(prefix: string, header: string): HeaderKey {
  return { header, key: key(prefix + header), secret: isSensitiveHeader(header) };
}

/** Adds captured headers: always arrays of strings, secrets replaced, also those in the URL of a `Referer` or `Location`. */
export function addHeaders(
  span: Span,
  wanted: readonly HeaderKey[],
  valueOf: (header: string) => string | number | readonly string[] | undefined,
): void {
  for (const { header, key, secret } of wanted) {
    const value = valueOf(header);
    if (value === undefined) continue;
    const values = Array.isArray(value) ? value.map(String) : [String(value)];
    span.add(key, secret ? values.map(() => REDACTED) : values.map(maskText));
  }
}

/** A method by which requests may be counted. */
export function knownMethod(method: string): string {
  return httpOptions.knownMethods.has(method) ? method : '_OTHER';
}

/** Adds `http.request.method` and returns the method as it may stand in a span's name. */
export function addMethod(span: Span, method: string): string {
  if (httpOptions.knownMethods.has(method)) {
    span.add(HTTP_REQUEST_METHOD, method);
    return method;
  }
  span.add(HTTP_REQUEST_METHOD, '_OTHER');
  span.add(HTTP_REQUEST_METHOD_ORIGINAL, method.slice(0, 64));
  return 'HTTP';
}
