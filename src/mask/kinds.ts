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
const SOME_DIGITS = 8;
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
  iban: { clues: SOME_DIGITS, find: findIbans },
  card: { clues: CARD_DIGITS, find: findCards },
  phone: { clues: PHONE_DIGITS, find: findPhones },
};

/** Of a byte that is none of these, 0. */
const DIGIT = 1;
const WORD = 2;
const SIGN = 3;
const BEYOND = 4;
const BYTES = new Uint8Array(256).fill(BEYOND, 128);
for (let byte = 0; byte < 128; byte++) {
  const character = String.fromCharCode(byte);
  if (/\d/.test(character)) BYTES[byte] = DIGIT;
  else if (/[\w-]/.test(character)) BYTES[byte] = WORD;
  else if (character === '@' || character === '%') BYTES[byte] = SIGN;
}

/** The shortest run of letters, digits, `-` and `_` in a token, behind its prefix. */
const MIN_RUN = 16;
const MIN_DIGITS = 2;
const MIN_PHONE_DIGITS = 7;
const MIN_CARD_DIGITS = 13;

/** What the bytes of a text tell of it: most have nothing that could be a pattern, and need not become a string. One pass. */
export function cluesIn(bytes: Uint8Array, start: number, end: number): number {
  let clues = 0;
  let digits = 0;
  let run = 0;
  let longest = 0;
  for (let i = start; i < end; i++) {
    const kind = BYTES[bytes[i]!]!;
    if (kind === WORD) {
      run++;
    } else if (kind === DIGIT) {
      run++;
      digits++;
    } else {
      if (run > longest) longest = run;
      // `Bearer` and `Basic`, which end with the word.
      if (run >= 5) clues |= CREDENTIALS;
      run = 0;
      if (kind === SIGN) clues |= AT;
      else if (kind === BEYOND) clues |= WIDE;
    }
  }
  if (run > longest) longest = run;
  if (longest >= MIN_RUN) clues |= RUN;
  if (digits >= MIN_CARD_DIGITS) clues |= CARD_DIGITS | PHONE_DIGITS | SOME_DIGITS;
  else if (digits >= MIN_PHONE_DIGITS) clues |= PHONE_DIGITS | SOME_DIGITS;
  else if (digits >= MIN_DIGITS) clues |= SOME_DIGITS;
  return clues;
}
