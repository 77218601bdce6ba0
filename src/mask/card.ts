import { finder, isAlphanumeric, isDigit, separatorWidth, startsWord } from './text.ts';

const DASH = 0x2d;
const DOT = 0x2e;
const MIN_DIGITS = 13;
const MAX_DIGITS = 19;
/** A number that was cut is known by so many digits. */
const MIN_CUT_DIGITS = 8;

/** How numbers are printed on cards. */
const GROUPINGS: readonly string[] = [
  '4,4,4,4,3',
  '4,4,4,4,2',
  '4,4,4,4,1',
  '4,4,4,4',
  '4,6,5',
  '4,6,4',
  '4,4,4,1',
];

/**
 * What numbers of payment cards begin with, and how long they then are: Visa, Mastercard, American Express, Discover, JCB, Diners Club,
 * UnionPay, Maestro, RuPay, Mir, Troy, Verve. None begins with 1, as today's times in ms, us and ns do.
 */
const ISSUERS: readonly (readonly [prefix: RegExp, lengths: readonly number[]])[] = [
  [/^4/, [13, 16, 19]],
  [/^(5[1-5]|2(22[1-9]|2[3-9]|[3-6]|7[01]|720))/, [16]],
  [/^3[47]/, [15]],
  [/^(6011|64[4-9]|65|35(2[89]|[3-8]))/, [16, 17, 18, 19]],
  [/^3(0[0-5]|095|[689])/, [14, 15, 16, 17, 18, 19]],
  [/^(62|81|220[0-4])/, [16, 17, 18, 19]],
  [/^(50|5[6-9]|6)/, [13, 14, 15, 16, 17, 18, 19]],
  [/^(508|82|9792)/, [16]],
];

/** Finds numbers of payment cards: with an issuer's prefix and length, and the right check digit; by themselves or in groups. */
export const findCards = finder(isDigit, cardEnd);

function cardEnd(text: string, start: number, mayBeCut: boolean): number {
  if (!startsWord(text, start) || (text.charCodeAt(start - 1) === DOT && isDigit(text.charCodeAt(start - 2))))
    return -1;
  let i = start;
  let digits = '';
  const lengths: number[] = [];
  const ends: number[] = [];
  let dashed = false;
  for (;;) {
    const from = i;
    while (isDigit(text.charCodeAt(i))) i++;
    lengths.push(i - from);
    ends.push(i);
    digits += text.slice(from, Math.min(i, from + MAX_DIGITS + 1));
    if (digits.length >= MAX_DIGITS || lengths.length >= 5) break;
    const separator = separatorWidth(text, i);
    if (separator === 0 || !isDigit(text.charCodeAt(i + separator))) break;
    dashed ||= text.charCodeAt(i) === DASH;
    i += separator;
  }
  // All digits in one: an identifier goes on behind a longer one.
  if (lengths[0] >= MIN_DIGITS)
    return isCard(digits.slice(0, lengths[0])) && isOver(text, ends[0])
      ? ends[0]
      : cut(text, ends[0], digits, mayBeCut);
  // The digits of a UUID stand behind others.
  if (dashed && text.charCodeAt(start - 1) === DASH && isAlphanumeric(text.charCodeAt(start - 2))) return -1;
  for (const grouping of GROUPINGS) {
    const count = Math.ceil(grouping.length / 2);
    if (lengths.slice(0, count).join() !== grouping) continue;
    const length = lengths.slice(0, count).reduce((sum, one) => sum + one, 0);
    if (isCard(digits.slice(0, length)) && isOver(text, ends[count - 1])) return ends[count - 1];
  }
  return lengths.slice(0, -1).every((one) => one === 4) ? cut(text, i, digits, mayBeCut) : -1;
}

function cut(text: string, end: number, digits: string, mayBeCut: boolean): number {
  return mayBeCut &&
    end === text.length &&
    digits.length >= MIN_CUT_DIGITS &&
    ISSUERS.some(([prefix]) => prefix.test(digits))
    ? end
    : -1;
}

/** Whether a number ends at `end`, and is not the beginning of something else. */
function isOver(text: string, end: number): boolean {
  const code = text.charCodeAt(end);
  return !isAlphanumeric(code) && !(code === DOT && isDigit(text.charCodeAt(end + 1)));
}

function isCard(digits: string): boolean {
  return (
    ISSUERS.some(([prefix, lengths]) => lengths.includes(digits.length) && prefix.test(digits)) &&
    hasLuhnDigit(digits)
  );
}

/** Whether the last digit is right by the Luhn algorithm (ISO/IEC 7812-1). */
export function hasLuhnDigit(digits: string): boolean {
  let sum = 0;
  for (let i = digits.length - 1, twice = false; i >= 0; i--, twice = !twice) {
    const digit = digits.charCodeAt(i) - 0x30;
    sum += twice ? (digit > 4 ? digit * 2 - 9 : digit * 2) : digit;
  }
  return sum % 10 === 0;
}
