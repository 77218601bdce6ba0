import { SECRET_NAMES, spellings, tokenEnd } from './secrets.ts';
import { hideQueriesIn, type QueryHiding } from './queries.ts';
import { REDACTED } from './url.ts';

/** Names that are secrets in a query string; in prose (`error code: 5`, `state: open`) they mean too much else. */
const IN_QUERY: ReadonlySet<string> = new Set(SECRET_NAMES.flatMap(spellings));
/** What makes a name one of a secret wherever it stands: `--db-password=x`, `API_KEY=x`. */
const NAME =
  /passw|passphrase|pwd|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|credential|authorization|cookie|jwt/i;
/** The same before a colon: `"accessToken": "x"`, but not `TokenError: text`. */
const FIELD =
  /(?:passwd|password|passphrase|pwd|secret|token|(?:api|access|private|secret)[-_]?key|credentials?|authorization|cookie|jwt)$/i;
/** The last two letters of these, which most names differ in. */
const ENDS: ReadonlySet<number> = new Set(
  ['wd', 'rd', 'se', 'et', 'en', 'ey', 'al', 'ls', 'on', 'ie', 'wt'].map((end) => endOf(end, 2)),
);

function endOf(text: string, end: number): number {
  return ((text.charCodeAt(end - 2) & 31) << 5) | (text.charCodeAt(end - 1) & 31);
}

const MAX_NAME = 64;

const SPACE = 0x20;
const QUOTE = 0x22;
const HASH = 0x23;
const PERCENT = 0x25;
const AMPERSAND = 0x26;
const APOSTROPHE = 0x27;
const DASH = 0x2d;
const SLASH = 0x2f;
const COLON = 0x3a;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const QUESTION = 0x3f;
const AT = 0x40;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const BACKTICK = 0x60;

/** What a character is to the scan: part of a name, a sign behind which a value may stand, or neither. */
const NAME_PART = 1;
const SIGN = 2;
const KINDS = new Uint8Array(128);
for (const char of '-_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ')
  KINDS[char.charCodeAt(0)] = NAME_PART;
for (const code of [COLON, EQUALS, SPACE]) KINDS[code] = SIGN;

function isBlank(code: number): boolean {
  return code === SPACE || (code >= 0x09 && code <= 0x0d);
}

function isQuote(code: number): boolean {
  return code === QUOTE || code === APOSTROPHE || code === BACKTICK;
}

let hiding: QueryHiding | undefined;

/** What becomes of the queries of URLs in texts; undefined = they are masked like everything else. */
export function setQueryHiding(how: QueryHiding | undefined): void {
  hiding = how;
}

/**
 * A text that somebody wrote for people (the message of an error, its stack, a header) without the secrets that are known by where they
 * stand or what they look like: user and password in URLs, values of query parameters, flags, variables and fields with the name of
 * a secret, JSON Web Tokens and tokens of well-known issuers. One pass; returns the text itself if there is nothing to replace.
 */
export function maskText(text: string): string {
  return withoutSecrets(hiding === undefined ? text : hideQueriesIn(text, hiding));
}

function withoutSecrets(text: string): string {
  let result = '';
  let from = 0;
  const length = text.length;
  /** Where the name that the scan is in begins; -1 if it is in none. */
  let name = -1;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    const kind = code < 128 ? KINDS[code] : NAME_PART;
    let start = i;
    let end = -1;
    if (kind === NAME_PART) {
      if (name >= 0) continue;
      name = i;
      end = tokenEnd(text, i);
    } else {
      const before = name;
      name = -1;
      if (kind !== SIGN) continue;
      if (code === SPACE) {
        if (before < 0 || !isFlag(text, before, i)) continue;
        start = i + 1;
        end = valueEnd(text, start, EQUALS);
      } else if (code === COLON && text.charCodeAt(i + 1) === SLASH && text.charCodeAt(i + 2) === SLASH) {
        start = i + 3;
        const at = userInfoEnd(text, start);
        if (at < 0) {
          i += 2;
          continue;
        }
        result += `${text.slice(from, start)}${REDACTED}:${REDACTED}`;
        from = at;
        i = at;
        continue;
      } else {
        if (!isSecretField(text, before, i)) continue;
        start = valueStart(text, i + 1);
        end = valueEnd(text, start, code);
      }
    }
    if (end <= start) continue;
    result += text.slice(from, start) + REDACTED;
    from = end;
    i = end - 1;
    name = -1;
  }
  return from === 0 ? text : result + text.slice(from);
}

/** The `@` behind a user name and password; -1 if there are none. */
function userInfoEnd(text: string, start: number): number {
  let at = -1;
  for (let i = start; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === SLASH || code === QUESTION || code === HASH || isBlank(code)) break;
    if (code === AT) at = i;
  }
  return at;
}

/** Whether the name before a sign at `i`, which begins at `start` if it is a plain one, is that of a secret. */
function isSecretField(text: string, start: number, i: number): boolean {
  if (start < 0) return isSecretComposed(text, i);
  if (i - start > MAX_NAME) return false;
  const isField = text.charCodeAt(i) === COLON;
  if (isField && !ENDS.has(endOf(text, i))) return false;
  const name = text.slice(start, i);
  if (isField) return FIELD.test(name);
  if (NAME.test(name)) return true;
  const before = text.charCodeAt(start - 1);
  if (before === QUESTION || before === AMPERSAND || before === SEMICOLON)
    return IN_QUERY.has(name.toLowerCase());
  return before === PERCENT && isSecretComposed(text, i);
}

/** The same for `user[password]`, also in percent-encoding, and `"password"`. */
function isSecretComposed(text: string, i: number): boolean {
  let end = i;
  const isString = isQuote(text.charCodeAt(end - 1));
  if (isString) end--;
  if (isString && text.charCodeAt(end - 1) === BACKSLASH) end--;
  const isBracket = text.charCodeAt(end - 1) === CLOSE_BRACKET;
  if (!isBracket && text.charCodeAt(end - 2) !== PERCENT && text.charCodeAt(end - 3) !== PERCENT) {
    if (!isString || !ENDS.has(endOf(text, end))) return false;
  }
  let start = end;
  while (start > 0 && end - start < MAX_NAME) {
    const code = text.charCodeAt(start - 1);
    const isPart = code < 128 && KINDS[code] === NAME_PART;
    if (!isPart && code !== OPEN_BRACKET && code !== CLOSE_BRACKET && code !== PERCENT) break;
    start--;
  }
  const name = decoded(text.slice(start, end));
  if (isString) return FIELD.test(name);
  const parts = name.toLowerCase().split(/[[\]]/);
  return parts.length > 1 && parts.some((part) => FIELD.test(part) || IN_QUERY.has(part));
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** Whether the word before a space is `--password` or the like, or `Bearer`. */
function isFlag(text: string, start: number, end: number): boolean {
  if (text.charCodeAt(start) === DASH) return end - start <= MAX_NAME && NAME.test(text.slice(start, end));
  return end - start === 6 && text.slice(start, end).toLowerCase() === 'bearer';
}

function valueStart(text: string, start: number): number {
  let i = start;
  while (i < text.length && text.charCodeAt(i) === SPACE) i++;
  return i;
}

/** The end of a value: of the quotes that it stands in, of the line behind a colon, of the word otherwise. */
function valueEnd(text: string, start: number, sign: number): number {
  let i = start;
  const escaped = text.charCodeAt(i) === BACKSLASH && isQuote(text.charCodeAt(i + 1));
  const quote = text.charCodeAt(escaped ? i + 1 : i);
  if (isQuote(quote)) {
    i += escaped ? 2 : 1;
    for (; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code === quote) return i + 1;
      if (code === BACKSLASH && !escaped) i++;
    }
    return text.length;
  }
  for (; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x0a || code === 0x0d) break;
    if (sign === EQUALS && (isBlank(code) || code === AMPERSAND || isQuote(code))) break;
  }
  return i;
}
