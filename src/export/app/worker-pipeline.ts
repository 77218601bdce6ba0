import { guarded } from '../../guard.ts';
import type { FromExport, ToExport } from '../messages.ts';
import type { ExportOptions } from '../options.ts';
import type { Pipeline } from '../pipeline.ts';
import { createChannel } from './channel.ts';
import { SPARE_RINGS } from './environment-data.ts';
import { createFlushes } from './flushes.ts';
import { workerThreads } from './threads.ts';
import { watchWorkers } from './workers.ts';
import { createWriters } from './writers.ts';

/**
 * The pipeline of a worker thread of the app: rings of its own, each of which it announces once. The records are in shared
 * memory from the moment they are written, so they outlive this thread however it ends.
 * @param channelName where the pipeline of the process listens
 */
export function createWorkerPipeline(options: ExportOptions, channelName: string): Pipeline {
  const { getEnvironmentData, threadId } = workerThreads();
  const flushes = createFlushes();
  const channel = createChannel(channelName, 'an answer of the export', hear);
  let shutdown: Promise<boolean> | undefined;

  function hear(message: ToExport | FromExport): void {
    if (message.type === 'flushed' && message.threadId === threadId) flushes.answered(message.id);
  }

  const writers = createWriters(
    options.signals,
    (signal, { shared }) => {
      channel.open();
      channel.post({ type: 'ring', threadId, signal, shared });
    },
    (signal) => channel.post({ type: 'wake', signal }),
    getEnvironmentData(SPARE_RINGS) as SharedArrayBuffer[] | undefined,
  );

  // The main thread doesn't see the workers of this worker.
  const workers = watchWorkers(
    () => false,
    guarded('the watch of worker threads', () => {
      for (const threadId of workers.ended()) channel.post({ type: 'ended', threadId });
    }),
  );

  async function flush(timeoutMs: number): Promise<boolean> {
    if (!writers.isPending()) return true;
    return flushes.wait(timeoutMs, (id) => channel.post({ type: 'flush', id, threadId }));
  }

  return {
    write: writers.write,
    flush,
    shutdown(timeoutMs) {
      return (shutdown ??= (writers.close(), flush(timeoutMs)));
    },
    // The process's end is the main thread's business.
    flushSync() {},
    whenFirst: writers.whenFirst,
    // Its workers announce themselves to the main thread.
    prepareWorkers() {},
    // The main thread tells the export side.
    setLogLevel() {},
    stats: writers.stats,
  };
}
