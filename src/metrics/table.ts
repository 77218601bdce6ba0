import { instruments } from './instrument.ts';

/**
 * The metrics of one thread of the app in shared memory: this thread alone writes, the export thread reads. A series is a place for
 * the numbers of one set of attributes; to measure is to change them, without a lock, a message or an object.
 *
 * A record of the table: its header, the attributes as they stand in a data point (`KeyValue`s), and the cells. Counts are of 32 bits and wrap:
 * the reader takes differences. A sum may be one measurement ahead of its counts while it is read, and is not at the next time.
 */
export interface Table {
  readonly shared: SharedArrayBuffer;
  readonly words: Int32Array;
  readonly counts: Uint32Array;
  readonly doubles: Float64Array;
  readonly bytes: Uint8Array;
}

// Words of the table's own header.
/** Bytes that are filled; stored when a record is complete. */
const END = 0;
/** Counted up by the reader at each collection: what is a value of one interval starts anew. */
const EPOCH = 1;
/** Whether the thread has exponential histograms. */
const EXPONENTIAL = 2;

const TABLE_HEADER_BYTES = 64;
const RECORD_HEADER_BYTES = 16;

/** Memory is used as series are made. Some 7,000 histograms. */
const TABLE_BYTES = 2 * 1024 * 1024;
/** Each series has 546 counts. */
const EXPONENTIAL_TABLE_BYTES = 6 * 1024 * 1024;

// Cells of a histogram, in bytes from where they start. The other kinds have a value and an epoch alone.
export const SUM = 0;
export const MIN = 8;
export const MAX = 16;
export const VALUE_EPOCH = 24;
/** Odd while the exemplar is written. */
export const EXEMPLAR_SEQUENCE = 28;
export const EXEMPLAR_VALUE = 32;
export const EXEMPLAR_TIME = 40;
/** Trace id and span id: six words. */
export const EXEMPLAR_IDS = 48;
export const EXEMPLAR_EPOCH = 72;
export const COUNTS = 80;

/** 16 buckets to each power of two: the reader merges them to what fits. */
export const EXPONENTIAL_SCALE = 4;
const MIN_EXPONENT = -20;
const MAX_EXPONENT = 14;
/** The index of the first exponential bucket; the first count is of zeros. */
export const FIRST_INDEX = MIN_EXPONENT << EXPONENTIAL_SCALE;
export const EXPONENTIAL_BUCKETS = (MAX_EXPONENT - MIN_EXPONENT) << EXPONENTIAL_SCALE;

export function createTable(exponential: boolean): Table {
  const table = tableOf(new SharedArrayBuffer(exponential ? EXPONENTIAL_TABLE_BYTES : TABLE_BYTES));
  table.words[END] = TABLE_HEADER_BYTES;
  table.words[EXPONENTIAL] = exponential ? 1 : 0;
  return table;
}

export function tableOf(shared: SharedArrayBuffer): Table {
  return {
    shared,
    words: new Int32Array(shared),
    counts: new Uint32Array(shared),
    doubles: new Float64Array(shared),
    bytes: new Uint8Array(shared),
  };
}

export function isExponential({ words }: Table): boolean {
  return words[EXPONENTIAL] === 1;
}

/** The collection that values of an interval belong to. */
export function epochOf({ words }: Table): number {
  return words[EPOCH];
}

/** Starts the next interval. Reader only. */
export function nextEpoch({ words }: Table): void {
  words[EPOCH] = (words[EPOCH] + 1) | 0;
}

/** How many counts a series of an instrument has. */
export function countsOf(number: number, exponential: boolean): number {
  const { bounds, kind } = instruments[number];
  if (kind !== 'histogram') return 0;
  return exponential ? EXPONENTIAL_BUCKETS + 1 : (bounds?.length ?? 0) + 1;
}

function cellBytes(number: number, exponential: boolean): number {
  return instruments[number].kind === 'histogram'
    ? COUNTS + padded(countsOf(number, exponential) * 4)
    : VALUE_EPOCH + 8;
}

function padded(length: number): number {
  return (length + 7) & ~7;
}

/** Adds a series. @returns where its cells start, in bytes; -1 when the table is full */
export function addSeries(table: Table, instrument: number, attributes: Uint8Array): number {
  const { words, bytes } = table;
  const start = words[END];
  const cells = start + RECORD_HEADER_BYTES + padded(attributes.length);
  const end = cells + cellBytes(instrument, isExponential(table));
  if (end > bytes.length) return -1;
  words[start >> 2] = instrument;
  words[(start >> 2) + 1] = attributes.length;
  bytes.set(attributes, start + RECORD_HEADER_BYTES);
  // Not before everything of the record can be read.
  Atomics.store(words, END, end);
  return cells;
}

export interface SeriesRecord {
  readonly instrument: number;
  /** `KeyValue` messages with the tag of field 9. */
  readonly attributes: Uint8Array;
  /** Where the cells start, in bytes. */
  readonly cells: number;
}

/** The series that were added at or behind `from`, a position that this function returned. */
export function readSeries(table: Table, from: number, found: (series: SeriesRecord) => void): number {
  const { words, bytes } = table;
  const end = Atomics.load(words, END);
  let at = Math.max(from, TABLE_HEADER_BYTES);
  while (at < end) {
    const instrument = words[at >> 2];
    const length = words[(at >> 2) + 1];
    const cells = at + RECORD_HEADER_BYTES + padded(length);
    const first = at + RECORD_HEADER_BYTES;
    // A copy: what reads on works with memory of its own.
    found({ instrument, attributes: Uint8Array.prototype.slice.call(bytes, first, first + length), cells });
    at = cells + cellBytes(instrument, isExponential(table));
  }
  return at;
}
