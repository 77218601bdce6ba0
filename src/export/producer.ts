import {
  append,
  appendScope,
  counts,
  createRing,
  isAwake,
  pending,
  type Ring,
  UNNAMED_SCOPE,
} from './ring.ts';
import type { PipelineStats } from './pipeline.ts';
import type { BatchOptions } from './options.ts';

const MIN_RING_BYTES = 1024 * 1024;
const MAX_RING_BYTES = 64 * 1024 * 1024;
/** What a span is expected to need; pages of the ring that are never reached cost nothing. */
const BYTES_PER_SPAN = 512;

/** The first alert comes early: a thread needs some 50 ms to start, in which a busy app fills the queue. */
const START_SPANS = 128;

/** The app's end of a ring. */
export interface Producer {
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
 * @param onRing called when the ring is made
 * @param onFirst called with the first span
 * @param onBatch called when a batch more of spans, or a quarter of the room more, is in the ring
 */
export function createProducer(
  batch: BatchOptions,
  onRing: (ring: Ring) => void,
  onFirst: () => void,
  onBatch: () => void,
): Producer {
  const scopes = new Map<string, number>();
  let ring: Ring | undefined;
  let closed = false;
  let hasFirst = false;
  // The first span is to be seen, then each batch.
  let alertAtSpans = 1;
  let alertAtBytes = 0;

  function make(): Ring {
    const bytes = Math.min(Math.max(batch.maxQueueSize * BYTES_PER_SPAN, MIN_RING_BYTES), MAX_RING_BYTES);
    const made = createRing(bytes, batch.maxQueueSize);
    alertAtBytes = made.capacity / 4;
    onRing(made);
    return made;
  }

  function alert(ring: Ring): void {
    if (!hasFirst) {
      hasFirst = true;
      onFirst();
      alertAtSpans = Math.min(batch.maxExportBatchSize, START_SPANS);
      if (ring.ended < alertAtSpans) return;
    }
    alertAtSpans = (ring.ended + batch.maxExportBatchSize) | 0;
    alertAtBytes = (ring.written + ring.capacity / 4) | 0;
    if (!isAwake(ring)) onBatch();
  }

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
      if (((ring.ended - alertAtSpans) | 0) >= 0 || ((ring.written - alertAtBytes) | 0) >= 0) alert(ring);
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
