import type { Config } from '../config/table.ts';
import { type Key, key } from '../encode/key.ts';
import { hasUrl, isListed, isPattern, isSensitiveHeader, REDACTED_HEADER } from '../redact/headers.ts';
import { hideQuery, type QueryHiding } from '../redact/queries.ts';
import { maskText, setQueryHiding } from '../redact/text.ts';
import { redactUrl } from '../redact/url.ts';
import type { Span } from '../trace/span.ts';
import {
  HTTP_REQUEST_HEADER,
  HTTP_REQUEST_METHOD,
  HTTP_REQUEST_METHOD_ORIGINAL,
  HTTP_RESPONSE_HEADER,
} from './keys.ts';

/** The headers to record of a kind of message; undefined = none. */
interface CapturedHeaders {
  request: HeaderCapture | undefined;
  response: HeaderCapture | undefined;
}

/** Which headers are recorded. */
export interface HeaderCapture {
  readonly named: readonly HeaderKey[];
  /** For a name in lower case, where the list has more than names. */
  readonly matching: ((header: string) => HeaderKey | undefined) | undefined;
}

export interface HeaderKey {
  /** In lower case. */
  readonly header: string;
  readonly key: Key;
  /** True if the value is a secret by the header's name. */
  readonly secret: boolean;
  /** True if the value is a URL, or has one in it that may be relative. */
  readonly url: boolean;
}

/** What the HTTP roles take from the configuration. Without one, no method has a name and no header is recorded. */
export const httpOptions = optionsOf({
  knownMethods: [],
  sensitiveQueryParameters: [],
  serverRequestHeaders: [],
  serverResponseHeaders: [],
  clientRequestHeaders: [],
  clientResponseHeaders: [],
  sanitizedHeaders: [],
  queryParameters: 'keep',
});

export function configure(wanted: Config['http']): void {
  Object.assign(httpOptions, optionsOf(wanted));
  setQueryHiding(httpOptions.queryHiding);
}

function optionsOf(wanted: Config['http']) {
  const captured = (prefix: string, list: readonly string[]): HeaderCapture | undefined =>
    captureOf(prefix, list, wanted.sanitizedHeaders);
  return {
    knownMethods: new Set(wanted.knownMethods),
    sensitiveQueryParameters: new Set(wanted.sensitiveQueryParameters),
    queryHiding: wanted.queryParameters === 'keep' ? undefined : (wanted.queryParameters as QueryHiding),
    server: capturedHeaders(captured, wanted.serverRequestHeaders, wanted.serverResponseHeaders),
    client: capturedHeaders(captured, wanted.clientRequestHeaders, wanted.clientResponseHeaders),
  };
}

function capturedHeaders(
  captured: (prefix: string, list: readonly string[]) => HeaderCapture | undefined,
  request: readonly string[],
  response: readonly string[],
): CapturedHeaders {
  return {
    request: captured(HTTP_REQUEST_HEADER, request),
    response: captured(HTTP_RESPONSE_HEADER, response),
  };
}

/** Strangers invent names of headers: no more of them are remembered. */
const MAX_KNOWN = 256;

function captureOf(
  prefix: string,
  list: readonly string[],
  sanitized: readonly string[],
): HeaderCapture | undefined {
  if (list.length === 0) return undefined;
  const keyOf = (header: string): HeaderKey => ({
    header,
    key: key(prefix + header),
    secret: isSensitiveHeader(header) || isListed(header, sanitized),
    url: hasUrl(header),
  });
  const named = list.filter((wanted) => !isPattern(wanted)).map(keyOf);
  const patterns = list.filter(isPattern);
  if (patterns.length === 0) return { named, matching: undefined };
  const known = new Map<string, HeaderKey | undefined>();
  const matching = (header: string): HeaderKey | undefined => {
    if (known.has(header)) return known.get(header);
    // `:path` and its like are no headers; what is named is recorded in any case.
    const isWanted = !header.startsWith(':') && isListed(header, patterns) && !list.includes(header);
    const found = isWanted ? keyOf(header) : undefined;
    if (known.size < MAX_KNOWN) known.set(header, found);
    return found;
  };
  return { named, matching };
}

type HeaderValue = string | number | readonly string[] | undefined;

/** The headers of a message, as they are read for {@link addHeaders}. */
export interface HeaderSource {
  /** Takes a name in lower case. */
  get: (header: string) => HeaderValue;
  /** Of all headers that there are, in any case; asked only if some are captured by pattern. */
  names: () => readonly string[];
}

/** Adds captured headers: always arrays of strings, secrets replaced, also those in the URL of a `Referer` or `Location`. */
export function addHeaders(span: Span, { named, matching }: HeaderCapture, source: HeaderSource): void {
  for (const wanted of named) addHeader(span, wanted, source.get(wanted.header));
  if (matching === undefined) return;
  for (const name of new Set(source.names().map((name) => name.toLowerCase()))) {
    const wanted = matching(name);
    if (wanted !== undefined) addHeader(span, wanted, source.get(name));
  }
}

function addHeader(span: Span, { key, secret, url }: HeaderKey, value: HeaderValue): void {
  if (value === undefined) return;
  const values = Array.isArray(value) ? value.map(String) : [String(value)];
  const shown = (one: string): string =>
    secret
      ? REDACTED_HEADER
      : maskText(url ? shownUrl(redactUrl(one, httpOptions.sensitiveQueryParameters)) : one);
  span.add(key, values.map(shown));
}

/** A URL, or what has one in it, with as much of its query as is recorded. */
export function shownUrl(url: string): string {
  const { queryHiding } = httpOptions;
  return queryHiding === undefined ? url : hideQuery(url, queryHiding);
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
