import { log } from '../../log.ts';
import { guarded, reportFailure } from '../../guard.ts';
import type { RecordMask } from '../../mask/record.ts';
import { batchOf, type Exporter } from './exporter.ts';
import { createDropWatch, createUnreadable } from './health.ts';
import type { BatchOptions, ResourceAttributes } from '../options.ts';
import type { Signal } from '../signal.ts';
import {
  type EncodedScope,
  encodeResource,
  encodeScope,
  requestLength,
  type ScopeGroup,
  writeRequest,
} from './request.ts';
import {
  ASLEEP,
  ringOf,
  copyOut,
  counts,
  droppedForBytes,
  EXPORTING,
  forget,
  fullBytes,
  fullRecords,
  LOOKING,
  peek,
  peekedBytes,
  queuedBytes,
  readScopes,
  release,
  type Ring,
  setState,
  markDone,
  takeOver,
} from '../ring.ts';

/** Bounds a request when records are huge; the usual limit of a collector is 20 MiB. */
const MAX_BATCH_BYTES = 8 * 1024 * 1024;

/**
 * After an export this side looks by itself a few times, so that an app that ends 10,000 spans in a second and more need
 * not wake it: a wake costs the app's thread some 40 us, which for a batch of 512 is as much as appending them twice.
 */
const LOOK_MS = 10;
const LOOKS = 5;

/** Takes the records of one signal out of its rings and gives them to the exporters in batches, one export at a time. */
export interface Batcher {
  /** A second call for the same thread does nothing. */
  add(threadId: number, shared: SharedArrayBuffer): void;
  /** The thread is gone: its ring is forgotten when it is empty. */
  ended(threadId: number): void;
  /** There may be a full batch. */
  wake(): void;
  /** Resolves when everything that was appended before the call is done. */
  flush(): Promise<void>;
  /** The same with a limit: the process ends in `timeoutMs`. */
  finish(timeoutMs: number): Promise<void>;
  stop(): void;
}

interface Source {
  ring: Ring;
  /** Records taken out of the ring so far, as the ring counts them. */
  taken: number;
  /** Everything up to this count is to be exported now, full batch or not. */
  due: number;
  gone: boolean;
  scopes: EncodedScope[];
}

interface Waiter {
  targets: [Source, number][];
  resolve(): void;
}

/** What a batch took out of one ring. */
interface Share {
  source: Source;
  records: number;
  position: number;
  groups: ScopeGroup[];
  /** Those of the records that can't be masked, and so are not sent. */
  unreadable: number;
}

/** A larger request is not kept for the next one. */
const MAX_KEPT_BYTES = 2 * 1024 * 1024;
const NO_BYTES = Buffer.alloc(0);

/** @param mask what the records go through before they are sent; undefined = they go as they are */
export function createBatcher(
  signal: Signal,
  exporters: readonly Exporter[],
  options: BatchOptions,
  resourceAttributes: ResourceAttributes,
  mask?: RecordMask,
): Batcher {
  const resource = encodeResource(resourceAttributes);
  const sources = new Map<number, Source>();
  const watchDrops = createDropWatch(signal, options.maxQueueSize, options.maxQueueBytes);
  const reportUnreadable = createUnreadable(signal);
  /** Of threads that are gone. */
  const before = { dropped: 0, forBytes: 0 };
  let waiters: Waiter[] = [];
  /** The request and, behind it, what came out of the rings: one export at a time, so one array serves them all. */
  let work = NO_BYTES;
  /** What the last export that failed has used. */
  let resting = NO_BYTES;
  let exporting = false;
  let looksLeft = 0;
  let lookTimer: NodeJS.Timeout | undefined;
  let stopped = false;

  const tick = guarded('the schedule of the export', () => {
    callDue();
    // During an export that takes long nothing else would tell of drops.
    if (exporting) sweep();
    go();
  });
  const timer = setInterval(tick, options.scheduleDelayMs);
  timer.unref();

  function callDue(): void {
    for (const source of sources.values()) source.due = appendedOf(source) | 0;
  }

  /** Nobody awaits it; inline a rejection would be one of the app. */
  function go(): void {
    run().catch((error: unknown) => reportFailure('the export', error));
  }

  /** Exports until nothing is due and no batch is full. */
  async function run(): Promise<void> {
    if (exporting || stopped) return;
    exporting = true;
    let failed = false;
    try {
      clearTimeout(lookTimer);
      tell(EXPORTING);
      for (;;) {
        const taken = isDue() ? take() : undefined;
        if (taken === undefined) break;
        // One export at a time is what the specification asks for.
        // oxlint-disable-next-line no-await-in-loop
        const lost = await exportBatch(taken.request, taken.records);
        // Another export side has the rings now.
        if (stopped) return;
        // After a refusal or a time-out the socket may still be reading the old bytes. They come back after the next loss: a new array
        // for each would wait for a collection of garbage, for which this thread has hardly a reason.
        if (lost > 0) [work, resting] = [resting, work];
        finishShares(taken.shares, lost);
        answerWaiters();
        looksLeft = LOOKS;
      }
    } catch (error) {
      failed = true;
      looksLeft = 0;
      // Nobody awaits this; inline it would be an unhandled rejection of the app.
      log.error(
        `export failed (${error instanceof Error ? error.message : String(error)}), tried again later`,
      );
    }
    exporting = false;
    sweep();
    const looks = looksLeft-- > 0;
    tell(looks ? LOOKING : ASLEEP);
    // What came just before nobody was told of.
    if (!failed && isDue()) {
      setImmediate(go).unref();
    } else if (looks) {
      lookTimer = setTimeout(go, LOOK_MS);
      lookTimer.unref();
    }
  }

  function tell(state: typeof ASLEEP | typeof LOOKING | typeof EXPORTING): void {
    for (const { ring } of sources.values()) setState(ring, state);
  }

  function isDue(): boolean {
    let queued = 0;
    for (const source of sources.values()) {
      if (((source.due - source.taken) | 0) > 0) return true;
      const { ring } = source;
      const own = (appendedOf(source) - source.taken) | 0;
      if (own >= fullRecords(ring, options.maxExportBatchSize) || queuedBytes(ring) >= fullBytes(ring))
        return true;
      queued += own;
    }
    return queued >= options.maxExportBatchSize;
  }

  function take(): { request: Uint8Array; records: number; shares: Share[] } | undefined {
    const shares: Share[] = [];
    let room = options.maxExportBatchSize;
    let bytesLeft = MAX_BATCH_BYTES;
    for (const source of sources.values()) {
      if (room <= 0 || bytesLeft <= 0) break;
      const byScope: ScopeGroup[] = [];
      const before = room;
      const position = peek(
        source.ring,
        (scope, start, length) => {
          const group = (byScope[scope] ??= {
            scope: scopeOf(source, scope),
            starts: [],
            lengths: [],
            bytes: 0,
          });
          group.starts.push(start);
          group.lengths.push(length);
          group.bytes += length;
          room--;
          bytesLeft -= length;
        },
        room,
        bytesLeft,
      );
      if (room === before) continue;
      const groups = byScope.filter((group) => group !== undefined);
      shares.push({ source, records: before - room, position, groups, unreadable: 0 });
    }
    if (shares.length === 0) return undefined;
    const request = requestOf(shares);
    let records = options.maxExportBatchSize - room;
    for (const { unreadable } of shares) records -= unreadable;
    return { request, records, shares };
  }

  function requestOf(shares: readonly Share[]): Uint8Array {
    const groups = shares.flatMap((share) => share.groups);
    const length = requestLength(resource, groups);
    let needed = length;
    for (const { source, position } of shares) needed += peekedBytes(source.ring, position);
    if (work.length < needed || work.length > MAX_KEPT_BYTES) work = Buffer.allocUnsafeSlow(needed);
    let at = length;
    for (const share of shares) {
      const { ring } = share.source;
      copyOut(ring, share.position, work, at);
      for (const { starts } of share.groups) for (let i = 0; i < starts.length; i++) starts[i]! += at;
      at += peekedBytes(ring, share.position);
    }
    if (mask !== undefined) return maskedRequest(mask, shares, groups);
    writeRequest(work, resource, groups);
    return work.subarray(0, length);
  }

  /** The request with the records, which have been copied to `work`, as the mask leaves them. */
  function maskedRequest(
    mask: RecordMask,
    shares: readonly Share[],
    groups: readonly ScopeGroup[],
  ): Uint8Array {
    mask.begin();
    for (const share of shares) {
      for (const group of share.groups) share.unreadable += maskGroup(mask, work, group);
    }
    const length = requestLength(resource, groups);
    if (work.length < length) work = Buffer.allocUnsafeSlow(length);
    writeRequest(work, resource, groups, mask.bytes());
    return work.subarray(0, length);
  }

  function scopeOf(source: Source, number: number): EncodedScope {
    if (number >= source.scopes.length) source.scopes = readScopes(source.ring).map(encodeScope);
    return source.scopes[number] ?? source.scopes[0]!;
  }

  /** @returns how many of the records did not reach every exporter */
  async function exportBatch(request: Uint8Array, records: number): Promise<number> {
    if (records === 0) return 0;
    const batch = batchOf(signal, request, records);
    const failed = await Promise.all(
      exporters.map((exporter) => exporter.export(batch, options.exportTimeoutMs)),
    );
    return Math.max(...failed, 0);
  }

  function finishShares(shares: Share[], failed: number): void {
    for (const { source, records, position, unreadable } of shares) {
      // Not earlier: what is in the ring outlives this thread, and the next export side sends it again.
      release(source.ring, position, records);
      source.taken = (source.taken + records) | 0;
      const lost = Math.min(failed, records - unreadable);
      failed -= lost;
      markDone(source.ring, records - unreadable - lost, lost + unreadable);
      reportUnreadable(unreadable);
    }
  }

  function answerWaiters(): void {
    waiters = waiters.filter((waiter) => {
      if (!stopped && waiter.targets.some(isOpen)) return true;
      waiter.resolve();
      return false;
    });
  }

  /** Forgets the rings of threads that are gone, and tells of drops. */
  function sweep(): void {
    let { dropped, forBytes } = before;
    let drained = true;
    for (const [threadId, source] of sources) {
      const { ring } = source;
      const left = (appendedOf(source) - source.taken) | 0;
      if (left >= options.maxQueueSize / 2 || queuedBytes(ring) >= ring.capacity / 2) drained = false;
      const own = counts(ring).dropped;
      const ownForBytes = droppedForBytes(ring);
      dropped += own;
      forBytes += ownForBytes;
      if (source.gone && left <= 0) {
        before.dropped += own;
        before.forBytes += ownForBytes;
        sources.delete(threadId);
        forget(ring);
      }
    }
    watchDrops(dropped, forBytes, drained);
  }

  const batcher: Batcher = {
    add(threadId, shared) {
      if (sources.has(threadId)) return;
      const ring = ringOf(shared);
      takeOver(ring);
      setState(ring, exporting ? EXPORTING : ASLEEP);
      const taken = counts(ring).done | 0;
      sources.set(threadId, { ring, taken, due: taken, gone: false, scopes: [] });
      go();
    },
    ended(threadId) {
      const source = sources.get(threadId);
      if (source === undefined) return;
      source.gone = true;
      source.due = appendedOf(source) | 0;
      go();
    },
    wake() {
      go();
    },
    flush() {
      callDue();
      const targets = [...sources.values()].map((source): [Source, number] => [source, source.due]);
      return new Promise((resolve) => {
        waiters.push({ targets, resolve });
        answerWaiters();
        go();
      });
    },
    finish(timeoutMs) {
      for (const exporter of exporters) exporter.hurry?.(timeoutMs);
      return batcher.flush();
    },
    stop() {
      stopped = true;
      tell(ASLEEP);
      clearInterval(timer);
      clearTimeout(lookTimer);
      answerWaiters();
    },
  };
  return batcher;
}

/**
 * Masks the records of a group, which are then those of the mask's array.
 * @returns how many can't be read: nobody knows what is in them, so they are left out
 */
function maskGroup(mask: RecordMask, work: Buffer, group: ScopeGroup): number {
  const { starts, lengths } = group;
  group.starts = [];
  group.lengths = [];
  group.bytes = 0;
  for (let i = 0; i < starts.length; i++) {
    const start = mask.length();
    try {
      const length = mask.add(work, starts[i]!, lengths[i]!);
      group.starts.push(start);
      group.lengths.push(length);
      group.bytes += length;
    } catch (error) {
      log.debug(`a record is left out: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return starts.length - group.starts.length;
}

function appendedOf({ ring }: Source): number {
  return counts(ring).appended;
}

function isOpen([{ ring }, target]: [Source, number]): boolean {
  return ((target - counts(ring).done) | 0) > 0;
}
