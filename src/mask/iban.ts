import { finder, isAlphanumeric, isDigit, isLetter, separatorWidth, startsWord } from './text.ts';

/** The lengths by country, of the registry of IBANs (ISO 13616). */
const LENGTHS: ReadonlyMap<string, number> = new Map(
  (
    'AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 FI18 FK18 FO18 FR27 ' +
    'GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 ' +
    'MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 ' +
    'TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30'
  )
    .split(' ')
    .map((entry) => [entry.slice(0, 2), Number(entry.slice(2))]),
);

const MIN_CUT = 8;

/** Finds IBANs: of a known country, as long as its are, with the right check digits; in one, or in groups of four. */
export const findIbans = finder(isLetter, ibanEnd);

function ibanEnd(text: string, start: number, mayBeCut: boolean): number {
  if (
    !isLetter(text.charCodeAt(start + 1)) ||
    !isDigit(text.charCodeAt(start + 2)) ||
    !isDigit(text.charCodeAt(start + 3))
  )
    return -1;
  const length = LENGTHS.get(text.slice(start, start + 2).toUpperCase());
  if (length === undefined || !startsWord(text, start)) return -1;
  let characters = '';
  let i = start;
  while (characters.length < length) {
    if (isAlphanumeric(text.charCodeAt(i))) {
      characters += text[i++];
      continue;
    }
    const separator = characters.length % 4 === 0 ? separatorWidth(text, i) : 0;
    if (separator === 0 || !isAlphanumeric(text.charCodeAt(i + separator))) break;
    i += separator;
  }
  if (mayBeCut && i === text.length && characters.length >= MIN_CUT && characters.length < length) return i;
  const isWhole = characters.length === length && !isAlphanumeric(text.charCodeAt(i));
  return isWhole && hasCheckDigits(characters) ? i : -1;
}

/** Whether the check digits are right: ISO 7064, MOD 97-10. */
export function hasCheckDigits(iban: string): boolean {
  let rest = 0;
  const moved = iban.slice(4) + iban.slice(0, 4);
  for (let i = 0; i < moved.length; i++) {
    const code = moved.charCodeAt(i);
    rest = isDigit(code) ? (rest * 10 + code - 0x30) % 97 : (rest * 100 + (code | 0x20) - 0x57) % 97;
  }
  return rest === 1;
}
