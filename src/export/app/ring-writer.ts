import { guarded } from '../../guard.ts';
import {
  append,
  appendScope,
  claim,
  counts,
  createRing,
  fullBytes,
  fullRecords,
  isAwake,
  pending,
  queuedBytes,
  queuedRecords,
  type Ring,
  UNNAMED_SCOPE,
} from '../ring.ts';
import type { NumberedScope, WriteRecord } from '../pipeline.ts';
import type { BatchOptions } from '../options.ts';

/** The first alert comes early: a thread needs some 50 ms to start, in which a busy app fills the queue. */
const START_RECORDS = 128;

/** The app's end of a ring. */
export interface RingWriter {
  write: WriteRecord;
  /** Undefined until the first record. */
  readonly ring: Ring | undefined;
  isPending(): boolean;
  /** Records are ignored from here on. */
  close(): void;
}

/**
 * @param onRing called when the ring is there
 * @param onFirst called with the first record
 * @param onBatch called when a full batch waits in the ring and the export side does not look by itself
 * @param spare rings that may be free, instead of a new one
 */
export function createRingWriter(
  { maxQueueBytes, maxQueueSize, maxExportBatchSize }: BatchOptions,
  onRing: (ring: Ring) => void,
  onFirst: () => void,
  onBatch: () => void,
  spare: readonly SharedArrayBuffer[] = [],
): RingWriter {
  /** Numbers by what a scope says: an app may ask for a tracer of the same name again and again. */
  const numbers = new Map<string, number>();
  let ring: Ring | undefined;
  let closed = false;
  let hasFirst = false;
  let hasStarted = false;
  // The first record is to be seen, then each batch.
  let alertAtRecords = 1;
  let alertAtBytes = 0;
  /** What the export side had taken at the last drop that it was told of. */
  let takenAtDrop = -1;

  function make(): Ring {
    const made = claimOne() ?? createRing(maxQueueBytes, maxQueueSize);
    alertAtBytes = fullBytes(made);
    onRing(made);
    return made;
  }

  function claimOne(): Ring | undefined {
    for (const shared of spare) {
      const claimed = claim(shared, maxQueueBytes, maxQueueSize);
      if (claimed !== undefined) return claimed;
    }
    return undefined;
  }

  /** Tells the export side of a full batch, and reckons when to look again: when there may be one at the earliest. */
  function alert(ring: Ring): void {
    const full = fullRecords(ring, maxExportBatchSize);
    if (!hasFirst) {
      hasFirst = true;
      onFirst();
      alertAtRecords = Math.min(full, START_RECORDS);
      if (ring.appended < alertAtRecords) return;
    }
    const early = !hasStarted;
    hasStarted = true;
    const records = full - queuedRecords(ring);
    const bytes = fullBytes(ring) - queuedBytes(ring);
    // One that is full may be taken at any moment, and the next one fill up from there.
    alertAtRecords = (ring.appended + (records > 0 ? records : Math.max(full >> 3, 1))) | 0;
    alertAtBytes = (ring.written + (bytes > 0 ? bytes : fullBytes(ring) >> 3)) | 0;
    if ((early || records <= 0 || bytes <= 0) && !isAwake(ring)) onBatch();
  }

  /** A record that finds the queue full is a reason to wake the export side too, once for what it has taken. */
  function alertDrop(ring: Ring): void {
    const { done } = counts(ring);
    if (done === takenAtDrop || isAwake(ring)) return;
    takenAtDrop = done;
    onBatch();
  }

  const guardedAlert = guarded('the wake of the export', alert);
  const guardedAlertDrop = guarded('the wake of the export', alertDrop);

  function numberOf(ring: Ring, { name, version, schemaUrl }: NumberedScope): number {
    const key = JSON.stringify([name, version, schemaUrl]);
    let number = numbers.get(key);
    if (number === undefined) {
      number = appendScope(ring, { name, version, schemaUrl });
      if (number !== UNNAMED_SCOPE) numbers.set(key, number);
    }
    return number;
  }

  return {
    write(scope, bytes, length) {
      if (closed) return false;
      ring ??= make();
      if (scope.number === -1) scope.number = numberOf(ring, scope);
      const taken = append(ring, scope.number, bytes, length);
      if (((ring.appended - alertAtRecords) | 0) >= 0 || ((ring.written - alertAtBytes) | 0) >= 0)
        guardedAlert(ring);
      if (!taken) guardedAlertDrop(ring);
      return taken;
    },
    get ring() {
      return ring;
    },
    isPending: () => ring !== undefined && pending(ring) > 0,
    close() {
      closed = true;
    },
  };
}
