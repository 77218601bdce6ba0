import { ATTRIBUTE } from '../encode/log.ts';
import { rewind, room } from '../encode/writer.ts';
import { mayBeginToken } from '../redact/secrets.ts';
import { isSecretName, mayEndSecretName, maskText } from '../redact/text.ts';
import { REDACTED } from '../redact/url.ts';

/**
 * A logger's line of JSON made the fields of a `LogRecord` in one pass over its bytes, without an object in between: texts and names
 * are UTF-8 in both. The line is what the app's own redaction, serializers and formatters have made of the record, so nothing that they took
 * out can come in again, and no code of the app runs a second time.
 */

/** What a name at the top of the line is to us. */
const BODY = 1;
const ERROR = 2;
const SKIPPED = 3;
const SKIPPED_ID = 4;

interface Special {
  readonly bytes: Uint8Array;
  readonly kind: number;
}

/** The names in the lines of a logger that mean something, by their length in bytes. */
export type LineNames = readonly (readonly Special[] | undefined)[];

/**
 * @param skipped names of what the record says otherwise: level, time, process
 * @param ids names of the ids of the span
 * @param body the name of the message
 * @param errors names under which errors stand
 */
export function lineNames(
  skipped: readonly string[],
  ids: readonly string[],
  body: string,
  errors: readonly string[],
): LineNames {
  const names: Special[][] = [];
  const add = (name: string, kind: number): void => {
    const bytes = Buffer.from(name);
    (names[bytes.length] ??= []).push({ bytes, kind });
  };
  add(body, BODY);
  for (const name of errors) add(name, ERROR);
  for (const name of skipped) add(name, SKIPPED);
  for (const name of ids) add(name, SKIPPED_ID);
  return names;
}

/** Longer ones are not read, which bounds what a line can cost here. */
export const MAX_LINE = 1_048_576;
const MAX_DEPTH = 8;
const MAX_ITEMS = 1_024;
/** A text up to here needs no look at limits. */
const MAX_TEXT = 16_384;
/** The most bytes of OTLP for a byte of JSON: `{},` in an array. */
const GROWTH = 4;

const QUOTE = 0x22;
const COMMA = 0x2c;
const DASH = 0x2d;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** What a byte of a text is to the question whether there may be a secret in it. */
const WORD = 1;
const SIGN = 2;
const ESCAPE = 4;
const CLASSES = new Uint8Array(256);
for (const char of '_-.0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ')
  CLASSES[char.charCodeAt(0)] = WORD;
CLASSES[COLON] = SIGN;
CLASSES[0x3d] = SIGN;
CLASSES[BACKSLASH] = ESCAPE;

/** The line's bytes, with a quote behind the last one, so that no text runs over the end. */
let source = Buffer.allocUnsafeSlow(4_096);
let at = 0;
let end = 0;
let out: Buffer = source;
let to = 0;
let names: LineNames = [];
let valueLimit = MAX_TEXT;
/** Where the names at the top stand in the source, start and end, to see one that comes twice. */
const seen = new Int32Array(2 * MAX_ITEMS);
let seenCount = 0;

/** What a pass over a line gave besides its bytes. */
export const passed = {
  attributes: 0,
  dropped: 0,
  /** There are ids in it under the names that ours have. */
  hasIds: false,
};

/**
 * Writes body and attributes of a line behind what is in the scratch buffer.
 * @param limit the most attributes
 * @param longest the limit of their values
 * @returns where the fields end; -1 for a line that is not that simple: with escapes, an error, a name that comes twice, a text beyond
 * its limit, or one that is no JSON
 */
export function writeLine(
  line: string,
  position: number,
  lineNames: LineNames,
  limit: number,
  longest: number,
): number {
  if (line.length > MAX_LINE) return -1;
  const most = line.length * 3 + 1;
  if (source.length < most) source = Buffer.allocUnsafeSlow(most * 2);
  end = source.write(line, 0, 'utf8');
  source[end] = QUOTE;
  out = room(end * GROWTH + 1_024);
  to = position;
  at = 0;
  names = lineNames;
  valueLimit = Math.min(longest, MAX_TEXT);
  seenCount = 0;
  passed.attributes = 0;
  passed.dropped = 0;
  passed.hasIds = false;
  return top(limit) ? to : -1;
}

function top(limit: number): boolean {
  if (source[at++] !== OPEN_BRACE) return false;
  if (source[at] === CLOSE_BRACE) return true;
  for (;;) {
    if (source[at] !== QUOTE) return false;
    const start = ++at;
    const stop = textEnd();
    if (stop < 0 || source[stop + 1] !== COLON) return false;
    at = stop + 2;
    if (isSeen(start, stop)) return false;
    const before = to;
    const kind = kindOf(start, stop);
    if (kind === BODY) {
      if (!body()) return false;
    } else if (kind >= SKIPPED) {
      if (kind === SKIPPED_ID) passed.hasIds = true;
      if (!skip()) return false;
      to = before;
    } else {
      // What an error has is read from an object.
      if (kind === ERROR && source[at] === OPEN_BRACE) return false;
      if (!pair(ATTRIBUTE, start, stop, 0)) return false;
      if (to > before && passed.attributes++ >= limit) {
        to = before;
        passed.attributes--;
        passed.dropped++;
      }
    }
    const sign = source[at++];
    if (sign === CLOSE_BRACE) return at <= end;
    if (sign !== COMMA) return false;
  }
}

/** Goes behind a value that is not sent. */
function skip(): boolean {
  const bytes = source;
  let i = at;
  const byte = bytes[i];
  if (byte !== DASH && (byte < 0x30 || byte > 0x39)) return value(0);
  do i++;
  while (isNumeric(bytes[i]));
  at = i;
  return true;
}

function kindOf(start: number, stop: number): number {
  const candidates = names[stop - start];
  if (candidates === undefined) return 0;
  for (let i = 0; i < candidates.length; i++) {
    const { bytes, kind } = candidates[i];
    let j = 0;
    while (j < bytes.length && bytes[j] === source[start + j]) j++;
    if (j === bytes.length) return kind;
  }
  return 0;
}

/** Of names that come twice the last one counts: whoever reads the line as JSON has it so. */
function isSeen(start: number, stop: number): boolean {
  const bytes = source;
  const length = stop - start;
  for (let i = 0; i < seenCount; i += 2) {
    const other = seen[i];
    if (seen[i + 1] - other !== length || bytes[other] !== bytes[start]) continue;
    let j = 1;
    while (j < length && bytes[other + j] === bytes[start + j]) j++;
    if (j >= length) return true;
  }
  if (seenCount >= seen.length) return true;
  seen[seenCount++] = start;
  seen[seenCount++] = stop;
  return false;
}

/** The end of the text that starts at `at`; -1 if there are escapes in it. */
function textEnd(): number {
  const bytes = source;
  let i = at;
  for (; ; i++) {
    const byte = bytes[i];
    if (byte === QUOTE) break;
    if (byte === BACKSLASH) return -1;
  }
  return i < end ? i : -1;
}

/** Whether there may be a secret in the text that ends with `textStop`. */
let isDoubtful = false;

/** {@link textEnd} for a text that is sent: notes whether it has to be looked at again. */
function valueEnd(): number {
  const bytes = source;
  const classes = CLASSES;
  let i = at;
  let isInWord = false;
  let flags = 0;
  for (; ; i++) {
    const byte = bytes[i];
    const kind = classes[byte];
    if (kind === WORD) {
      if (isInWord) continue;
      isInWord = true;
      // `-p` and `--password` are flags, `Bearer` announces a token.
      if (byte === DASH || mayBeginToken(byte, bytes[i + 1])) flags |= SIGN;
      else if ((byte | 0x20) === 0x62) flags |= bearer(i);
      continue;
    }
    if (byte === QUOTE) break;
    isInWord = false;
    flags |= kind;
  }
  isDoubtful = (flags & SIGN) !== 0;
  return (flags & ESCAPE) === 0 && i < end ? i : -1;
}

/** Whether a word that begins with a B ends like `Bearer `. */
function bearer(i: number): number {
  return source[i + 5] === 0x72 && source[i + 6] === 0x20 ? SIGN : 0;
}

function body(): boolean {
  out[to++] = 0x2a;
  const start = to;
  to += 4;
  if (source[at] === QUOTE) {
    at++;
    const stop = valueEnd();
    if (stop < 0 || stop - at > MAX_TEXT) return false;
    out[to] = 0x0a;
    to = text(to + 1, at, stop);
    at = stop + 1;
  } else if (!value(0)) {
    return false;
  }
  padded(start, to - start - 4);
  return true;
}

/** Writes a `KeyValue` with the value at `at`; nothing for a `null`. */
function pair(tag: number, start: number, stop: number, depth: number): boolean {
  const before = to;
  const length = stop - start;
  if (length >= 0x4000) return false;
  const first = source[at];
  const isSecret =
    length > 2 &&
    mayEndSecretName(source[stop - 1], source[stop - 2]) &&
    isSecretName(source.toString('utf8', start, stop));
  if (first === QUOTE && !isSecret) {
    at++;
    const end = valueEnd();
    if (end < 0 || end - at > valueLimit) return false;
    const size = end - at;
    const message = length + size + 6;
    if (!isDoubtful && message < 0x80) {
      // Most pairs: all lengths are one byte.
      const from = source;
      const into = out;
      let p = to;
      into[p++] = tag;
      into[p++] = message;
      into[p++] = 0x0a;
      into[p++] = length;
      for (let i = start; i < stop; i++) into[p++] = from[i];
      into[p++] = 0x12;
      into[p++] = size + 2;
      into[p++] = 0x0a;
      into[p++] = size;
      for (let i = at; i < end; i++) into[p++] = from[i];
      to = p;
      at = end + 1;
      return true;
    }
    const outer = head(tag, start, stop);
    const inner = to;
    to += 4;
    out[to] = 0x0a;
    to = text(to + 1, at, end);
    padded(inner, to - inner - 4);
    padded(outer, to - outer - 4);
    at = end + 1;
    return true;
  }
  const outer = head(tag, start, stop);
  const inner = to;
  to += 4;
  const from = to;
  if (!value(depth)) return false;
  if (isSecret) {
    to = from;
    out[to++] = 0x0a;
    out[to++] = REDACTED.length;
    to += out.write(REDACTED, to, 'latin1');
  } else if (to === from) {
    // A null, or what lies too deep.
    to = before;
    return true;
  }
  padded(inner, to - inner - 4);
  padded(outer, to - outer - 4);
  return true;
}

/** The start of a pair up to the length of its value; returns where its own length belongs. */
function head(tag: number, start: number, stop: number): number {
  out[to++] = tag;
  const outer = to;
  to += 4;
  out[to++] = 0x0a;
  to = varint(to, stop - start);
  for (let i = start; i < stop; i++) out[to++] = source[i];
  out[to++] = 0x12;
  return outer;
}

/** Length and bytes of a text at `p`, without what looks like a secret; returns where it ends. */
function text(p: number, start: number, stop: number): number {
  if (isDoubtful) {
    const whole = source.toString('utf8', start, stop);
    const masked = maskText(whole);
    if (masked !== whole) {
      const size = Buffer.byteLength(masked);
      // It may be longer than it was. What is written so far is to move along.
      rewind(p);
      out = room(size + GROWTH * (end - start) + 1_024);
      p = varint(p, size);
      return p + out.write(masked, p, 'utf8');
    }
  }
  const size = stop - start;
  p = varint(p, size);
  if (size > 48) {
    source.copy(out, p, start, stop);
    return p + size;
  }
  const from = source;
  const into = out;
  for (let i = start; i < stop; i++) into[p++] = from[i];
  return p;
}

/** Writes the content of an `AnyValue`, nothing for a `null`, and goes behind it. */
function value(depth: number): boolean {
  const first = source[at];
  switch (first) {
    case QUOTE: {
      at++;
      const stop = valueEnd();
      if (stop < 0 || stop - at > valueLimit) return false;
      out[to] = 0x0a;
      to = text(to + 1, at, stop);
      at = stop + 1;
      return true;
    }
    case OPEN_BRACE:
      return object(depth);
    case OPEN_BRACKET:
      return array(depth);
    case 0x74: // true
      out[to++] = 0x10;
      out[to++] = 1;
      at += 4;
      return true;
    case 0x66: // false
      out[to++] = 0x10;
      out[to++] = 0;
      at += 5;
      return true;
    case 0x6e: // null
      at += 4;
      return true;
    default:
      return number();
  }
}

function object(depth: number): boolean {
  if (depth >= MAX_DEPTH) return false;
  at++;
  out[to++] = 0x32;
  const start = to;
  to += 4;
  let count = 0;
  if (source[at] === CLOSE_BRACE) at++;
  else
    for (;;) {
      if (source[at] !== QUOTE || count++ >= MAX_ITEMS) return false;
      const name = ++at;
      const stop = textEnd();
      if (stop < 0 || source[stop + 1] !== COLON) return false;
      at = stop + 2;
      if (!pair(0x0a, name, stop, depth + 1)) return false;
      const sign = source[at++];
      if (sign === CLOSE_BRACE) break;
      if (sign !== COMMA) return false;
    }
  padded(start, to - start - 4);
  return true;
}

function array(depth: number): boolean {
  if (depth >= MAX_DEPTH) return false;
  at++;
  out[to++] = 0x2a;
  const start = to;
  to += 4;
  let count = 0;
  if (source[at] === CLOSE_BRACKET) at++;
  else
    for (;;) {
      if (count++ >= MAX_ITEMS) return false;
      out[to++] = 0x0a;
      const item = to;
      to += 4;
      if (!value(depth + 1)) return false;
      padded(item, to - item - 4);
      const sign = source[at++];
      if (sign === CLOSE_BRACKET) break;
      if (sign !== COMMA) return false;
    }
  padded(start, to - start - 4);
  return true;
}

function number(): boolean {
  const start = at;
  let i = at;
  if (source[i] === DASH) i++;
  const digits = i;
  let n = 0;
  for (let byte = source[i]; byte >= 0x30 && byte <= 0x39; byte = source[++i]) n = n * 10 + byte - 0x30;
  const next = source[i];
  const isInteger = next === COMMA || next === CLOSE_BRACE || next === CLOSE_BRACKET;
  if (isInteger) {
    if (i === digits || i - digits > 15) return false;
    at = i;
    out[to++] = 0x18;
    to = digits === start ? varint(to, n) : negative(to, n);
    return true;
  }
  while (isNumeric(source[i])) i++;
  const parsed = i === start ? NaN : Number(source.toString('latin1', start, i));
  if (!Number.isFinite(parsed)) return false;
  at = i;
  out[to] = 0x21;
  out.writeDoubleLE(parsed, to + 1);
  to += 9;
  return true;
}

/** Digits, `+`, `-`, `.`, `e` and `E`. */
function isNumeric(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    byte === 0x2b ||
    byte === DASH ||
    byte === 0x2e ||
    (byte | 0x20) === 0x65
  );
}

function varint(p: number, value: number): number {
  while (value > 0x7f) {
    out[p++] = (value & 0x7f) | 0x80;
    value = value > 0x7fffffff ? Math.floor(value / 128) : value >>> 7;
  }
  out[p++] = value;
  return p;
}

/** `-value` in two's complement: ten bytes. */
function negative(p: number, value: number): number {
  if (value === 0) return varint(p, 0);
  // The complement of value - 1, whose upper bits are all ones.
  let rest = value - 1;
  for (let i = 0; i < 9; i++) {
    out[p++] = (~rest & 0x7f) | 0x80;
    rest = Math.floor(rest / 128);
  }
  out[p++] = 1;
  return p;
}

function padded(where: number, length: number): void {
  out[where] = (length & 0x7f) | 0x80;
  out[where + 1] = ((length >>> 7) & 0x7f) | 0x80;
  out[where + 2] = ((length >>> 14) & 0x7f) | 0x80;
  out[where + 3] = length >>> 21;
}
