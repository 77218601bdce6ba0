// oxlint-disable unicorn/require-post-message-target-origin, unicorn/prefer-add-event-listener -- rules for windows; these are threads
import { AsyncResource } from 'node:async_hooks';
import type * as Threads from 'node:worker_threads';
import { guarded } from '../../patch/guard.ts';
import { SPARE_RINGS } from './environment-data.ts';
import type { FromExport, ToExport } from '../messages.ts';
import type { ExportOptions } from '../options.ts';
import type { Pipeline } from '../pipeline.ts';
import { createRingWriter } from './ring-writer.ts';
import { workerThreads } from './threads.ts';
import { watchWorkers } from './workers.ts';

/**
 * The pipeline of a worker thread of the app: a ring of its own, which it announces once. The spans are in shared memory
 * from the moment they end, so they outlive this thread however it ends.
 * @param channelName where the pipeline of the process listens
 */
export function createWorkerPipeline(options: ExportOptions, channelName: string): Pipeline {
  const outside = new AsyncResource('foretrace');
  const flushes = new Map<number, () => void>();
  const { BroadcastChannel, getEnvironmentData, threadId } = workerThreads();
  let channel: Threads.BroadcastChannel | undefined;
  let flushCount = 0;
  let shutdown: Promise<boolean> | undefined;
  let onFirst: (() => void)[] = [];

  function post(message: ToExport): void {
    channel?.postMessage(message);
  }

  function hear(message: ToExport | FromExport): void {
    if (message.type !== 'flushed' || message.threadId !== threadId) return;
    flushes.get(message.id)?.();
    flushes.delete(message.id);
  }

  const guardedHear = guarded('an answer of the export', hear);

  const writer = createRingWriter(
    options.batch,
    (ring) => {
      outside.runInAsyncScope(() => {
        channel = new BroadcastChannel(channelName);
        channel.onmessage = (event) => guardedHear((event as { data: ToExport | FromExport }).data);
        // After the listener, which takes the reference back.
        channel.unref();
      });
      post({ type: 'attach', threadId, shared: ring.shared });
    },
    () => {
      for (const callback of onFirst) callback();
      onFirst = [];
    },
    () => post({ type: 'wake' }),
    getEnvironmentData(SPARE_RINGS) as SharedArrayBuffer[] | undefined,
  );

  if (options.exporters.length === 0) writer.close();
  // The main thread doesn't see the workers of this worker.
  const workers = watchWorkers(
    () => false,
    guarded('the watch of worker threads', () => {
      for (const threadId of workers.ended()) post({ type: 'ended', threadId });
    }),
  );

  function flush(timeoutMs: number): Promise<boolean> {
    if (!writer.isPending()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const id = ++flushCount;
      const timer = setTimeout(() => {
        flushes.delete(id);
        resolve(false);
      }, timeoutMs);
      flushes.set(id, () => {
        clearTimeout(timer);
        resolve(true);
      });
      post({ type: 'flush', id, threadId });
    });
  }

  return {
    scope: writer.scope,
    write: writer.write,
    flush,
    shutdown(timeoutMs) {
      return (shutdown ??= (writer.close(), flush(timeoutMs)));
    },
    // The process's end is the main thread's business.
    flushSync() {},
    whenFirst(callback) {
      onFirst.push(callback);
    },
    // Its workers announce themselves to the main thread.
    prepareWorkers() {},
    stats: writer.stats,
  };
}
