import { guarded } from '../../patch/guard.ts';
import {
  append,
  appendScope,
  claim,
  counts,
  createRing,
  fullBytes,
  fullSpans,
  isAwake,
  pending,
  queuedBytes,
  queuedSpans,
  type Ring,
  UNNAMED_SCOPE,
} from '../ring.ts';
import type { PipelineStats } from '../pipeline.ts';
import type { BatchOptions } from '../options.ts';

/** The first alert comes early: a thread needs some 50 ms to start, in which a busy app fills the queue. */
const START_SPANS = 128;

/** The app's end of a ring. */
export interface RingWriter {
  scope(name: string, version?: string, schemaUrl?: string): number;
  write(scope: number, bytes: Uint8Array, length: number): boolean;
  /** Undefined until the first scope. */
  readonly ring: Ring | undefined;
  isPending(): boolean;
  stats(): PipelineStats;
  /** Spans are ignored from here on. */
  close(): void;
}

/**
 * @param onRing called when the ring is there
 * @param onFirst called with the first span
 * @param onBatch called when a full batch waits in the ring and the export side does not look by itself
 * @param spare rings that may be free, instead of a new one
 */
export function createRingWriter(
  batch: BatchOptions,
  onRing: (ring: Ring) => void,
  onFirst: () => void,
  onBatch: () => void,
  spare: readonly SharedArrayBuffer[] = [],
): RingWriter {
  const scopes = new Map<string, number>();
  let ring: Ring | undefined;
  let closed = false;
  let hasFirst = false;
  let hasStarted = false;
  // The first span is to be seen, then each batch.
  let alertAtSpans = 1;
  let alertAtBytes = 0;
  /** What the export side had taken at the last drop that it was told of. */
  let takenAtDrop = -1;

  function make(): Ring {
    const made = claimOne() ?? createRing(batch.maxQueueBytes, batch.maxQueueSize);
    alertAtBytes = fullBytes(made);
    onRing(made);
    return made;
  }

  function claimOne(): Ring | undefined {
    for (const shared of spare) {
      const claimed = claim(shared, batch.maxQueueBytes, batch.maxQueueSize);
      if (claimed !== undefined) return claimed;
    }
    return undefined;
  }

  /** Tells the export side of a full batch, and reckons when to look again: when there may be one at the earliest. */
  function alert(ring: Ring): void {
    const full = fullSpans(ring, batch.maxExportBatchSize);
    if (!hasFirst) {
      hasFirst = true;
      onFirst();
      alertAtSpans = Math.min(full, START_SPANS);
      if (ring.ended < alertAtSpans) return;
    }
    const early = !hasStarted;
    hasStarted = true;
    const spans = full - queuedSpans(ring);
    const bytes = fullBytes(ring) - queuedBytes(ring);
    // One that is full may be taken at any moment, and the next one fill up from there.
    alertAtSpans = (ring.ended + (spans > 0 ? spans : Math.max(full >> 3, 1))) | 0;
    alertAtBytes = (ring.written + (bytes > 0 ? bytes : fullBytes(ring) >> 3)) | 0;
    if ((early || spans <= 0 || bytes <= 0) && !isAwake(ring)) onBatch();
  }

  /** A span that finds the queue full is a reason to wake the export side too, once for what it has taken. */
  function alertDrop(ring: Ring): void {
    const { settled } = counts(ring);
    if (settled === takenAtDrop || isAwake(ring)) return;
    takenAtDrop = settled;
    onBatch();
  }

  const guardedAlert = guarded('the wake of the export', alert);
  const guardedAlertDrop = guarded('the wake of the export', alertDrop);

  return {
    scope(name, version, schemaUrl) {
      ring ??= make();
      const key = JSON.stringify([name, version, schemaUrl]);
      let number = scopes.get(key);
      if (number === undefined) {
        number = appendScope(ring, { name, version, schemaUrl });
        if (number !== UNNAMED_SCOPE) scopes.set(key, number);
      }
      return number;
    },
    write(scope, bytes, length) {
      if (closed) return false;
      ring ??= make();
      const taken = append(ring, scope, bytes, length);
      if (((ring.ended - alertAtSpans) | 0) >= 0 || ((ring.written - alertAtBytes) | 0) >= 0)
        guardedAlert(ring);
      if (!taken) guardedAlertDrop(ring);
      return taken;
    },
    get ring() {
      return ring;
    },
    isPending: () => ring !== undefined && pending(ring) > 0,
    stats() {
      if (ring === undefined) return { ended: 0, exported: 0, dropped: 0, failed: 0 };
      const { ended, settled, dropped, failed } = counts(ring);
      return { ended, exported: settled - failed, dropped, failed };
    },
    close() {
      closed = true;
    },
  };
}
