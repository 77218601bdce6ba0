/** V8 copies a shorter text whole; a slice, or a sum, of this length or more refers to the texts that it was made of. */
const SHARED_LENGTH = 13;

/**
 * The same text in memory of its own, for whatever is kept beyond a call. A `slice`, a match of an expression or a part of a `split`
 * keeps the whole text that it was taken from: 20 characters of a body of 5 MB are 5 MB.
 */
export function flatCopy(text: string): string {
  if (text.length < SHARED_LENGTH) return text;
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) > 0xff) return Buffer.from(text, 'utf16le').toString('utf16le');
  }
  return Buffer.from(text, 'latin1').toString('latin1');
}

/** The first `max` characters of a text, without half of a surrogate pair; a text that is cut is not kept by it. */
export function bounded(text: string, max: number): string {
  if (text.length <= max) return text;
  const last = text.charCodeAt(max - 1);
  return flatCopy(text.slice(0, last >= 0xd800 && last <= 0xdbff ? max - 1 : max));
}
