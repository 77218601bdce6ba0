import type { Baggage, BaggageEntry, BaggageEntryMetadata } from '@opentelemetry/api';
import { flatCopy } from '../encode/flat-copy.ts';
import type { HeaderGetter } from './types.ts';

export const BAGGAGE = 'baggage';

/** The limits of W3C Baggage, in characters (a valid header is ASCII). */
export const MAX_BAGGAGE_BYTES = 8_192;
export const MAX_PAIRS = 180;
export const MAX_PAIR_BYTES = 4_096;

/**
 * How much of a header is looked at, over all its lines. More than 8,192, so that pairs behind refused ones are still found;
 * bounded, because header size limits differ between carriers (a message broker allows megabytes).
 */
const MAX_SCAN = 65_536;

const COMMA = 0x2c;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const PERCENT = 0x25;

/** The characters of a token of RFC 9110: what a key consists of. */
const TOKEN = new Uint8Array(128);
for (const char of "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") {
  TOKEN[char.charCodeAt(0)] = 1;
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

function isHex(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x46) || (code >= 0x61 && code <= 0x66);
}

/** Whether all characters of `text[start, end)` are those of a token, and there is at least one. */
function isToken(text: string, start: number, end: number): boolean {
  if (start >= end) return false;
  for (let i = start; i < end; i++) {
    const code = text.charCodeAt(i);
    if (code >= 128 || TOKEN[code] === 0) return false;
  }
  return true;
}

/**
 * Whether `text[start, end)` is a pair that can be passed on: a token, an equals sign, printable ASCII with well-formed percent
 * signs. More lenient than the grammar for spaces, quotes and backslashes in a value, which other agents let through too.
 */
function isPair(text: string, start: number, end: number): boolean {
  // Not indexOf: it would run to the end of the header for each member without an equals sign.
  let equals = start;
  while (equals < end && text.charCodeAt(equals) !== EQUALS) equals++;
  if (equals === end) return false;
  let keyEnd = equals;
  while (keyEnd > start && isSpace(text.charCodeAt(keyEnd - 1))) keyEnd--;
  if (!isToken(text, start, keyEnd)) return false;
  for (let i = equals + 1; i < end; i++) {
    const code = text.charCodeAt(i);
    if ((code < 0x20 && code !== 0x09) || code > 0x7e) return false;
    if (code === PERCENT && !(i + 2 < end && isHex(text.charCodeAt(i + 1)) && isHex(text.charCodeAt(i + 2))))
      return false;
  }
  return true;
}

/**
 * The pairs of a `baggage` header that are valid and within the limits, as one header value; undefined if none is. Lines count
 * together. The header itself is returned if there is nothing to change.
 */
export function limitBaggage(
  header: string | readonly string[],
  maxBytes: number = MAX_BAGGAGE_BYTES,
): string | undefined {
  if (typeof header !== 'string' && !Array.isArray(header)) return undefined;
  const lines = typeof header === 'string' ? 1 : header.length;
  let kept = '';
  let keptLength = 0;
  let pairs = 0;
  let scanned = 0;
  for (let line = 0; line < lines; line++) {
    const text = typeof header === 'string' ? header : header[line];
    if (typeof text !== 'string') continue;
    const result = scan(text);
    // One line, wholly kept: no copy.
    if (result && lines === 1) return text;
    if (scanned >= MAX_SCAN || pairs >= MAX_PAIRS || keptLength >= maxBytes) break;
  }
  return kept === '' ? undefined : flatCopy(kept);

  function scan(text: string): boolean {
    const end = Math.min(text.length, MAX_SCAN - scanned);
    let whole = end === text.length;
    let start = 0;
    while (start < end) {
      let comma = text.indexOf(',', start);
      if (comma < 0) comma = text.length;
      // A pair that the scan limit cuts off is not a pair.
      if (comma > end) {
        whole = false;
        break;
      }
      let from = start;
      let to = comma;
      while (from < to && isSpace(text.charCodeAt(from))) from++;
      while (to > from && isSpace(text.charCodeAt(to - 1))) to--;
      const length = to - from;
      if (length > 0 && length <= MAX_PAIR_BYTES && isPair(text, from, to)) {
        if (pairs === MAX_PAIRS) {
          scanned = MAX_SCAN;
          return false;
        }
        const total = keptLength + length + (keptLength === 0 ? 0 : 1);
        if (total <= maxBytes) {
          kept += (keptLength === 0 ? '' : ',') + text.slice(from, to);
          keptLength = total;
          pairs++;
        }
        if (total > maxBytes || length !== comma - start) whole = false;
      } else {
        whole = false;
      }
      start = comma + 1;
    }
    // Empty lines count, too.
    scanned += end + 1;
    if (end > 0 && text.charCodeAt(end - 1) === COMMA) whole = false;
    return whole && pairs > 0;
  }
}

/** The valid and limited value of the `baggage` header. */
export function extractBaggageHeader<C>(carrier: C, get: HeaderGetter<C>): string | undefined {
  const header = get(carrier, BAGGAGE);
  return header === undefined ? undefined : limitBaggage(header);
}

/** Decodes a value or metadata; undefined for percent signs that are no UTF-8. */
function decoded(text: string): string | undefined {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function parse(header: string): Map<string, BaggageEntry> {
  const entries = new Map<string, BaggageEntry>();
  let start = 0;
  while (start < header.length) {
    let comma = header.indexOf(',', start);
    if (comma < 0) comma = header.length;
    const equals = header.indexOf('=', start);
    if (equals > start && equals < comma) {
      let valueEnd = equals + 1;
      while (valueEnd < comma && header.charCodeAt(valueEnd) !== SEMICOLON) valueEnd++;
      const key = decoded(header.slice(start, equals).trim());
      const value = decoded(header.slice(equals + 1, valueEnd).trim());
      const metadata = valueEnd < comma ? header.slice(valueEnd + 1, comma).trim() : '';
      if (key !== undefined && key !== '' && value !== undefined) {
        entries.set(key, metadata === '' ? { value } : { value, metadata: metadataOf(metadata) });
      }
    }
    start = comma + 1;
  }
  return entries;
}

/** The API marks its metadata with a symbol that it doesn't export; nothing reads the mark, everything calls `toString`. */
function metadataOf(text: string): BaggageEntryMetadata {
  return { toString: () => text } as BaggageEntryMetadata;
}

/** The API's immutable `Baggage`, parsed from a header when an app first looks into it. */
class HeaderBaggage implements Baggage {
  #entries: ReadonlyMap<string, BaggageEntry> | undefined;
  readonly header: string | undefined;

  constructor(header: string | undefined, entries: ReadonlyMap<string, BaggageEntry> | undefined) {
    this.header = header;
    this.#entries = entries;
  }

  #read(): ReadonlyMap<string, BaggageEntry> {
    this.#entries ??= parse(this.header ?? '');
    return this.#entries;
  }

  getEntry(key: string): BaggageEntry | undefined {
    const entry = this.#read().get(key);
    return entry === undefined ? undefined : { ...entry };
  }

  getAllEntries(): [string, BaggageEntry][] {
    return Array.from(this.#read());
  }

  setEntry(key: string, entry: BaggageEntry): Baggage {
    const entries = new Map(this.#read());
    entries.set(key, entry);
    return new HeaderBaggage(undefined, entries);
  }

  removeEntry(key: string): Baggage {
    return this.removeEntries(key);
  }

  removeEntries(...keys: string[]): Baggage {
    const entries = new Map(this.#read());
    for (const key of keys) entries.delete(key);
    return new HeaderBaggage(undefined, entries);
  }

  clear(): Baggage {
    return new HeaderBaggage(undefined, new Map());
  }
}

/** Baggage over a header value, which is parsed at the first look into it. Expects what {@link limitBaggage} gave. */
export function baggageFromHeader(header: string): Baggage {
  return new HeaderBaggage(header, undefined);
}

/** Whether metadata can be sent as it is: no character that would start another pair or header. */
function isSendable(metadata: string): boolean {
  for (let i = 0; i < metadata.length; i++) {
    const code = metadata.charCodeAt(i);
    if (code < 0x20 || code > 0x7e || code === COMMA) return false;
  }
  return true;
}

/** Percent-encodes a key; parentheses, which encodeURIComponent leaves alone, are no token characters. */
function encoded(key: string): string {
  return encodeURIComponent(key).replaceAll('(', '%28').replaceAll(')', '%29');
}

/** A pair of a key and a value as they are, for a header; undefined for what makes none. */
export function baggagePair(key: string, value: string): string | undefined {
  return pair(key, { value });
}

/** Two header values in one, where the second one wins. */
export function mergedBaggage(first: string, second: string): string | undefined {
  let merged: Baggage = new HeaderBaggage(undefined, parse(first));
  for (const [key, entry] of parse(second)) merged = merged.setEntry(key, entry);
  return headerFromBaggage(merged);
}

/** A pair for the header; undefined for an empty key, and for lone surrogates. */
function pair(key: string, entry: BaggageEntry): string | undefined {
  try {
    const name = isToken(key, 0, key.length) && !key.includes('%') ? key : encoded(key);
    if (!isToken(name, 0, name.length)) return undefined;
    const text = `${name}=${encodeURIComponent(entry.value)}`;
    const metadata = entry.metadata === undefined ? '' : String(entry.metadata);
    return metadata !== '' && isSendable(metadata) ? `${text};${metadata}` : text;
  } catch {
    return undefined;
  }
}

/**
 * The header value for baggage, from whoever's implementation; undefined if there is nothing to send. Pairs that cannot be encoded
 * are left out, and so are those beyond the limits: the oldest first, since what the app has set itself was set last.
 */
export function headerFromBaggage(
  baggage: Baggage,
  maxBytes: number = MAX_BAGGAGE_BYTES,
): string | undefined {
  if (baggage instanceof HeaderBaggage && baggage.header !== undefined) {
    return limitBaggage(baggage.header, maxBytes);
  }
  const kept: string[] = [];
  let length = -1;
  try {
    const entries = baggage.getAllEntries();
    for (let i = entries.length - 1; i >= 0 && kept.length < MAX_PAIRS; i--) {
      const text = pair(entries[i][0], entries[i][1]);
      if (text === undefined || text.length > MAX_PAIR_BYTES) continue;
      if (length + text.length + 1 > maxBytes) continue;
      length += text.length + 1;
      kept.push(text);
    }
  } catch {
    // A foreign implementation that throws loses its own baggage, not the request.
  }
  return kept.length === 0 ? undefined : kept.toReversed().join(',');
}
