/** Two lower-case digits for each byte. 256 entries: a table of 65,536 is no faster and holds 2–3 MB. */
const BYTES: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** The value of a lower-case digit by char code; -1 for everything else. Upper case is invalid in W3C headers. */
const DIGITS = new Int8Array(256).fill(-1);
for (let value = 0; value < 16; value++) DIGITS[value.toString(16).charCodeAt(0)] = value;

/** The lower 8 bits as two hexadecimal digits. */
export function hex8(n: number): string {
  return BYTES[n & 0xff];
}

/** An int32 as eight hexadecimal digits. */
export function hex32(n: number): string {
  return BYTES[n >>> 24] + BYTES[(n >>> 16) & 0xff] + BYTES[(n >>> 8) & 0xff] + BYTES[n & 0xff];
}

/** A trace id, given as int32 from the most significant on, as 32 hexadecimal digits. */
export function traceIdHex(t0: number, t1: number, t2: number, t3: number): string {
  return hex32(t0) + hex32(t1) + hex32(t2) + hex32(t3);
}

/** A span id, given as int32 from the most significant on, as 16 hexadecimal digits. */
export function spanIdHex(s0: number, s1: number): string {
  return hex32(s0) + hex32(s1);
}

/** The value of the lower-case hexadecimal digit at `offset`; negative if there is none. */
export function parseHex4(text: string, offset: number): number {
  const code = text.charCodeAt(offset);
  // A code beyond the table makes the result negative; the NaN beyond the end of the text counts as 0, which is no digit.
  return DIGITS[code & 0xff] | -(code >> 8);
}

/**
 * The four lower-case hexadecimal digits at `offset`; negative if one of them is none, for the sign of a -1 stays through shifts
 * and ors. A mark that is an integer keeps the engine from making doubles of the parts of an id, as it would for NaN.
 */
export function parseHex16(text: string, offset: number): number {
  // Not four calls of parseHex4: whether the engine inlines all 48 of an id varied from run to run (70 or 170 ns a header).
  const a = text.charCodeAt(offset);
  const b = text.charCodeAt(offset + 1);
  const c = text.charCodeAt(offset + 2);
  const d = text.charCodeAt(offset + 3);
  const digits =
    (DIGITS[a & 0xff] << 12) | (DIGITS[b & 0xff] << 8) | (DIGITS[c & 0xff] << 4) | DIGITS[d & 0xff];
  return digits | -((a | b | c | d) >> 8);
}

/** The eight lower-case hexadecimal digits at `offset` as an int32; NaN if one of them is none. */
export function parseHex32(text: string, offset: number): number {
  const high = parseHex16(text, offset);
  const low = parseHex16(text, offset + 4);
  return (high | low) < 0 ? Number.NaN : (high << 16) | low;
}
