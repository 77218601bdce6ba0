import type { Rules } from './sql-dialect.ts';

const NEWLINE = 0x0a;
const RETURN = 0x0d;
export const SPACE = 0x20;
export const BANG = 0x21;
export const DOUBLE_QUOTE = 0x22;
export const HASH = 0x23;
export const DOLLAR = 0x24;
export const AMPERSAND = 0x26;
export const QUOTE = 0x27;
export const OPEN = 0x28;
export const CLOSE = 0x29;
export const STAR = 0x2a;
export const PLUS = 0x2b;
export const COMMA = 0x2c;
export const MINUS = 0x2d;
export const DOT = 0x2e;
export const SLASH = 0x2f;
export const COLON = 0x3a;
export const SEMICOLON = 0x3b;
export const QUESTION = 0x3f;
export const AT = 0x40;
export const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
export const CLOSE_BRACKET = 0x5d;
const UNDERSCORE = 0x5f;
export const BACKTICK = 0x60;

const LETTER = 1;
const DIGIT = 2;
/** After any of these a quoted text is a value rather than an identifier. */
export const OPERATOR = 4;
export const CLASSES = new Uint8Array(128);
for (let code = 0; code < 26; code++) {
  CLASSES[0x41 + code] = LETTER;
  CLASSES[0x61 + code] = LETTER;
}
CLASSES[UNDERSCORE] = LETTER;
for (let code = 0x30; code < 0x3a; code++) CLASSES[code] = DIGIT;
for (const char of '=<>!|~+-/%&^') CLASSES[char.charCodeAt(0)] = OPERATOR;

export function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** Letters, underscore, and everything beyond ASCII, as the databases have it. False for the NaN beyond the end. */
export function isLetter(code: number): boolean {
  return code >= 128 || CLASSES[code] === LETTER;
}

export function isWordPart(code: number, rules: Rules): boolean {
  return (
    code >= 128 ||
    (CLASSES[code] & (LETTER | DIGIT)) !== 0 ||
    code === DOLLAR ||
    ((code === HASH || code === AT) && rules.hashIdentifiers)
  );
}

export function wordEnd(text: string, start: number, rules: Rules): number {
  let i = start;
  while (i < text.length && isWordPart(text.charCodeAt(i), rules)) i++;
  return i;
}

/** The end of a text that begins behind its opening quote; the length plus 1 if it never ends. A doubled quote is no end. */
export function quotedEnd(text: string, start: number, quote: string, backslashes: boolean): number {
  if (!backslashes) {
    let i = text.indexOf(quote, start);
    while (i >= 0) {
      if (text[i + 1] !== quote) return i + 1;
      i = text.indexOf(quote, i + 2);
    }
    return text.length + 1;
  }
  const code = quote.charCodeAt(0);
  for (let i = start; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === BACKSLASH) i++;
    else if (c === code) {
      if (text.charCodeAt(i + 1) !== code) return i + 1;
      i++;
    }
  }
  return text.length + 1;
}

/** E'…' goes on in the next quotes if a line break is all that stands between: with its backslashes. */
export function escapedEnd(text: string, start: number): number {
  let end = quotedEnd(text, start, "'", true);
  for (;;) {
    let i = end;
    let broken = false;
    while (i < text.length) {
      const code = text.charCodeAt(i);
      if (code === NEWLINE || code === RETURN) broken = true;
      else if (code === MINUS && text.charCodeAt(i + 1) === MINUS) {
        i = lineEnd(text, i, true);
        continue;
      } else if (code > SPACE) break;
      i++;
    }
    if (!broken || text.charCodeAt(i) !== QUOTE) return end;
    end = quotedEnd(text, i + 1, "'", true);
  }
}

/** The end of a $tag$…$tag$ text; -1 if there is none at `start`. The text's length if it never ends. */
export function dollarEnd(text: string, start: number): number {
  let open = start + 1;
  while (open < text.length) {
    const code = text.charCodeAt(open);
    if (code === DOLLAR) break;
    if (!isLetter(code) && (open === start + 1 || !isDigit(code))) return -1;
    open++;
  }
  if (open >= text.length) return -1;
  const tag = text.slice(start, open + 1);
  // Not one indexOf of the tag: its worst case is not linear. From $ to $, each tag is compared up to its first difference.
  let i = text.indexOf('$', open + 1);
  while (i >= 0) {
    if (text.startsWith(tag, i)) return i + tag.length;
    i = text.indexOf('$', i + 1);
  }
  return text.length;
}

/** The end of Oracle's q'[…]', given where its delimiter stands. */
export function quoteOperatorEnd(text: string, start: number): number {
  const open = text[start];
  const pairs = '[](){}<>';
  const at = open === undefined ? -1 : pairs.indexOf(open);
  const close = at >= 0 && at % 2 === 0 ? pairs[at + 1] : open;
  let i = start + 1;
  while (i < text.length && !(text[i] === close && text.charCodeAt(i + 1) === QUOTE)) i++;
  return Math.min(i + 2, text.length);
}

/** A number, and whatever letters cling to it: better a column like 2fa_codes lost than a secret sent. */
export function numberEnd(text: string, start: number): number {
  let i = start;
  while (i < text.length) {
    const code = text.charCodeAt(i);
    if (isDigit(code) || code === DOT || isLetter(code)) i++;
    else if (
      (code === PLUS || code === MINUS) &&
      (text.charCodeAt(i - 1) | 0x20) === 0x65 &&
      isDigit(text.charCodeAt(i + 1))
    ) {
      i++;
    } else break;
  }
  // 1E'…': the letter belongs to the string, whose escapes depend on it.
  if (text.charCodeAt(i) === QUOTE && i - start > 1 && isLetter(text.charCodeAt(i - 1))) i--;
  return i;
}

export function digitsEnd(text: string, start: number): number {
  let i = start;
  while (isDigit(text.charCodeAt(i))) i++;
  return i;
}

export function lineEnd(text: string, start: number, returnEnds: boolean): number {
  let i = start;
  while (i < text.length) {
    const code = text.charCodeAt(i);
    if (code === NEWLINE || (returnEnds && code === RETURN)) break;
    i++;
  }
  return i;
}

/** The end of a comment, given where it opens. */
export function commentEnd(text: string, start: number, nested: boolean): number {
  let depth = 1;
  for (let i = start + 2; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === STAR && text.charCodeAt(i + 1) === SLASH) {
      i++;
      if (--depth === 0) return i + 1;
    } else if (nested && code === SLASH && text.charCodeAt(i + 1) === STAR) {
      i++;
      depth++;
    }
  }
  return text.length;
}
