import { tokenEnd } from '../redact/secrets.ts';
import { escapedByte, type Finder, finder, isAlphanumeric, isDigit, startsWord } from './text.ts';

const DASH = 0x2d;
const DOT = 0x2e;
const UNDERSCORE = 0x5f;
/** `{"`, with which the header of each begins, in Base64. */
const START = 'eyJ';
/** The shortest header: `{"alg":"none"}`. */
const MIN_HEADER = 19;
const MIN_CUT = 8;

/** Finds JSON Web Tokens, wherever they begin: `eyJ`, a header, and at least one dot with a part behind it. */
export const findJwts: Finder = (text, mayBeCut, found) => {
  for (let i = text.indexOf(START); i >= 0; i = text.indexOf(START, i)) {
    const header = runEnd(text, i);
    let end = header;
    while (text.charCodeAt(end) === DOT) end = runEnd(text, end + 1);
    const isCut = mayBeCut && end === text.length && header - i >= MIN_CUT;
    if (isCut || (header - i >= MIN_HEADER && end > header)) found(i, end);
    // Not the next character: what begins later in the same run is shorter, and ends where this one does.
    i = end;
  }
};

function runEnd(text: string, start: number): number {
  let end = start;
  while (isTokenCharacter(text.charCodeAt(end))) end++;
  return end;
}

function isTokenCharacter(code: number): boolean {
  return isAlphanumeric(code) || code === DASH || code === UNDERSCORE;
}

/** Finds JSON Web Tokens, tokens of well-known issuers (`ghp_…`, `xoxb-…`), and what follows `Bearer` or `Basic`. */
export const findTokens: Finder = (text, mayBeCut, found) => {
  findJwts(text, mayBeCut, found);
  findIssued(text, mayBeCut, found);
};

const findIssued = finder(isTokenCharacter, (text, start) => {
  const before = text.charCodeAt(start - 1);
  if (isTokenCharacter(before) && escapedByte(text, start - 3) < 0) return -1;
  const end = tokenEnd(text, start);
  return end >= 0 ? end : credentialsEnd(text, start);
});

/** Of RFC 6750 and RFC 7617; `+` and `%20` are blanks in URLs. */
const CREDENTIALS = /(?:bearer|basic)(?: +|\+|%20)([\w.~+/-]{8,}=*)/iy;
/** What follows is a word otherwise: `Bearer authentication`. */
const MIN_CREDENTIALS = 20;

function credentialsEnd(text: string, start: number): number {
  if ((text.charCodeAt(start) | 0x20) !== 0x62 || !startsWord(text, start)) return -1;
  CREDENTIALS.lastIndex = start;
  const found = CREDENTIALS.exec(text);
  if (found === null) return -1;
  const [all, value] = found;
  for (let i = 0; i < value.length; i++) if (isDigit(value.charCodeAt(i))) return start + all.length;
  return value.length >= MIN_CREDENTIALS || value.endsWith('=') ? start + all.length : -1;
}
