import { flatCopy } from './flat-copy.ts';
import { type Key, userKey } from './key.ts';

/**
 * The protobuf writer of the app's thread: one growing scratch buffer, reused for every span.
 *
 * Lengths that are not known beforehand are written as varints padded to a fixed width, which protobuf allows; measuring
 * first (as a generic encoder does) walks every string twice.
 */

/** A text longer than this many UTF-16 units is cut whatever the limits say, so that one value can't fill the queue. */
export const MAX_TEXT_LENGTH = 65_536;
/**
 * In a span larger than half of this, long texts are cut to what it has left of it, or to `SHORT_TEXT_LENGTH`, so that what comes
 * after them still has room.
 */
const LARGE_SPAN_BYTES = 262_144;
const SHORT_TEXT_LENGTH = 1_024;
/** A span larger than this drops further attributes and events, and counts them as dropped. */
const MAX_SPAN_BYTES = 393_216;
const MAX_DEPTH = 8;
const MAX_ITEMS = 1_024;

let bytes: Buffer = Buffer.allocUnsafeSlow(16_384);
let view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
let at = 0;
let maxTextLength = MAX_TEXT_LENGTH;
/** Texts up to here are never cut. */
let uncutLength = SHORT_TEXT_LENGTH;

/** Sets `OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT`, in UTF-16 units; before anything is written. */
export function setMaxTextLength(limit: number): void {
  maxTextLength = Math.min(limit, MAX_TEXT_LENGTH);
  uncutLength = Math.min(limit, SHORT_TEXT_LENGTH);
}

export function begin(): void {
  at = 0;
}

/** The scratch buffer; valid until the next `begin()`. */
export function scratch(): Uint8Array {
  return bytes;
}

export function position(): number {
  return at;
}

export function rewind(position: number): void {
  at = position;
}

/** True while another attribute or event may be added. */
export function hasRoom(): boolean {
  return at < MAX_SPAN_BYTES;
}

/** A copy of what was written since `from`. */
export function written(from: number): Uint8Array {
  return Uint8Array.prototype.slice.call(bytes, from, at);
}

function reserve(count: number): void {
  if (at + count <= bytes.length) return;
  const grown = Buffer.allocUnsafeSlow(Math.max(bytes.length * 2, at + count));
  bytes.copy(grown, 0, 0, at);
  bytes = grown;
  view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

export function raw(source: Uint8Array): void {
  reserve(source.length);
  bytes.set(source, at);
  at += source.length;
}

export function byte(value: number): void {
  reserve(1);
  bytes[at++] = value;
}

export function varint(value: number): void {
  reserve(10);
  while (value > 0x7f) {
    bytes[at++] = (value & 0x7f) | 0x80;
    value = value > 0x7fffffff ? Math.floor(value / 128) : value >>> 7;
  }
  bytes[at++] = value;
}

/** Four int32 as 16 big-endian bytes after a tag and a length. */
export function id128(tag: number, a: number, b: number, c: number, d: number): void {
  reserve(18);
  bytes[at] = tag;
  bytes[at + 1] = 16;
  view.setInt32(at + 2, a);
  view.setInt32(at + 6, b);
  view.setInt32(at + 10, c);
  view.setInt32(at + 14, d);
  at += 18;
}

export function id64(tag: number, a: number, b: number): void {
  reserve(10);
  bytes[at] = tag;
  bytes[at + 1] = 8;
  view.setInt32(at + 2, a);
  view.setInt32(at + 6, b);
  at += 10;
}

/** A `fixed64` from its two halves. */
export function fixed64(tag: number, high: number, low: number): void {
  reserve(9);
  bytes[at] = tag;
  view.setUint32(at + 1, low, true);
  view.setUint32(at + 5, high, true);
  at += 9;
}

/** A `fixed32` under a two-byte tag (field numbers 16 and up). */
export function fixed32Wide(tag0: number, tag1: number, value: number): void {
  reserve(6);
  bytes[at] = tag0;
  bytes[at + 1] = tag1;
  view.setUint32(at + 2, value, true);
  at += 6;
}

/** Opens a length-delimited message; `close` gets what this returns. */
export function open(tag: number): number {
  reserve(5);
  bytes[at] = tag;
  at += 5;
  return at;
}

/** Closes a message opened with `open`: its length as a varint of exactly four bytes. */
export function close(start: number): void {
  padded(start - 4, at - start, 4);
}

function padded(where: number, length: number, width: number): void {
  for (let i = 1; i < width; i++) {
    bytes[where++] = (length & 0x7f) | 0x80;
    length >>>= 7;
  }
  bytes[where] = length;
}

/** Cuts the value of an attribute to the limit, without leaving half of a surrogate pair. */
export function cut(text: string): string {
  return cutTo(text, maxTextLength);
}

/** Cuts a text that is no attribute, to which only the bound of a span applies. */
export function bounded(text: string): string {
  return cutTo(text, Infinity);
}

function cutTo(text: string, limit: number): string {
  // Three bytes are the most that a UTF-16 unit needs.
  const room = at < LARGE_SPAN_BYTES / 2 ? limit : Math.trunc((LARGE_SPAN_BYTES - at) / 3);
  const most = Math.min(limit, Math.max(uncutLength, room));
  if (text.length <= most) return text;
  const last = text.charCodeAt(most - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? most - 1 : most);
}

/** The longest text written by the loop below; measured on Node 20 and 24, `utf8Write` wins from here on. */
const LOOP_LENGTH = 48;

/** A string field: tag, length, UTF-8. The limit of attribute values does not apply. */
export function string(tag: number, text: string): void {
  const length = text.length;
  if (length <= LOOP_LENGTH) {
    reserve(2 + length);
    const start = at;
    let p = at + 2;
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 0x7f) {
        longString(tag, text);
        return;
      }
      bytes[p++] = unit;
    }
    bytes[start] = tag;
    bytes[start + 1] = length;
    at = p;
  } else {
    longString(tag, text);
  }
}

function longString(tag: number, text: string): void {
  const most = text.length * 3;
  const width = most < 0x80 ? 1 : most < 0x4000 ? 2 : 4;
  reserve(1 + width + most);
  bytes[at] = tag;
  const length = bytes.write(text, at + 1 + width, 'utf8');
  padded(at + 1, length, width);
  at += 1 + width + length;
}

/** An attribute of text under a field tag; the value is cut to the limit. */
export function textAttribute(tag: number, key: Key, value: string): void {
  if (key.lastBytes !== undefined && key.lastValue === value) {
    byte(tag);
    raw(key.lastBytes);
    return;
  }
  const start = at;
  const whole = value.length <= uncutLength;
  shortTextAttribute(tag, key.prefix, whole ? value : cut(value));
  if (!whole || value.length > MAX_REMEMBERED) return;
  // Kept only when a value comes twice in a row: a copy of each ever-changing path would be garbage.
  const mark = markOf(value);
  if (key.lastMark === mark) {
    key.lastValue = flatCopy(value);
    key.lastBytes = written(start + 1);
  } else {
    key.lastMark = mark;
  }
}

const MAX_REMEMBERED = 512;

/** A few characters of a text and its length; the end, where paths differ, counts most. */
function markOf(text: string): number {
  const last = text.length - 1;
  if (last < 3) return last < 0 ? 0 : (text.charCodeAt(0) << 8) ^ (text.charCodeAt(last) << 2) ^ last;
  const end = (text.charCodeAt(last) << 12) ^ (text.charCodeAt(last - 1) << 6) ^ text.charCodeAt(last - 2);
  const middle = (text.charCodeAt(last >> 1) << 18) ^ (text.charCodeAt((last * 3) >> 2) << 22);
  return (end ^ middle ^ (last << 25)) & 0x7fffffff;
}

function shortTextAttribute(tag: number, prefix: Uint8Array, value: string): void {
  const length = value.length;
  const message = prefix.length + 3 + length;
  if (length > LOOP_LENGTH || message > 0x7f) {
    longTextAttribute(tag, prefix, value);
    return;
  }
  reserve(2 + message);
  let p = at + 2 + prefix.length;
  bytes[p] = length + 2;
  bytes[p + 1] = 0x0a;
  bytes[p + 2] = length;
  p += 3;
  for (let i = 0; i < length; i++) {
    const unit = value.charCodeAt(i);
    if (unit > 0x7f) {
      longTextAttribute(tag, prefix, value);
      return;
    }
    bytes[p++] = unit;
  }
  bytes[at] = tag;
  bytes[at + 1] = message;
  bytes.set(prefix, at + 2);
  at = p;
}

function longTextAttribute(tag: number, prefix: Uint8Array, value: string): void {
  const most = value.length * 3;
  const width = prefix.length + 10 + most < 0x4000 ? 2 : 4;
  reserve(1 + width + prefix.length + width + 1 + width + most);
  const p = at + 1 + width + prefix.length;
  const length = bytes.write(value, p + width + 1 + width, 'utf8');
  bytes[at] = tag;
  padded(at + 1, prefix.length + width + 1 + width + length, width);
  bytes.set(prefix, at + 1 + width);
  padded(p, 1 + width + length, width);
  bytes[p + width] = 0x0a;
  padded(p + width + 1, length, width);
  at = p + width + 1 + width + length;
}

/** An attribute of an integer from 0 to 2^31 - 1: status codes, ports, sizes. */
export function uintAttribute(tag: number, key: Key, value: number): void {
  const prefix = key.prefix;
  if (prefix.length > 112) {
    anyAttribute(tag, prefix, value, 0);
    return;
  }
  reserve(16 + prefix.length);
  bytes[at] = tag;
  bytes.set(prefix, at + 2);
  const any = at + 2 + prefix.length;
  bytes[any + 1] = 0x18;
  let p = any + 2;
  while (value > 0x7f) {
    bytes[p++] = (value & 0x7f) | 0x80;
    value >>>= 7;
  }
  bytes[p++] = value;
  bytes[any] = p - any - 1;
  bytes[at + 1] = p - at - 2;
  at = p;
}

/**
 * An attribute of any value that an app may pass: text, number, boolean, arrays and plain maps of these. What OTLP can't
 * carry (functions, symbols, cycles deeper than 8) is left out. False = nothing was written.
 */
export function attribute(tag: number, key: Key, value: unknown): boolean {
  if (typeof value === 'string') {
    textAttribute(tag, key, value);
    return true;
  }
  if (typeof value === 'number' && value >= 0 && value <= 0x7fffffff && Number.isInteger(value)) {
    uintAttribute(tag, key, value);
    return true;
  }
  return anyAttribute(tag, key.prefix, value, 0);
}

function anyAttribute(tag: number, prefix: Uint8Array, value: unknown, depth: number): boolean {
  const start = at;
  const message = open(tag);
  raw(prefix);
  if (!anyValue(value, depth)) {
    at = start;
    return false;
  }
  close(message);
  return true;
}

/** Writes length and body of an `AnyValue`; the caller has written the field's tag. */
function anyValue(value: unknown, depth: number): boolean {
  reserve(4);
  at += 4;
  const start = at;
  switch (typeof value) {
    case 'string':
      string(0x0a, cut(value));
      break;
    case 'boolean':
      byte(0x10);
      byte(value ? 1 : 0);
      break;
    case 'number':
      number(value);
      break;
    case 'bigint':
      if (BigInt.asIntN(64, value) === value) integer64(value);
      else string(0x0a, cut(value.toString()));
      break;
    case 'object':
      if (value === null || depth >= MAX_DEPTH) return false;
      if (!composite(value, depth)) return false;
      break;
    default:
      return false;
  }
  padded(start - 4, at - start, 4);
  return true;
}

function number(value: number): void {
  if (Number.isSafeInteger(value)) {
    if (value >= 0) {
      byte(0x18);
      varint(value);
    } else {
      integer64(BigInt(value));
    }
    return;
  }
  reserve(9);
  bytes[at] = 0x21;
  view.setFloat64(at + 1, value, true);
  at += 9;
}

function integer64(value: bigint): void {
  byte(0x18);
  let rest = BigInt.asUintN(64, value);
  while (rest > 0x7fn) {
    byte(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  byte(Number(rest));
}

function composite(value: object, depth: number): boolean {
  if (value instanceof Uint8Array) {
    const piece = value.subarray(0, maxTextLength);
    byte(0x3a);
    varint(piece.length);
    raw(piece);
    return true;
  }
  if (Array.isArray(value)) {
    const array = open(0x2a);
    const count = Math.min(value.length, MAX_ITEMS);
    for (let i = 0; i < count && hasRoom(); i++) {
      const item = at;
      byte(0x0a);
      if (!anyValue(value[i], depth + 1)) {
        // A hole keeps its place: an empty AnyValue is OTLP's null.
        at = item;
        byte(0x0a);
        byte(0);
      }
    }
    close(array);
    return true;
  }
  const map = open(0x32);
  let count = 0;
  for (const name of Object.keys(value)) {
    if (count++ >= MAX_ITEMS || !hasRoom()) break;
    anyAttribute(0x0a, userKey(name).prefix, (value as Record<string, unknown>)[name], depth + 1);
  }
  close(map);
  return true;
}
