import { SECRET_NAMES, spellings, MIN_TOKEN, tokenEnd } from './secrets.ts';

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
const DOT = 0x2e;
const SLASH = 0x2f;
const COLON = 0x3a;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const QUESTION = 0x3f;
const AT = 0x40;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;

/** Tells by first character and length that a key is none of a set, without making a string of it. */
interface Filter {
  readonly keys: ReadonlySet<string>;
  readonly size: number;
  /** Those of our own names that are among the keys, in lower case. */
  readonly anyCase: ReadonlySet<string>;
  /** By first character, modulo 32: a bit for each length from 0 to 30; the last one for every greater one. */
  readonly lengths: Int32Array;
}

// One set of keys is in use in a process: that of the configuration.
let current: Filter | undefined;

function filterOf(keys: ReadonlySet<string>): Filter {
  if (current !== undefined && current.keys === keys && current.size === keys.size) return current;
  const anyCase = new Set(SECRET_NAMES.filter((name) => keys.has(name)).flatMap(spellings));
  const lengths = new Int32Array(32);
  for (const key of [...keys, ...anyCase]) {
    lengths[key.charCodeAt(0) & 31] |= 1 << Math.min(key.length, 31);
  }
  current = { keys, size: keys.size, anyCase, lengths };
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
 * Replaces the values of sensitive parameters, and those that are tokens by their looks, in a query string, with or without its
 * question mark, by `REDACTED`; the keys stay. A key is also found when percent-encoded, as the server behind would find it, in brackets
 * (`user[password]`), and behind `;` or a second `?`. Returns the text itself, without an allocation, if nothing is to be replaced.
 */
export function redactQuery(query: string, sensitive: ReadonlySet<string>): string {
  const length = query.length;
  if (length === 0) return query;
  const filter = filterOf(sensitive);
  let result = '';
  let from = 0;
  let start = query.charCodeAt(0) === QUESTION ? 1 : 0;
  while (start < length) {
    let equals = -1;
    let composed = false;
    let end = start;
    for (; end < length; end++) {
      const code = query.charCodeAt(end);
      if (code > QUESTION) {
        if (code === OPEN_BRACKET && equals < 0) composed = true;
        continue;
      }
      if (code === AMPERSAND || code === SEMICOLON || code === QUESTION) break;
      if (equals < 0) {
        if (code === EQUALS) equals = end;
        else if (code === PERCENT || code === DOT) composed = true;
      }
    }
    const value = equals + 1 || start;
    if (
      (end - value >= MIN_TOKEN && tokenEnd(query, value) >= 0) ||
      (equals >= 0 && isSensitive(query, start, equals, composed, filter))
    ) {
      end = query.indexOf('&', end);
      if (end < 0) end = length;
      result += query.slice(from, value) + REDACTED;
      from = end;
    }
    start = end + 1;
  }
  return from === 0 ? query : result + query.slice(from);
}

function isSensitive(query: string, start: number, end: number, composed: boolean, filter: Filter): boolean {
  if (composed) return isSensitiveComposed(decoded(query.slice(start, end)), filter);
  if ((filter.lengths[query.charCodeAt(start) & 31] & (1 << Math.min(end - start, 31))) === 0) return false;
  const key = query.slice(start, end);
  return filter.keys.has(key) || filter.anyCase.has(key.toLowerCase());
}

/** Of `user[password]`, `user.password` and `token[0]`, each part counts. */
function isSensitiveComposed(key: string, { keys, anyCase }: Filter): boolean {
  if (keys.has(key)) return true;
  return key
    .toLowerCase()
    .split(/[[\].]/)
    .some((part) => anyCase.has(part));
}

/** Replaces what looks like a token in a path, as a whole segment or behind `=` or `;`. Returns the text itself if there is none. */
export function redactPath(path: string): string {
  const { length } = path;
  let result = '';
  let from = 0;
  let start = 0;
  // A token has no separator in its first characters: looked for from their end, most characters need not be looked at.
  while (start + MIN_TOKEN <= length) {
    let i = start + MIN_TOKEN - 1;
    while (i >= start && !isSeparator(path.charCodeAt(i))) i--;
    if (i < start) {
      const end = tokenEnd(path, start);
      if (end >= 0) {
        result += path.slice(from, start) + REDACTED;
        from = end;
      }
      i = end >= 0 ? end - 1 : start + MIN_TOKEN - 1;
      do i++;
      while (i < length && !isSeparator(path.charCodeAt(i)));
    }
    start = i + 1;
  }
  return from === 0 ? path : result + path.slice(from);
}

function isSeparator(code: number): boolean {
  return code === SLASH || code === EQUALS || code === SEMICOLON;
}

/**
 * A URL for `url.full`: user name and password become `REDACTED:REDACTED`, sensitive parameters as in {@link redactQuery}, also behind
 * `#`, tokens as in {@link redactPath}. Reads the text as a lenient client would (`http:/user@host`, backslashes) and returns it as
 * it is otherwise, well-formed or not.
 */
export function redactUrl(url: string, sensitive: ReadonlySet<string>): string {
  const authority = authorityStart(url);
  let i = authority < 0 ? 0 : authority;
  let result = url;
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
  const pathStart = i;
  for (; i < result.length; i++) {
    const code = result.charCodeAt(i);
    if (code === HASH || code === QUESTION) break;
  }
  if (i - pathStart >= MIN_TOKEN) {
    const path = redactPath(result.slice(pathStart, i));
    result = result.slice(0, pathStart) + path + result.slice(i);
    i = pathStart + path.length;
  }
  if (i >= result.length) return result;
  let end = result.indexOf('#', i);
  if (end < 0) end = result.length;
  const query = result.slice(i, end);
  const redacted = redactQuery(query, sensitive);
  const fragment = end === result.length ? '' : `#${redactQuery(result.slice(end + 1), sensitive)}`;
  return redacted === query && fragment === '' ? result : result.slice(0, i) + redacted + fragment;
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
