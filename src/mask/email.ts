import { escapedByte, isAlphanumeric, isDigit, isLetter, type Finder } from './text.ts';

const AT = 0x40;
const APOSTROPHE = 0x27;
const PLUS = 0x2b;
const DASH = 0x2d;
const DOT = 0x2e;
const UNDERSCORE = 0x5f;

/** Bounds of RFC 5321, the first one with room for percent-encodings. */
const MAX_LOCAL = 192;
const MAX_DOMAIN = 255;

/** Ends of file names, as in `logo@2x.png`, that are no top-level domains. */
const FILES: ReadonlySet<string> = new Set(
  'avif bmp cjs css cts gif htm html ico jpeg jpg js json jsx map mjs mts php png scss svg tsx txt webp xml yaml yml'.split(
    ' ',
  ),
);

/** `express@4.18.2`, `react@18.0.0-rc.next`. */
const VERSION = /^\d+\.\d+\.\d/;

/**
 * Finds e-mail addresses. What stands before the `@` (also as `%40`, `%2540`) are letters from Latin to Cyrillic, digits and `._+-'`,
 * also percent-encoded; what follows is a domain with a dot and a top-level domain of letters.
 */
export const findEmails: Finder = (text, mayBeCut, found) => {
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const at = atWidth(text, i);
    if (at === 0) continue;
    const start = localStart(text, i, Math.max(from, i - MAX_LOCAL));
    const end = start < i ? domainEnd(text, i + at, mayBeCut) : -1;
    // What stands for the credentials of a URL.
    if (end < 0 || text.slice(start, i) === 'REDACTED') {
      i += at - 1;
      continue;
    }
    found(start, end);
    from = end;
    i = end - 1;
  }
};

/** The width of an `@` at `i`, percent-encoded once or more often or not at all. */
function atWidth(text: string, i: number): number {
  if (text.charCodeAt(i) === AT) return 1;
  let width = 3;
  let byte = escapedByte(text, i);
  while (byte === 0x25) {
    byte = text.startsWith('40', i + width) ? AT : text.startsWith('25', i + width) ? 0x25 : -1;
    width += 2;
  }
  return byte === AT ? width : 0;
}

function isLocal(code: number): boolean {
  return (
    isAlphanumeric(code) ||
    code === DOT ||
    code === UNDERSCORE ||
    code === DASH ||
    code === PLUS ||
    code === APOSTROPHE ||
    isWideLetter(code)
  );
}

/** Letters from Latin-1 to Cyrillic. Not those of scripts without blanks between words: half a sentence would go with the address. */
function isWideLetter(code: number): boolean {
  return code >= 0xc0 && code < 0x530 && code !== 0xd7 && code !== 0xf7;
}

function localStart(text: string, end: number, least: number): number {
  let start = end;
  while (start > least) {
    const escape = escapeBefore(text, start);
    if (escape > 0) {
      const byte = escapedByte(text, start - 3) >= 0 ? escapedByte(text, start - 3) : twice(text, start);
      if (start - escape < least || !(isLocal(byte) || byte >= 0x80)) break;
      start -= escape;
    } else if (isLocal(text.charCodeAt(start - 1))) {
      start--;
    } else {
      break;
    }
  }
  // A quote, or the end of a sentence, before the address.
  while (start < end && isEdge(text.charCodeAt(start))) start++;
  return start;
}

/** The width of a percent-encoding that ends at `end`: 3, or 5 if it is encoded once more. */
function escapeBefore(text: string, end: number): number {
  if (escapedByte(text, end - 3) >= 0) return 3;
  return text.startsWith('%25', end - 5) && twice(text, end) >= 0 ? 5 : 0;
}

function twice(text: string, end: number): number {
  return escapedByte(`%${text.slice(end - 2, end)}`, 0);
}

function isEdge(code: number): boolean {
  return code === DOT || code === DASH || code === APOSTROPHE;
}

/** The end of a domain that begins at `start`; -1 if there is none. */
function domainEnd(text: string, start: number, mayBeCut: boolean): number {
  const most = Math.min(text.length, start + MAX_DOMAIN);
  let end = -1;
  let i = start;
  let label = start;
  for (; i < most; i++) {
    const code = text.charCodeAt(i);
    if (code === DOT) {
      // An empty label: the end of a sentence, or no domain.
      if (i === label) break;
      label = i + 1;
      const top = lettersEnd(text, label, most);
      if (top - label >= 2) end = top;
    } else if (!isAlphanumeric(code) && code !== DASH && !isWideLetter(code)) {
      break;
    }
  }
  if (VERSION.test(text.slice(start, Math.min(i, start + 32)))) return -1;
  if (mayBeCut && i === text.length) return i;
  if (end < 0) return -1;
  return FILES.has(text.slice(text.lastIndexOf('.', end - 1) + 1, end).toLowerCase()) ? -1 : end;
}

/** The end of a top-level domain: of letters, or `xn--` and what follows it. */
function lettersEnd(text: string, start: number, most: number): number {
  let end = start;
  const isEncoded = text.slice(start, start + 4).toLowerCase() === 'xn--';
  while (end < most) {
    const code = text.charCodeAt(end);
    if (!isLetter(code) && !isWideLetter(code) && !(isEncoded && (isDigit(code) || code === DASH))) break;
    end++;
  }
  return end;
}
