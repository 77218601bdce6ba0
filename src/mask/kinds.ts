import { findCards } from './card.ts';
import { findEmails } from './email.ts';
import { findIbans } from './iban.ts';
import type { MaskKind } from './options.ts';
import { findPhones } from './phone.ts';
import type { Finder } from './text.ts';
import { findJwts, findTokens } from './token.ts';

/** What must be in a text for a kind of pattern to be: see {@link cluesIn}. */
const AT = 1;
const RUN = 2;
const CREDENTIALS = 4;
const COUNTRY = 8;
const PHONE_DIGITS = 16;
const CARD_DIGITS = 32;
/** There are characters beyond ASCII. */
export const WIDE = 64;

/** A kind of pattern: how it is found, and which clues there are in each text that has one and is whole. */
interface Kind {
  readonly clues: number;
  readonly find: Finder;
}

/** Where two kinds find the same, the first one gives it its name. */
export const KINDS: Readonly<Record<MaskKind, Kind>> = {
  jwt: { clues: RUN, find: findJwts },
  token: { clues: RUN | CREDENTIALS, find: findTokens },
  email: { clues: AT, find: findEmails },
  iban: { clues: COUNTRY, find: findIbans },
  card: { clues: CARD_DIGITS, find: findCards },
  phone: { clues: PHONE_DIGITS, find: findPhones },
};

/** What a byte is; 0 is one that ends whatever it stands behind. */
const DIGIT = 1;
const LETTER = 2;
/** Within tokens and between digits. */
const DASH = 3;
/** Between the digits of cards and phones. */
const BLANK = 4;
/** Between the digits of phones alone. */
const POINT = 5;
/** That of an address, or the beginning of a percent-encoding. */
const SIGN = 6;
const BEYOND = 7;
const BYTES = new Uint8Array(256).fill(BEYOND, 128);
for (const [kind, characters] of [
  [DIGIT, /\d/],
  [LETTER, /[a-z]/i],
  [DASH, /[-_]/],
  [BLANK, /[ +]/],
  [POINT, /[./()]/],
  [SIGN, /[@%]/],
] as const) {
  for (let byte = 0; byte < 128; byte++) if (characters.test(String.fromCharCode(byte))) BYTES[byte] = kind;
}

/** The shortest run of letters, digits, `-` and `_` in a token, behind its prefix. */
const MIN_RUN = 16;
const MIN_PHONE_DIGITS = 7;
const MIN_CARD_DIGITS = 13;
const LOWER_B = 0x62;

/**
 * What the bytes of a text tell of it: most have nothing that could be a pattern, and need not become a string. One pass. A clue may be
 * there without its pattern, never the other way round.
 */
export function cluesIn(bytes: Uint8Array, start: number, end: number): number {
  let clues = 0;
  let run = 0;
  let ofPhone = 0;
  let ofCard = 0;
  for (let i = start; i < end; i++) {
    const kind = BYTES[bytes[i]!]!;
    if (kind === LETTER) {
      run++;
      ofPhone = 0;
      ofCard = 0;
    } else if (kind === DIGIT) {
      run++;
      if (++ofPhone >= MIN_PHONE_DIGITS) clues |= PHONE_DIGITS;
      if (++ofCard >= MIN_CARD_DIGITS) clues |= CARD_DIGITS;
      if (BYTES[bytes[i - 1]!] === DIGIT && isCountry(bytes, i - 3, start)) clues |= COUNTRY;
    } else if (kind === DASH) {
      run++;
    } else {
      if (run >= MIN_RUN) clues |= RUN;
      if (run >= 5 && mayBeCredentials(bytes, i)) clues |= CREDENTIALS;
      run = 0;
      if (kind === SIGN) clues |= AT;
      else if (kind === BEYOND) clues |= WIDE;
      else if (kind !== BLANK) {
        ofCard = 0;
        if (kind !== POINT) ofPhone = 0;
      }
    }
  }
  return run >= MIN_RUN ? clues | RUN : clues;
}

/** Whether two letters stand at `i`, before the check digits of an IBAN. */
function isCountry(bytes: Uint8Array, i: number, start: number): boolean {
  return i >= start && BYTES[bytes[i]!] === LETTER && BYTES[bytes[i + 1]!] === LETTER;
}

/** Whether what ends at `i` may be `Bearer` or `Basic`. */
function mayBeCredentials(bytes: Uint8Array, i: number): boolean {
  return (bytes[i - 5]! | 0x20) === LOWER_B || (bytes[i - 6]! | 0x20) === LOWER_B;
}
