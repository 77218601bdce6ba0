/** What stands in place of a secret in URLs and headers. */
export const REDACTED = 'REDACTED';

/** The query parameters whose values are secrets by the semantic conventions: signed URLs of AWS, Azure and Google. Case counts. */
export const SENSITIVE_QUERY_KEYS: ReadonlySet<string> = new Set([
  'X-Amz-Signature',
  'X-Amz-Credential',
  'X-Amz-Security-Token',
  'AWSAccessKeyId',
  'Signature',
  'sig',
  'X-Goog-Signature',
]);

const HASH = 0x23;
const PERCENT = 0x25;
const AMPERSAND = 0x26;
const SLASH = 0x2f;
const COLON = 0x3a;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const QUESTION = 0x3f;
const AT = 0x40;
const BACKSLASH = 0x5c;

/** Tells by length and first character that a key is none of a set, without making a string of it. */
interface Filter {
  readonly keys: ReadonlySet<string>;
  readonly size: number;
  /** A bit for each length from 0 to 30; the last one for every greater one. */
  readonly lengths: number;
  /** A bit for each first character, modulo 32. */
  readonly firsts: number;
}

// One set of keys is in use in a process: that of the configuration.
let current: Filter | undefined;

function filterOf(keys: ReadonlySet<string>): Filter {
  if (current !== undefined && current.keys === keys && current.size === keys.size) return current;
  let lengths = 0;
  let firsts = 0;
  for (const key of keys) {
    lengths |= 1 << Math.min(key.length, 31);
    if (key.length > 0) firsts |= 1 << (key.charCodeAt(0) & 31);
  }
  current = { keys, size: keys.size, lengths, firsts };
  return current;
}

function decoded(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}

/**
 * Replaces the values of sensitive parameters in a query string, with or without its question mark, by `REDACTED`; the keys stay.
 * A key is also found when percent-encoded, as the server behind would find it, and behind `;` or a second `?`. Returns the text itself, without an allocation,
 * if nothing is to be replaced.
 */
export function redactQuery(query: string, sensitive: ReadonlySet<string>): string {
  const length = query.length;
  if (length === 0 || sensitive.size === 0) return query;
  const filter = filterOf(sensitive);
  let result = '';
  let from = 0;
  let start = query.charCodeAt(0) === QUESTION ? 1 : 0;
  while (start < length) {
    let equals = -1;
    let encoded = false;
    let end = start;
    for (; end < length; end++) {
      const code = query.charCodeAt(end);
      if (code === AMPERSAND || code === SEMICOLON || code === QUESTION) break;
      if (equals < 0) {
        if (code === EQUALS) equals = end;
        else if (code === PERCENT) encoded = true;
      }
    }
    if (equals >= 0 && isSensitive(query, start, equals, encoded, filter)) {
      end = query.indexOf('&', end);
      if (end < 0) end = length;
      result += query.slice(from, equals + 1) + REDACTED;
      from = end;
    }
    start = end + 1;
  }
  return from === 0 ? query : result + query.slice(from);
}

function isSensitive(query: string, start: number, end: number, encoded: boolean, filter: Filter): boolean {
  if (encoded) return filter.keys.has(decoded(query.slice(start, end)));
  if ((filter.lengths & (1 << Math.min(end - start, 31))) === 0) return false;
  if (end > start && (filter.firsts & (1 << (query.charCodeAt(start) & 31))) === 0) return false;
  return filter.keys.has(query.slice(start, end));
}

/**
 * A URL for `url.full`: user name and password become `REDACTED:REDACTED`, sensitive parameters as in {@link redactQuery}. Reads the
 * text as a lenient client would (`http:/user@host`, backslashes) and returns it as it is otherwise, well-formed or not.
 */
export function redactUrl(url: string, sensitive: ReadonlySet<string>): string {
  let result = url;
  const authority = authorityStart(url);
  let i = authority < 0 ? 0 : authority;
  if (authority >= 0) {
    let at = -1;
    for (; i < url.length; i++) {
      const code = url.charCodeAt(i);
      if (code === SLASH || code === BACKSLASH || code === QUESTION || code === HASH) break;
      if (code === AT) at = i;
    }
    if (at >= 0) {
      result = `${url.slice(0, authority)}${REDACTED}:${REDACTED}${url.slice(at)}`;
      i += result.length - url.length;
    }
  }
  for (; i < result.length; i++) {
    const code = result.charCodeAt(i);
    if (code === HASH) return result;
    if (code === QUESTION) break;
  }
  if (i >= result.length) return result;
  let end = result.indexOf('#', i);
  if (end < 0) end = result.length;
  const query = result.slice(i, end);
  const redacted = redactQuery(query, sensitive);
  return redacted === query ? result : result.slice(0, i) + redacted + result.slice(end);
}

/** Where the authority begins: behind `scheme:/`, with any number of further slashes, or behind `//`; -1 if there is none. */
function authorityStart(url: string): number {
  let i = 0;
  for (; i < url.length; i++) {
    const code = url.charCodeAt(i);
    const letter = (code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a;
    // What a scheme consists of: letters, digits, plus, dash, dot.
    if (!letter && !(code >= 0x30 && code <= 0x39) && code !== 0x2b && code !== 0x2d && code !== 0x2e) break;
  }
  const hasScheme = i > 0 && url.charCodeAt(i) === COLON;
  if (hasScheme) i++;
  else i = 0;
  const start = i;
  while (i < url.length && (url.charCodeAt(i) === SLASH || url.charCodeAt(i) === BACKSLASH)) i++;
  return i - start >= (hasScheme ? 1 : 2) ? i : -1;
}
