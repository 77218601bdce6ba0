import { escapedByte, type Finder, finder, isAlphanumeric, isDigit, startsWord } from './text.ts';

const OPEN = 0x28;
const CLOSE = 0x29;
const PLUS = 0x2b;
const DASH = 0x2d;
const DOT = 0x2e;
const SLASH = 0x2f;
const PERCENT = 0x25;
const T = 0x74;

/** A number of one's own country, which `tel:` may have. */
const MIN_NATIONAL_DIGITS = 7;
/** Of E.164, with the country code. */
const MIN_DIGITS = 8;
const MAX_DIGITS = 15;
const MIN_CUT_DIGITS = 3;
/** As in ` (` and `) `, or `%20%28`. */
const MAX_SEPARATORS = 2;

/** `(202) 555-0143`, `202-555-0143`, `1.202.555.0143`: area and exchange of the North American plan begin with 2 to 9. */
const NORTH_AMERICAN =
  /(?:1[-. ])?(?:\([2-9]\d\d\) ?[2-9]\d\d[-. ]\d{4}|[2-9]\d\d(?:-[2-9]\d\d-|\.[2-9]\d\d\.)\d{4})/y;

/**
 * Finds phone numbers that are known as such by how they are written: with `+` and a country code, in groups or not; after `tel:`; in
 * the groups of North America. Bare digits are none: identifiers and times look the same.
 */
export const findPhones: Finder = (text, mayBeCut, found) => {
  findPrefixed(text, mayBeCut, found);
  findNorthAmerican(text, mayBeCut, found);
};

/** With `+` or `tel:`. */
const findPrefixed = finder(
  (code) => code === PLUS || code === PERCENT || (code | 0x20) === T,
  (text, start, mayBeCut) => {
    if (!startsWord(text, start)) return -1;
    const code = text.charCodeAt(start);
    if (code === PLUS) return internationalEnd(text, start + 1, mayBeCut);
    if (code === PERCENT)
      return escapedByte(text, start) === PLUS ? internationalEnd(text, start + 3, mayBeCut) : -1;
    if (text.slice(start, start + 4).toLowerCase() !== 'tel:') return -1;
    const { end, digits } = digitsEnd(text, start + 4);
    return digits >= MIN_NATIONAL_DIGITS ? end : -1;
  },
);

const findNorthAmerican = finder((code) => isDigit(code) || code === OPEN, northAmericanEnd);

function internationalEnd(text: string, from: number, mayBeCut: boolean): number {
  const first = text.charCodeAt(from);
  if (!(first > 0x30 && first <= 0x39)) return -1;
  const { end, digits, separators } = digitsEnd(text, from);
  if (mayBeCut && end === text.length && digits >= MIN_CUT_DIGITS) return end;
  // More digits than any number has, or a decimal fraction: `+12.345678`.
  if (digits < MIN_DIGITS || isDigit(text.charCodeAt(end)) || separators === '.') return -1;
  return end;
}

/** Reads digits in groups, not more of them than a number has; a group that would be too much is left out. */
function digitsEnd(text: string, start: number): { end: number; digits: number; separators: string } {
  let i = text.charCodeAt(start) === PLUS ? start + 1 : start;
  let end = i;
  let digits = 0;
  let separators = '';
  for (;;) {
    const from = i;
    while (isDigit(text.charCodeAt(i))) i++;
    if (i === from) break;
    if (digits > 0 && digits + i - from > MAX_DIGITS) break;
    digits += i - from;
    end = i;
    if (digits > MAX_DIGITS) return { end, digits: 0, separators };
    const before = i;
    // A number that is whole may stand in a path.
    if (digits < MIN_DIGITS || text.charCodeAt(i) !== SLASH) i += separatorsWidth(text, i);
    if (i === before || !isDigit(text.charCodeAt(i))) break;
    separators += text.slice(before, i);
  }
  return { end, digits, separators };
}

/** A `+` is a blank in URLs; behind another separator the next number begins with it. */
function separatorsWidth(text: string, start: number): number {
  if (text.charCodeAt(start) === PLUS) return 1;
  let i = start;
  for (let count = 0; count < MAX_SEPARATORS; count++) {
    if (isSeparator(text.charCodeAt(i))) i++;
    else if (isEscapedSeparator(escapedByte(text, i))) i += 3;
  }
  return i - start;
}

/** Those that `encodeURIComponent` or forms encode. */
function isEscapedSeparator(byte: number): boolean {
  return byte === 0x20 || byte === OPEN || byte === CLOSE;
}

function isSeparator(code: number): boolean {
  return (
    code === 0x20 ||
    code === DASH ||
    code === DOT ||
    code === SLASH ||
    code === OPEN ||
    code === CLOSE ||
    code === 0xa0 ||
    code === 0x2009 ||
    code === 0x2011 ||
    code === 0x202f
  );
}

function northAmericanEnd(text: string, start: number): number {
  const before = text.charCodeAt(start - 1);
  if (!startsWord(text, start) || before === DASH || before === DOT) return -1;
  NORTH_AMERICAN.lastIndex = start;
  const found = NORTH_AMERICAN.exec(text);
  if (found === null) return -1;
  const end = start + found[0].length;
  const after = text.charCodeAt(end);
  const goesOn =
    isAlphanumeric(after) || ((after === DASH || after === DOT) && isDigit(text.charCodeAt(end + 1)));
  return goesOn ? -1 : end;
}
