/**
 * The latest texts that quote values, known by their hashes: neither the texts nor the requests that they came from are kept. Found in
 * other texts in one pass, however many there are.
 */
const MAX_TEXTS = 64;
/** A shorter text has no room for a value, and is found in too much. */
const WINDOW = 16;
const MAX_LENGTH = 1_000;
/** How many characters are hashed a second time for one text. Who makes it more has made the text for that. */
const MAX_CHECKED = 65_536;

const BASE = 0x01000193;
const CHECK_BASE = 0x85ebca6b;
/** `BASE` to the power of the window: what the character that leaves it counts. */
let leaving = 1;
for (let i = 0; i < WINDOW; i++) leaving = Math.imul(leaving, BASE);

const lengths = new Uint16Array(MAX_TEXTS);
/** Of the first characters, by which a text is found; of all. */
const firsts = new Int32Array(MAX_TEXTS);
const wholes = new Int32Array(MAX_TEXTS);
let count = 0;
let oldest = 0;

/** Tells at one look that no text begins like that. */
const filter = new Uint8Array(8_192);

function slot(hash: number): number {
  return Math.imul(hash, 0x9e3779b1) >>> 19;
}

function hashOf(text: string, start: number, end: number, base: number): number {
  let hash = 0;
  for (let i = start; i < end; i++) hash = (Math.imul(hash, base) + text.charCodeAt(i) + 1) | 0;
  return hash;
}

/** Keeps the fingerprint of a text's first 1,000 characters. */
export function keepFingerprint(text: string): void {
  const length = Math.min(text.length, MAX_LENGTH);
  if (length < WINDOW) return;
  const first = hashOf(text, 0, WINDOW, BASE);
  const whole = hashOf(text, 0, length, CHECK_BASE);
  for (let i = 0; i < count; i++) {
    if (wholes[i] === whole && firsts[i] === first && lengths[i] === length) return;
  }
  const isFull = count === MAX_TEXTS;
  lengths[oldest] = length;
  firsts[oldest] = first;
  wholes[oldest] = whole;
  oldest = (oldest + 1) % MAX_TEXTS;
  if (isFull) filter.fill(0);
  else count++;
  for (let i = 0; i < count; i++) filter[slot(firsts[i])] = 1;
}

/** Whether one of the kept texts begins in the first `limit` characters of this one. Linear in the limit. */
export function quotesKept(text: string, limit: number): boolean {
  const end = Math.min(text.length, limit);
  if (count === 0 || text.length < WINDOW) return false;
  let hash = 0;
  let left = MAX_CHECKED;
  // A text may begin before the limit and end behind it.
  const last = Math.min(text.length, end + WINDOW);
  for (let i = 0; i < last; i++) {
    hash = (Math.imul(hash, BASE) + text.charCodeAt(i) + 1) | 0;
    if (i >= WINDOW) hash = (hash - Math.imul(text.charCodeAt(i - WINDOW) + 1, leaving)) | 0;
    if (i < WINDOW - 1 || filter[slot(hash)] === 0) continue;
    const start = i - WINDOW + 1;
    for (let j = 0; j < count; j++) {
      const length = lengths[j];
      if (firsts[j] !== hash || start + length > text.length) continue;
      left -= length;
      if (left < 0 || hashOf(text, start, start + length, CHECK_BASE) === wholes[j]) return true;
    }
  }
  return false;
}
