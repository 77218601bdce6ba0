// oxlint-disable unicorn/require-post-message-target-origin, unicorn/prefer-add-event-listener -- rules for windows; these are threads
import { now } from '../../trace/clock.ts';
import { AsyncResource } from 'node:async_hooks';
import type { BroadcastChannel, MessagePort } from 'node:worker_threads';
import { log } from '../../log.ts';
import { guarded } from '../../patch/guard.ts';
import { type ExportSide, createExportSide, mayStartThread } from './export-side.ts';
import { count } from '../thread/health.ts';
import type { FromExport, ThreadRing, ToExport } from '../messages.ts';
import type { ExportOptions } from '../options.ts';
import { PIPELINE_CHANNEL, SPARE_RINGS } from './environment-data.ts';
import type { Pipeline, PipelineStats } from '../pipeline.ts';
import { createRingWriter } from './ring-writer.ts';
import { attach, counts, free, isFree, pending } from '../ring.ts';
import { isMainThread, workerThreads } from './threads.ts';
import { watchWorkers } from './workers.ts';

/** The export side starts so long after the first span: not within the app's own start-up. */
const LATE_START_MS = 1000;

/** So many rings of ended threads are kept for those that start; the memory of more is better given back. */
const MAX_SPARE = 4;

/** The pipeline of the process: has the export side, and drains the rings of the app's worker threads too. */
export function createProcessPipeline(options: ExportOptions, threadFile: string): Pipeline {
  const isMain = isMainThread();
  const threadId = isMain ? 0 : workerThreads().threadId;
  const channelName = `foretrace:${threadId}`;
  const control = new SharedArrayBuffer(4);
  const cells = new Int32Array(control);
  /** Rings of the app's worker threads. */
  const rings = new Map<number, SharedArrayBuffer>();
  const flushes = new Map<number, () => void>();
  const outside = new AsyncResource('foretrace');
  let flushCount = 0;
  let starting = false;
  let shutdown: Promise<boolean> | undefined;
  const ended = new Set<number>();
  /** Rings of ended threads that the export may still look at, and those that are offered to new threads. */
  let retired: SharedArrayBuffer[] = [];
  let spare: SharedArrayBuffer[] = [];
  /** What the rings of ended threads have counted. */
  const past = { ended: 0, exported: 0, dropped: 0, failed: 0 };
  let onFirst: (() => void)[] = [];

  const exportSide: ExportSide = createExportSide(
    threadFile,
    options.thread,
    () => {
      starting = true;
      const { resource, ...rest } = options;
      const own: ThreadRing[] = writer.ring ? [{ threadId, shared: writer.ring.shared }] : [];
      return {
        options: rest,
        resource: typeof resource === 'function' ? resource() : resource,
        rings: [...own, ...[...rings].map(([threadId, shared]) => ({ threadId, shared }))],
        control,
        channel: channelName,
      };
    },
    guarded('an answer of the export', ({ id, threadId }: FromExport) => {
      if (threadId === undefined) {
        flushes.get(id)?.();
        flushes.delete(id);
      } else channel?.postMessage({ type: 'flushed', id, threadId });
    }),
  );

  const writer = createRingWriter(
    options.batch,
    (ring) => exportSide.post({ type: 'attach', threadId, shared: ring.shared }),
    () => {
      for (const callback of onFirst) callback();
      onFirst = [];
      startLate();
    },
    () => {
      exportSide.start();
      exportSide.post({ type: 'wake' });
    },
  );

  if (options.exporters.length === 0) writer.close();
  let channel: BroadcastChannel | undefined;

  /** Opens the ears for worker threads: before the first starts, as a worker may announce itself before Node tells of it. */
  function prepareWorkers(): void {
    if (channel !== undefined) return;
    const { BroadcastChannel, setEnvironmentData } = workerThreads();
    if (isMain) setEnvironmentData(PIPELINE_CHANNEL, channelName);
    // The app may load `worker_threads` in the middle of a request.
    outside.runInAsyncScope(() => {
      channel = new BroadcastChannel(channelName);
      channel.onmessage = (event) => guardedHear((event as { data: ToExport | FromExport }).data);
      // After the listener, which takes the reference back.
      channel.unref();
    });
  }

  const guardedHear = guarded('a message of a worker thread', hear);
  if (!isMain) prepareWorkers();
  const workers = watchWorkers(
    () => exportSide.launching,
    guarded('the watch of worker threads', forgetEnded),
  );

  function startLate(): void {
    if (starting) return;
    starting = true;
    outside.runInAsyncScope(() =>
      setTimeout(guarded('the start of the export', start), LATE_START_MS).unref(),
    );
  }

  function start(): void {
    exportSide.start();
  }

  function hear(message: ToExport | FromExport): void {
    forgetEnded();
    switch (message.type) {
      case 'attach':
        if (rings.has(message.threadId)) break;
        rings.set(message.threadId, message.shared);
        exportSide.post(message);
        startLate();
        break;
      case 'wake':
        // A running export thread has heard it itself.
        if (exportSide.running) break;
        exportSide.start();
        exportSide.post(message);
        break;
      case 'flush':
        // One that is just starting may not have heard it; a second answer does no harm.
        exportSide.start();
        exportSide.post(message);
        break;
      case 'ended':
        // A worker of a worker; the export has heard it itself, if it runs.
        ended.add(message.threadId);
        exportSide.post(message);
        break;
      default:
    }
  }

  function forgetEnded(): void {
    for (const threadId of workers.ended()) {
      ended.add(threadId);
      exportSide.post({ type: 'ended', threadId });
    }
    for (const threadId of ended) {
      const shared = rings.get(threadId);
      if (shared !== undefined && pending(attach(shared)) > 0) continue;
      if (shared !== undefined) {
        addCounts(past, shared);
        retired.push(shared);
      }
      rings.delete(threadId);
      ended.delete(threadId);
    }
    offerRings();
  }

  function offerRings(): void {
    if (!isMain || retired.length === 0) return;
    const freed = retired.filter(free);
    retired = retired.filter((shared) => !freed.includes(shared)).slice(-MAX_SPARE);
    if (freed.length === 0) return;
    spare = [...spare.filter(isFree), ...freed].slice(-MAX_SPARE);
    workerThreads().setEnvironmentData(SPARE_RINGS, spare);
  }

  /** Announcements that wait because this thread has been busy. */
  function hearWaiting(): void {
    if (channel === undefined) return;
    const { receiveMessageOnPort } = workerThreads();
    // Node takes a BroadcastChannel here, its types don't know.
    const port = channel as unknown as MessagePort;
    for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port)) hear(next.message);
  }

  function pendingSpans(): number {
    let spans = writer.ring ? pending(writer.ring) : 0;
    for (const shared of rings.values()) spans += pending(attach(shared));
    return spans;
  }

  function failedSpans(): number {
    let spans = writer.stats().failed;
    for (const shared of rings.values()) spans += counts(attach(shared)).failed;
    return spans;
  }

  function flush(timeoutMs: number): Promise<boolean> {
    if (pendingSpans() === 0) return Promise.resolve(true);
    exportSide.start();
    return new Promise((resolve) => {
      const id = ++flushCount;
      // Not unref'd: who awaits a flush expects the process to live until then.
      const timer = setTimeout(() => {
        flushes.delete(id);
        resolve(false);
      }, timeoutMs);
      flushes.set(id, () => {
        clearTimeout(timer);
        resolve(true);
      });
      exportSide.post({ type: 'flush', id });
    });
  }

  return {
    scope: writer.scope,
    write: writer.write,
    flush,
    shutdown(timeoutMs) {
      return (shutdown ??= (writer.close(), flush(timeoutMs)).then((done) => {
        exportSide.close();
        return done;
      }));
    },
    flushSync(timeoutMs) {
      hearWaiting();
      if (timeoutMs <= 0 || pendingSpans() === 0 || shutdown !== undefined) return;
      if (!mayStartThread()) {
        // This thread would wait for itself.
        log.warn(
          `${count(pendingSpans())} lost at the end of the process: only a thread could send them now (--allow-worker)`,
        );
        return;
      }
      const end = now() + timeoutMs;
      const before = Atomics.load(cells, 0);
      const failedBefore = failedSpans();
      exportSide.start(true);
      exportSide.post({ type: 'finish', timeoutMs });
      for (;;) {
        const leftMs = end - now();
        if (leftMs <= 0 || Atomics.load(cells, 0) !== before) break;
        Atomics.wait(cells, 0, before, leftMs);
      }
      const lost = pendingSpans() + failedSpans() - failedBefore;
      if (lost > 0) {
        log.warn(
          `${count(lost)} lost at the end of the process, after ${timeoutMs} ms at most (FORETRACE_EXIT_TIMEOUT)`,
        );
      }
    },
    whenFirst(callback) {
      onFirst.push(callback);
    },
    prepareWorkers,
    stats() {
      const total = writer.stats();
      for (const shared of rings.values()) addCounts(total, shared);
      total.ended += past.ended;
      total.exported += past.exported;
      total.dropped += past.dropped;
      total.failed += past.failed;
      return total;
    },
  };
}

function addCounts(total: PipelineStats, shared: SharedArrayBuffer): void {
  const { ended, settled, dropped, failed } = counts(attach(shared));
  total.ended += ended;
  total.exported += settled - failed;
  total.dropped += dropped;
  total.failed += failed;
}
