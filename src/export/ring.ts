import { Buffer } from 'node:buffer';

/** An instrumentation scope as it is written into the ring's own table. */
export interface ScopeInfo {
  name: string;
  version?: string;
  schemaUrl?: string;
}

/**
 * A byte queue between two threads over one SharedArrayBuffer: exactly one writer appends, exactly one reader
 * drains. Everything the reader must know is in the shared memory (scopes too), so nothing is lost with the thread
 * that wrote it.
 *
 * Layout: counters of the writer and of the reader on separate cache lines, the block table, the scope table, the
 * records. A record is `int32 length, int32 scope, bytes` padded to 8; a length of -1 says "continue in the next block".
 * Positions are int32 counters that wrap; only differences between them have a meaning.
 *
 * The room for records is made of blocks of 1 MiB, and the block table says which of them a position lies in: the writer goes
 * on in the lowest one that is free. So a ring may be large and yet only touches the memory that its records have needed at once;
 * one that runs through all its room would own all of it after a while, however little waits in it.
 */
export interface Ring {
  readonly shared: SharedArrayBuffer;
  readonly header: Int32Array;
  readonly records: Int32Array;
  readonly bytes: Buffer;
  readonly scopeTable: Uint8Array;
  /** The most bytes that may wait. */
  readonly capacity: number;
  readonly maxRecords: number;
  readonly blockBytes: number;
  /** log2 of `blockBytes`. */
  readonly blockShift: number;
  readonly blocks: number;
  /** Where the writer's block starts among the records. */
  base: number;
  /** The writer's own copies of what it publishes, and what it last saw of the reader. */
  written: number;
  appended: number;
  dropped: number;
  droppedForBytes: number;
  releasedSeen: number;
  doneSeen: number;
  source: Uint8Array | undefined;
  sourceWords: Int32Array;
}

const CAPACITY = 0;
const MAX_RECORDS = 1;
const BLOCK_SHIFT = 2;
const BLOCKS = 3;
// Written by whoever the ring is passed on by.
const LIFE = 4;
// Stored by the writer alone.
const WRITTEN = 16;
const APPENDED = 17;
const DROPPED = 18;
const SCOPES = 19;
const SCOPE_COUNT = 20;
const DROPPED_FOR_BYTES = 21;
// Stored by the reader alone.
const RELEASED = 32;
const DONE = 33;
const FAILED = 34;
const TAKEN = 35;
const STATE = 36;

const COUNTER_BYTES = 256;
/** Entries of the block table: a power of two, so that int32 positions wrap at the table's end. */
const TABLE_BLOCKS = 256;
/** The block table lies behind the counters. */
const TABLE = COUNTER_BYTES / 4;
const HEADER_BYTES = COUNTER_BYTES + TABLE_BLOCKS * 4;
const SCOPE_TABLE_BYTES = 32 * 1024;
const RECORD_HEADER_BYTES = 8;
const SKIP = -1;
const MIN_BLOCK_SHIFT = 12;
const MAX_BLOCK_SHIFT = 20;
/** Bytes that are a batch however few records they are. */
const BATCH_BYTES = 4 * 1024 * 1024;
/**
 * Up to here a loop over words is faster than a native copy, whose call alone costs 30-80 ns. Words of 32 bits: those of 64 are BigInts,
 * which V8's middle tier (Maglev, Node 22 and up) allocates, 16 bytes each: 500 bytes of garbage per span in apps that are not busy
 * enough for the last tier. Float64Array may not keep the bits of a NaN.
 */
const MAX_WORD_COPY_BYTES = 1024;
const NO_WORDS = new Int32Array(0);
const copyBytes = Buffer.prototype.copy;

/** The most bytes for records that a ring supports. */
export const MAX_CAPACITY_BYTES = (TABLE_BLOCKS - 1) << MAX_BLOCK_SHIFT;

/**
 * @param capacityBytes room for records; below 1 MiB rounded up to a power of two. Memory is used as it is needed.
 * @param maxRecords records that may be appended and not yet done; one more is dropped and counted
 */
export function createRing(capacityBytes: number, maxRecords: number): Ring {
  const { shift, block, capacity, blocks } = layoutOf(capacityBytes);
  const shared = new SharedArrayBuffer(HEADER_BYTES + SCOPE_TABLE_BYTES + blocks * block);
  const header = new Int32Array(shared, 0, HEADER_BYTES / 4);
  header[CAPACITY] = capacity;
  header[MAX_RECORDS] = maxRecords;
  header[BLOCK_SHIFT] = shift;
  header[BLOCKS] = blocks;
  return ringOf(shared);
}

function layoutOf(capacityBytes: number): { shift: number; block: number; capacity: number; blocks: number } {
  let shift = MIN_BLOCK_SHIFT;
  while (shift < MAX_BLOCK_SHIFT && 1 << shift < capacityBytes) shift++;
  const block = 1 << shift;
  const capacity = Math.min(Math.max(capacityBytes, block), MAX_CAPACITY_BYTES);
  // Within a single block the start follows the end. Of several, the one that is being read can't be written to.
  const blocks = capacity === block ? 1 : Math.ceil(capacity / block) + 1;
  return { shift, block, capacity, blocks };
}

// The lives of a ring: a thread's own, forgotten by the reader once that thread has ended, free for the next thread.
const OWNED = 0;
const FORGOTTEN = 1;
const FREE = 2;

/** Its thread has ended and its records are done: the reader will not look at it again. Reader only. */
export function forget(ring: Ring): void {
  Atomics.store(ring.header, LIFE, FORGOTTEN);
}

/**
 * Offers a ring to other threads, once nothing of its last life is to be read. By the thread that keeps the rings.
 * @returns false while the reader has not forgotten it
 */
export function free(shared: SharedArrayBuffer): boolean {
  return (
    Atomics.compareExchange(new Int32Array(shared, 0, HEADER_BYTES / 4), LIFE, FORGOTTEN, FREE) === FORGOTTEN
  );
}

/** Whether nobody has taken it since it was offered. */
export function isFree(shared: SharedArrayBuffer): boolean {
  return Atomics.load(new Int32Array(shared, 0, HEADER_BYTES / 4), LIFE) === FREE;
}

/**
 * Takes a ring that was offered and makes it as new: an app that starts workers again and again would own the memory of all their rings
 * until the garbage of the export thread is collected, which takes it many minutes (33 rings of 97 threads were there after a quarter of an hour).
 * @returns undefined when another thread was faster, or when it is of another size
 */
export function claim(
  shared: SharedArrayBuffer,
  capacityBytes: number,
  maxRecords: number,
): Ring | undefined {
  const header = new Int32Array(shared, 0, HEADER_BYTES / 4);
  if (header[CAPACITY] !== layoutOf(capacityBytes).capacity || header[MAX_RECORDS] !== maxRecords)
    return undefined;
  if (Atomics.compareExchange(header, LIFE, FREE, OWNED) !== FREE) return undefined;
  header.fill(0, WRITTEN);
  return ringOf(shared);
}

/** A view on a ring that another thread has made. */
export function ringOf(shared: SharedArrayBuffer): Ring {
  const header = new Int32Array(shared, 0, HEADER_BYTES / 4);
  const blockShift = header[BLOCK_SHIFT]!;
  const blockBytes = 1 << blockShift;
  const blocks = header[BLOCKS]!;
  const offset = HEADER_BYTES + SCOPE_TABLE_BYTES;
  const written = Atomics.load(header, WRITTEN);
  return {
    shared,
    header,
    records: new Int32Array(shared, offset, (blocks * blockBytes) / 4),
    bytes: Buffer.from(shared, offset, blocks * blockBytes),
    scopeTable: new Uint8Array(shared, HEADER_BYTES, SCOPE_TABLE_BYTES),
    capacity: header[CAPACITY]!,
    maxRecords: header[MAX_RECORDS]!,
    blockBytes,
    blockShift,
    blocks,
    base: header[TABLE + ((written >> blockShift) & (TABLE_BLOCKS - 1))]! << blockShift,
    written,
    appended: Atomics.load(header, APPENDED),
    dropped: Atomics.load(header, DROPPED),
    droppedForBytes: Atomics.load(header, DROPPED_FOR_BYTES),
    releasedSeen: Atomics.load(header, RELEASED),
    doneSeen: Atomics.load(header, DONE),
    source: undefined,
    sourceWords: NO_WORDS,
  };
}

/**
 * Copies `bytes[0..length)` into the ring. Writer only; the hot path.
 * @returns false when the record was dropped (queue full in records or in bytes), which is counted
 */
export function append(ring: Ring, scope: number, bytes: Uint8Array, length: number): boolean {
  const { header, capacity, blockBytes } = ring;
  const size = (length + RECORD_HEADER_BYTES + 7) & ~7;
  if (((ring.appended - ring.doneSeen) | 0) >= ring.maxRecords) {
    ring.doneSeen = Atomics.load(header, DONE);
    if (((ring.appended - ring.doneSeen) | 0) >= ring.maxRecords) return drop(ring);
  }
  let at = ring.written & (blockBytes - 1);
  const skipped = blockBytes - at < size ? blockBytes - at : 0;
  if (((ring.written - ring.releasedSeen) | 0) + skipped + size > capacity) {
    ring.releasedSeen = Atomics.load(header, RELEASED);
    if (((ring.written - ring.releasedSeen) | 0) + skipped + size > capacity) {
      return dropForBytes(ring);
    }
  }
  const { records } = ring;
  if (skipped !== 0) {
    // Only here: what is larger than a block never fits the rest of one.
    if (size > blockBytes) return dropForBytes(ring);
    records[(ring.base + at) >> 2] = SKIP;
    enterBlock(ring, (ring.written + skipped) | 0);
    at = 0;
  } else if (at === 0) {
    enterBlock(ring, ring.written);
  }
  at += ring.base;
  records[at >> 2] = length;
  records[(at >> 2) + 1] = scope;
  if (ring.source !== bytes) useSource(ring, bytes);
  const count = (length + 3) >> 2;
  const { sourceWords } = ring;
  if (length <= MAX_WORD_COPY_BYTES && count <= sourceWords.length) {
    const to = (at + RECORD_HEADER_BYTES) >> 2;
    for (let i = 0; i < count; i++) records[to + i] = sourceWords[i]!;
  } else {
    // Unlike `set`, it needs no view of the part to copy.
    copyBytes.call(bytes as Buffer, ring.bytes, at + RECORD_HEADER_BYTES, 0, length);
  }
  // Plain: the atomic store below publishes it together with the record.
  header[APPENDED] = ring.appended = (ring.appended + 1) | 0;
  Atomics.store(header, WRITTEN, (ring.written = (ring.written + skipped + size) | 0));
  return true;
}

/** Chooses the block for a position at which one starts: the lowest that holds nothing of what the reader has yet to release. */
function enterBlock(ring: Ring, position: number): void {
  if (ring.blocks === 1) return;
  const { header, blockShift } = ring;
  const released = Atomics.load(header, RELEASED);
  const live = (position - released + (released & (ring.blockBytes - 1))) >> blockShift;
  let block = 0;
  for (let i = 0; i < live; i++) {
    const other = header[TABLE + (((released >> blockShift) + i) & (TABLE_BLOCKS - 1))]!;
    if (other !== block) continue;
    block++;
    // From the start: the one that is next in number may have been passed already.
    i = -1;
  }
  header[TABLE + ((position >> blockShift) & (TABLE_BLOCKS - 1))] = block;
  ring.base = block << blockShift;
}

/** Where a position lies among the records. */
function offsetOf({ header, blockShift, blockBytes }: Ring, position: number): number {
  const block = header[TABLE + ((position >> blockShift) & (TABLE_BLOCKS - 1))]!;
  return (block << blockShift) + (position & (blockBytes - 1));
}

function drop(ring: Ring): false {
  Atomics.store(ring.header, DROPPED, (ring.dropped = (ring.dropped + 1) | 0));
  return false;
}

function dropForBytes(ring: Ring): false {
  Atomics.store(ring.header, DROPPED_FOR_BYTES, (ring.droppedForBytes = (ring.droppedForBytes + 1) | 0));
  return drop(ring);
}

/** The encoder uses one scratch buffer for long, so its word view is made once for it. */
function useSource(ring: Ring, bytes: Uint8Array): void {
  ring.source = bytes;
  ring.sourceWords =
    bytes.byteOffset % 4 === 0
      ? new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2)
      : NO_WORDS;
}

/**
 * Tells what was appended, oldest first, and keeps it in the ring until `release`. Reader only.
 * @param onRecord gets where the record's bytes lie, counted from the position of the first record: as `copyOut` lays them out
 * @param maxRecords stop after so many
 * @param maxBytes stop after the record that reaches so many bytes
 * @returns the position for `copyOut` and `release`
 */
export function peek(
  ring: Ring,
  onRecord: (scope: number, start: number, length: number) => void,
  maxRecords = Infinity,
  maxBytes = Infinity,
): number {
  const { header, records, blockBytes } = ring;
  const written = Atomics.load(header, WRITTEN);
  const first = Atomics.load(header, RELEASED);
  let position = first;
  let count = 0;
  let total = 0;
  while (position !== written && count < maxRecords && total < maxBytes) {
    const at = offsetOf(ring, position);
    const length = records[at >> 2]!;
    if (length === SKIP) {
      position = (position + blockBytes - (position & (blockBytes - 1))) | 0;
      continue;
    }
    onRecord(records[(at >> 2) + 1]!, ((position - first) | 0) + RECORD_HEADER_BYTES, length);
    count++;
    total += length;
    position = (position + ((length + RECORD_HEADER_BYTES + 7) & ~7)) | 0;
  }
  return position;
}

/** The bytes from the first record to a position that `peek` gave. */
export function peekedBytes(ring: Ring, position: number): number {
  return (position - Atomics.load(ring.header, RELEASED)) | 0;
}

/** Copies these bytes to `target`: in one go, since a view of each record costs three times as much as the copy. Reader only. */
export function copyOut(ring: Ring, position: number, target: Uint8Array, at: number): void {
  const { bytes, blockBytes, header } = ring;
  for (let from = Atomics.load(header, RELEASED); from !== position;) {
    const start = offsetOf(ring, from);
    const length = Math.min((position - from) | 0, blockBytes - (from & (blockBytes - 1)));
    target.set(bytes.subarray(start, start + length), at);
    at += length;
    from = (from + length) | 0;
  }
}

/** Frees the room of as many records before a position that `peek` gave. Reader only. */
export function release(ring: Ring, position: number, records: number): void {
  const { header } = ring;
  Atomics.store(header, TAKEN, (header[TAKEN]! + records) | 0);
  Atomics.store(header, RELEASED, position);
}

/**
 * So many records are to be exported at once: a batch, or half of the queue where that is less. A queue that waits until it is full
 * drops what ends during the export.
 */
export function fullRecords(ring: Ring, maxExportBatchSize: number): number {
  return Math.min(maxExportBatchSize, (ring.maxRecords + 1) >> 1);
}

/** The same in bytes: large records fill the room long before they are a batch. */
export function fullBytes(ring: Ring): number {
  return Math.min(ring.capacity >> 1, BATCH_BYTES);
}

/** Records that the reader has not taken. */
export function queuedRecords(ring: Ring): number {
  return (Atomics.load(ring.header, APPENDED) - Atomics.load(ring.header, TAKEN)) | 0;
}

/** Bytes that they need. */
export function queuedBytes(ring: Ring): number {
  return (Atomics.load(ring.header, WRITTEN) - Atomics.load(ring.header, RELEASED)) | 0;
}

/** Marks `exported + failed` drained records as done, which makes room for as many. Reader only. */
export function markDone(ring: Ring, exported: number, failed: number): void {
  const { header } = ring;
  if (failed !== 0) Atomics.store(header, FAILED, (header[FAILED]! + failed) | 0);
  Atomics.store(header, DONE, (header[DONE]! + exported + failed) | 0);
}

/**
 * A reader that takes over from one that died between `release` and `markDone`: these records are counted as failed.
 * @returns the number of records lost
 */
export function takeOver(ring: Ring): number {
  const { header } = ring;
  const lost = (Atomics.load(header, TAKEN) - Atomics.load(header, DONE)) | 0;
  if (lost > 0) markDone(ring, 0, lost);
  return Math.max(lost, 0);
}

/** What the reader does, as far as a writer must know it before it wakes it. */
export const ASLEEP = 0;
/** Looks at the rings now and then. */
export const LOOKING = 1;
/** Looks at the rings when the export is done. */
export const EXPORTING = 2;

/**
 * Says what the reader does now. It has to look once more after it has said that it does less: what was appended before that
 * may have come without a wake. Reader only.
 */
export function setState(ring: Ring, state: typeof ASLEEP | typeof LOOKING | typeof EXPORTING): void {
  Atomics.store(ring.header, STATE, state);
}

/** Whether a wake is needless after an `append`. One that only looks now and then may be late for a queue that is half full. */
export function isAwake(ring: Ring): boolean {
  const state = Atomics.load(ring.header, STATE);
  if (state !== LOOKING) return state === EXPORTING;
  return queuedRecords(ring) < ring.maxRecords / 2 && queuedBytes(ring) < ring.capacity / 2;
}

/** Records that are appended and neither exported nor given up. */
export function pending(ring: Ring): number {
  return (Atomics.load(ring.header, APPENDED) - Atomics.load(ring.header, DONE)) | 0;
}

export interface RingCounts {
  /** Records accepted into the ring. */
  appended: number;
  /** Records delivered or given up. */
  done: number;
  /** Records given up: refused by the collector, or not deliverable. */
  failed: number;
  /** Records that never got into the ring because it was full. */
  dropped: number;
}

/** How many of the dropped records found no room for their bytes. */
export function droppedForBytes(ring: Ring): number {
  return Atomics.load(ring.header, DROPPED_FOR_BYTES) >>> 0;
}

/** Counters over the ring's life, modulo 2^32. */
export function counts(ring: Ring): RingCounts {
  const { header } = ring;
  return {
    done: Atomics.load(header, DONE) >>> 0,
    failed: Atomics.load(header, FAILED) >>> 0,
    appended: Atomics.load(header, APPENDED) >>> 0,
    dropped: Atomics.load(header, DROPPED) >>> 0,
  };
}

/** The number of all scopes that no longer fitted the table; their records are exported under a scope without a name. */
export const UNNAMED_SCOPE = 0;

/**
 * Adds a scope to the ring's table: `uint32 length, JSON` for each. Writer only.
 * @returns its number, counted from 1, or `UNNAMED_SCOPE` when the table is full
 */
export function appendScope(ring: Ring, scope: ScopeInfo): number {
  const { scopeTable, header } = ring;
  const used = header[SCOPES]!;
  const json = Buffer.from(JSON.stringify(scope));
  if (used + 4 + json.length > scopeTable.length) return UNNAMED_SCOPE;
  new DataView(scopeTable.buffer, scopeTable.byteOffset).setUint32(used, json.length);
  scopeTable.set(json, used + 4);
  Atomics.store(header, SCOPES, used + 4 + json.length);
  return ++header[SCOPE_COUNT]!;
}

/** All scopes of the table by number, the unnamed one first. */
export function readScopes(ring: Ring): ScopeInfo[] {
  const { scopeTable, header } = ring;
  const used = Atomics.load(header, SCOPES);
  const view = new DataView(scopeTable.buffer, scopeTable.byteOffset);
  const scopes: ScopeInfo[] = [{ name: '' }];
  for (let at = 0; at < used;) {
    const length = view.getUint32(at);
    // A copy: a decoder refuses shared memory.
    scopes.push(
      JSON.parse(Buffer.from(scopeTable.subarray(at + 4, at + 4 + length)).toString()) as ScopeInfo,
    );
    at += 4 + length;
  }
  return scopes;
}
