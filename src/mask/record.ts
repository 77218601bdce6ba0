/**
 * What is in a message of OTLP: by field number, a text that is masked, or a message in which some are. Whatever is not named here
 * (ids, times, numbers, names of attributes, the state of the trace, fields of tomorrow) stays as it is, byte for byte.
 */
interface Message {
  [field: number]: typeof TEXT | Message;
}
const TEXT = 'text';

/** The names in a map within a value are data, unlike those of attributes. */
const MAP: Message = { 1: { 1: TEXT } };
const VALUE: Message = { 1: TEXT, 5: {}, 6: MAP };
(VALUE[5] as Message)[1] = VALUE;
(MAP[1] as Message)[2] = VALUE;
const ATTRIBUTE: Message = { 2: VALUE };
const EVENT: Message = { 2: TEXT, 3: ATTRIBUTE };
const LINK: Message = { 4: ATTRIBUTE };
const STATUS: Message = { 2: TEXT };
const SPAN: Message = { 5: TEXT, 9: ATTRIBUTE, 11: EVENT, 13: LINK, 15: STATUS };
const LOG_RECORD: Message = { 5: VALUE, 6: ATTRIBUTE, 12: TEXT };

/** What the records of a signal are. */
const RECORDS: Readonly<Record<string, Message>> = { traces: SPAN, logs: LOG_RECORD };

/** Masks records, one after the other, into an array of its own. */
export interface RecordMask {
  /** Forgets the records so far. */
  begin(): void;
  /**
   * Appends a record, masked.
   * @returns the length that it has now
   * @throws RangeError when it can't be read; nothing is appended then
   */
  add(source: Buffer, start: number, length: number): number;
  /** Of all that was added since `begin`, in bytes. */
  length(): number;
  /** All that was added since `begin`. */
  bytes(): Buffer;
}

/**
 * Masks a text of UTF-8 bytes.
 * @returns undefined if it stays as it is
 */
export type BytesMask = (bytes: Buffer, start: number, end: number) => string | undefined;

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;
/** Ours go to 8; OTLP sets no limit, our stack does. */
const MAX_DEPTH = 100;
/** In place of a length that stays. */
const SAME = -1;
/** A larger array is not kept for the next batch. */
const MAX_KEPT_BYTES = 2 * 1024 * 1024;

/**
 * @param signal whose records they are: `traces` or `logs`
 * @throws Error when nothing is known of the signal's records
 */
export function createRecordMask(signal: string, mask: BytesMask): RecordMask {
  const record = RECORDS[signal];
  if (record === undefined) throw new Error(`${signal} cannot be masked`);
  let out = Buffer.allocUnsafeSlow(0);
  let length = 0;

  /** What changes: from where to where, the length that is written there, and the text behind it; in the order of the places. */
  let changes = 0;
  const froms: number[] = [];
  const tos: number[] = [];
  const lengths: number[] = [];
  const texts: (string | undefined)[] = [];

  let source: Buffer = out;
  let at = 0;

  function varint(end: number): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 10; i++) {
      if (at >= end) throw malformed('truncated varint', at);
      const byte = source[at++]!;
      // What is beyond 49 bits is of a value that nothing is made of here.
      if (i < 7) value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    throw malformed('varint of more than 10 bytes', at);
  }

  function skip(wire: number, end: number): void {
    if (wire === VARINT) varint(end);
    else if (wire === FIXED64) at += 8;
    else if (wire === FIXED32) at += 4;
    else throw malformed(`wire type ${wire}`, at);
    if (at > end) throw malformed('a field that runs over its end', at);
  }

  /** Notes the changes in a message. @returns by how much they make it longer */
  function walk(message: Message, end: number, depth: number): number {
    if (depth > MAX_DEPTH) throw malformed('a message that is nested too deep', at);
    let grown = 0;
    while (at < end) {
      const tag = varint(end);
      const field = Math.floor(tag / 8);
      const wire = tag % 8;
      if (field === 0) throw malformed('field number 0', at);
      if (wire !== BYTES) {
        skip(wire, end);
        continue;
      }
      const lengthAt = at;
      const size = varint(end);
      const start = at;
      const stop = start + size;
      if (stop > end) throw malformed('a field that runs over its end', start);
      const known = message[field];
      if (known === TEXT) {
        const masked = mask(source, start, stop);
        if (masked !== undefined) grown += change(lengthAt, start, stop, Buffer.byteLength(masked), masked);
      } else if (known !== undefined) {
        const place = changes;
        // Before the changes in it, since it stands before them.
        change(lengthAt, start, start, size, undefined);
        const inner = walk(known, stop, depth + 1);
        if (changes === place + 1) {
          changes = place;
        } else if (inner === 0) {
          lengths[place] = SAME;
        } else {
          lengths[place] = size + inner;
          grown += inner + widthOf(size + inner) - (start - lengthAt);
        }
      }
      at = stop;
    }
    return grown;
  }

  function change(from: number, start: number, stop: number, size: number, text: string | undefined): number {
    froms[changes] = from;
    tos[changes] = stop;
    lengths[changes] = size;
    texts[changes++] = text;
    return widthOf(size) + size - (start - from) - (stop - start);
  }

  function reserve(count: number): void {
    if (length + count <= out.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(out.length * 2, length + count, 16_384));
    out.copy(grown, 0, 0, length);
    out = grown;
  }

  function copy(from: number, to: number): void {
    out.set(source.subarray(from, to), length);
    length += to - from;
  }

  return {
    begin() {
      length = 0;
      if (out.length > MAX_KEPT_BYTES) out = Buffer.allocUnsafeSlow(0);
    },
    add(bytes, start, size) {
      source = bytes;
      at = start;
      changes = 0;
      const total = size + walk(record, start + size, 0);
      reserve(total);
      const before = length;
      let from = start;
      for (let i = 0; i < changes; i++) {
        if (lengths[i] === SAME) continue;
        copy(from, froms[i]!);
        length = writeVarint(out, length, lengths[i]!);
        const text = texts[i];
        if (text !== undefined) length += out.write(text, length, 'utf8');
        from = tos[i]!;
      }
      copy(from, start + size);
      // What is sent must be what was measured.
      if (length - before !== total) {
        length = before;
        throw malformed(`${total} bytes were expected`, start);
      }
      return total;
    },
    length: () => length,
    bytes: () => out.subarray(0, length),
  };
}

function malformed(what: string, at: number): RangeError {
  return new RangeError(`malformed protobuf: ${what} at byte ${at}`);
}

function widthOf(value: number): number {
  let width = 1;
  for (; value > 0x7f; value = Math.floor(value / 128)) width++;
  return width;
}

function writeVarint(bytes: Buffer, at: number, value: number): number {
  while (value > 0x7f) {
    bytes[at++] = (value & 0x7f) | 0x80;
    value = Math.floor(value / 128);
  }
  bytes[at++] = value;
  return at;
}
