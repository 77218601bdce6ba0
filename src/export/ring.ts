import { Buffer } from 'node:buffer';

/** An instrumentation scope as it is written into the ring's own table. */
export interface ScopeInfo {
  name: string;
  version?: string;
  schemaUrl?: string;
}

/**
 * A byte queue between two threads over one SharedArrayBuffer: exactly one producer appends, exactly one consumer
 * drains. Everything the consumer must know is in the shared memory (scopes too), so nothing is lost with the thread
 * that wrote it.
 *
 * Layout: counters of the producer and of the consumer on separate cache lines, the scope table, the records. A record
 * is `int32 length, int32 scope, bytes` padded to 8; a length of -1 says "continue at the start". Positions are int32
 * counters that wrap; only differences between them have a meaning.
 */
export interface Ring {
  readonly shared: SharedArrayBuffer;
  readonly header: Int32Array;
  readonly records: Int32Array;
  readonly bytes: Buffer;
  readonly scopeTable: Uint8Array;
  readonly capacity: number;
  readonly maxSpans: number;
  /** Producer's own copies of what it publishes, and what it last saw of the consumer. */
  written: number;
  ended: number;
  dropped: number;
  consumedSeen: number;
  settledSeen: number;
  source: Uint8Array | undefined;
  sourceWords: Int32Array;
}

const CAPACITY = 0;
const MAX_SPANS = 1;
// One writer for each: the producer.
const WRITTEN = 16;
const ENDED = 17;
const DROPPED = 18;
const SCOPES = 19;
const SCOPE_COUNT = 20;
// One writer for each: the consumer.
const CONSUMED = 32;
const SETTLED = 33;
const FAILED = 34;
const TAKEN = 35;
const AWAKE = 36;

const HEADER_BYTES = 256;
const SCOPE_TABLE_BYTES = 32 * 1024;
const RECORD_HEADER_BYTES = 8;
const SKIP = -1;
const MIN_CAPACITY_BYTES = 4096;
const MAX_CAPACITY_BYTES = 1 << 28;
/**
 * Up to here a loop over words is faster than a native copy, whose call alone costs 30-80 ns. Words of 32 bits: those of 64 are BigInts,
 * which V8's middle tier (Maglev, Node 22 and up) allocates, 16 bytes each: 500 bytes of garbage per span in apps that are not busy
 * enough for the last tier. Float64Array may not keep the bits of a NaN.
 */
const MAX_WORD_COPY_BYTES = 1024;
const NO_WORDS = new Int32Array(0);

/** The smallest power of two that holds `bytes`, within what a ring supports. */
export function ringCapacity(bytes: number): number {
  let capacity = MIN_CAPACITY_BYTES;
  while (capacity < bytes && capacity < MAX_CAPACITY_BYTES) capacity *= 2;
  return capacity;
}

/**
 * @param capacityBytes room for records, rounded up to a power of two
 * @param maxSpans spans that may be ended and not yet settled; one more is dropped and counted
 */
export function createRing(capacityBytes: number, maxSpans: number): Ring {
  const capacity = ringCapacity(capacityBytes);
  const shared = new SharedArrayBuffer(HEADER_BYTES + SCOPE_TABLE_BYTES + capacity);
  const header = new Int32Array(shared, 0, HEADER_BYTES / 4);
  header[CAPACITY] = capacity;
  header[MAX_SPANS] = maxSpans;
  return attach(shared);
}

/** A view on a ring that another thread has made. */
export function attach(shared: SharedArrayBuffer): Ring {
  const header = new Int32Array(shared, 0, HEADER_BYTES / 4);
  const capacity = header[CAPACITY]!;
  const offset = HEADER_BYTES + SCOPE_TABLE_BYTES;
  return {
    shared,
    header,
    records: new Int32Array(shared, offset, capacity / 4),
    bytes: Buffer.from(shared, offset, capacity),
    scopeTable: new Uint8Array(shared, HEADER_BYTES, SCOPE_TABLE_BYTES),
    capacity,
    maxSpans: header[MAX_SPANS]!,
    written: Atomics.load(header, WRITTEN),
    ended: Atomics.load(header, ENDED),
    dropped: Atomics.load(header, DROPPED),
    consumedSeen: Atomics.load(header, CONSUMED),
    settledSeen: Atomics.load(header, SETTLED),
    source: undefined,
    sourceWords: NO_WORDS,
  };
}

/**
 * Copies `bytes[0..length)` into the ring. Producer only; the hot path.
 * @returns false when the span was dropped (queue full in spans or in bytes), which is counted
 */
export function append(ring: Ring, scope: number, bytes: Uint8Array, length: number): boolean {
  const { header, capacity } = ring;
  const size = (length + RECORD_HEADER_BYTES + 7) & ~7;
  if (((ring.ended - ring.settledSeen) | 0) >= ring.maxSpans) {
    ring.settledSeen = Atomics.load(header, SETTLED);
    if (((ring.ended - ring.settledSeen) | 0) >= ring.maxSpans) return drop(ring);
  }
  let at = ring.written & (capacity - 1);
  const skipped = capacity - at < size ? capacity - at : 0;
  if (((ring.written - ring.consumedSeen) | 0) + skipped + size > capacity) {
    ring.consumedSeen = Atomics.load(header, CONSUMED);
    if (((ring.written - ring.consumedSeen) | 0) + skipped + size > capacity) return drop(ring);
  }
  const { records } = ring;
  if (skipped !== 0) {
    records[at >> 2] = SKIP;
    at = 0;
  }
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
    Buffer.prototype.copy.call(bytes, ring.bytes, at + RECORD_HEADER_BYTES, 0, length);
  }
  // Plain: the atomic store below publishes it together with the record.
  header[ENDED] = ring.ended = (ring.ended + 1) | 0;
  Atomics.store(header, WRITTEN, (ring.written = (ring.written + skipped + size) | 0));
  return true;
}

function drop(ring: Ring): false {
  Atomics.store(ring.header, DROPPED, (ring.dropped = (ring.dropped + 1) | 0));
  return false;
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
 * Tells what was appended, oldest first, and keeps it in the ring until `release`. Consumer only.
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
  const { header, records, capacity } = ring;
  const written = Atomics.load(header, WRITTEN);
  const first = Atomics.load(header, CONSUMED);
  let position = first;
  let count = 0;
  let total = 0;
  while (position !== written && count < maxRecords && total < maxBytes) {
    const at = position & (capacity - 1);
    const length = records[at >> 2]!;
    if (length === SKIP) {
      position = (position + capacity - at) | 0;
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
  return (position - Atomics.load(ring.header, CONSUMED)) | 0;
}

/** Copies these bytes to `target`: in one go, since a view of each record costs three times as much as the copy. Consumer only. */
export function copyOut(ring: Ring, position: number, target: Uint8Array, at: number): void {
  const { bytes, capacity } = ring;
  const length = peekedBytes(ring, position);
  const start = Atomics.load(ring.header, CONSUMED) & (capacity - 1);
  const end = Math.min(start + length, capacity);
  target.set(bytes.subarray(start, end), at);
  if (start + length > capacity) target.set(bytes.subarray(0, start + length - capacity), at + end - start);
}

/** Frees the room of the `spans` records before a position that `peek` gave. Consumer only. */
export function release(ring: Ring, position: number, spans: number): void {
  const { header } = ring;
  Atomics.store(header, TAKEN, (header[TAKEN]! + spans) | 0);
  Atomics.store(header, CONSUMED, position);
}

/** Whether more than half of the room for bytes is taken. */
export function isHalfFull(ring: Ring): boolean {
  const used = (Atomics.load(ring.header, WRITTEN) - Atomics.load(ring.header, CONSUMED)) | 0;
  return used > ring.capacity / 2;
}

/** Marks `exported + failed` drained spans as done, which makes room for as many. Consumer only. */
export function settle(ring: Ring, exported: number, failed: number): void {
  const { header } = ring;
  if (failed !== 0) Atomics.store(header, FAILED, (header[FAILED]! + failed) | 0);
  Atomics.store(header, SETTLED, (header[SETTLED]! + exported + failed) | 0);
}

/**
 * A consumer that takes over from one that died between `release` and `settle`: these spans are counted as failed.
 * @returns the number of spans lost
 */
export function takeOver(ring: Ring): number {
  const { header } = ring;
  const lost = (Atomics.load(header, TAKEN) - Atomics.load(header, SETTLED)) | 0;
  if (lost > 0) settle(ring, 0, lost);
  return Math.max(lost, 0);
}

/**
 * Says whether the consumer looks at the ring by itself now. It has to look once more after it has said no: what was
 * appended before that may have come without a wake. Consumer only.
 */
export function setAwake(ring: Ring, awake: boolean): void {
  Atomics.store(ring.header, AWAKE, awake ? 1 : 0);
}

/** Whether a wake is needless after an `append`. */
export function isAwake(ring: Ring): boolean {
  return Atomics.load(ring.header, AWAKE) === 1;
}

/** Spans that are ended and neither exported nor given up. */
export function pending(ring: Ring): number {
  return (Atomics.load(ring.header, ENDED) - Atomics.load(ring.header, SETTLED)) | 0;
}

export interface RingCounts {
  /** Spans accepted into the ring. */
  ended: number;
  /** Spans delivered or given up. */
  settled: number;
  /** Spans given up: refused by the collector, or not deliverable. */
  failed: number;
  /** Spans that never got into the ring because it was full. */
  dropped: number;
}

/** Counters over the ring's life, modulo 2^32. */
export function counts(ring: Ring): RingCounts {
  const { header } = ring;
  return {
    settled: Atomics.load(header, SETTLED) >>> 0,
    failed: Atomics.load(header, FAILED) >>> 0,
    ended: Atomics.load(header, ENDED) >>> 0,
    dropped: Atomics.load(header, DROPPED) >>> 0,
  };
}

/** The number of all scopes that no longer fitted the table; their spans are exported under a scope without a name. */
export const UNNAMED_SCOPE = 0;

/**
 * Adds a scope to the ring's table: `uint32 length, JSON` for each. Producer only.
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
