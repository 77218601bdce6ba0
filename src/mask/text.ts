/**
 * Finds one kind of pattern in a text. Time grows with the length of the text alone.
 * @param mayBeCut the text may have lost its end to a limit: what begins like a pattern and runs to the end is taken for one
 * @param found takes where each begins and ends
 */
export type Finder = (text: string, mayBeCut: boolean, found: (start: number, end: number) => void) => void;

const PERCENT = 0x25;

export function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

export function isLetter(code: number): boolean {
  return (code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a;
}

export function isAlphanumeric(code: number): boolean {
  return isDigit(code) || isLetter(code);
}

function hexValue(code: number): number {
  if (isDigit(code)) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

/** The byte that a percent-encoding at `i` stands for; -1 if there is none. */
export function escapedByte(text: string, i: number): number {
  if (text.charCodeAt(i) !== PERCENT) return -1;
  const high = hexValue(text.charCodeAt(i + 1));
  const low = hexValue(text.charCodeAt(i + 2));
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/** Whether a word may begin at `i`: not within letters and digits. The digits of a percent-encoding before it are none of its own. */
export function startsWord(text: string, i: number): boolean {
  return i === 0 || !isAlphanumeric(text.charCodeAt(i - 1)) || escapedByte(text, i - 3) >= 0;
}

/** What people write between groups of digits: its width at `i`, 0 if there is none. `+` and `%20` are blanks in URLs. */
export function separatorWidth(text: string, i: number): number {
  switch (text.charCodeAt(i)) {
    case 0x20:
    case 0x2b:
    case 0x2d:
    case 0xa0:
    case 0x2009:
    case 0x2011:
    case 0x202f:
      return 1;
    case PERCENT:
      return escapedByte(text, i) === 0x20 ? 3 : 0;
    default:
      return 0;
  }
}

/** The end of the pattern that begins at `i`; -1 if none does. */
export type PatternEnd = (text: string, i: number, mayBeCut: boolean) => number;

/** Finds patterns from where they begin: asks at each character that one may begin with. */
export function finder(mayStart: (code: number) => boolean, endOf: PatternEnd): Finder {
  return (text, mayBeCut, found) => {
    for (let i = 0; i < text.length; i++) {
      if (!mayStart(text.charCodeAt(i))) continue;
      const end = endOf(text, i, mayBeCut);
      if (end <= i) continue;
      found(i, end);
      i = end - 1;
    }
  };
}
