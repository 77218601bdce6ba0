import { subscribe } from 'node:diagnostics_channel';
import type { Worker } from 'node:worker_threads';

/**
 * Watches the worker threads that this thread makes, without a listener on them: an app sees the listeners of its
 * workers. A worker that has ended has the threadId -1, so the living ones are looked through when there is a reason to.
 * @param isOurs whether the worker just made is the export thread
 * @param onWorker called for each of the app's workers, before it runs
 */
export function watchWorkers(isOurs: () => boolean, onWorker: () => void): { ended(): number[] } {
  const living = new Map<number, WeakRef<Worker>>();
  subscribe('worker_threads', (message) => {
    const { worker } = message as { worker?: Worker };
    if (worker === undefined || isOurs()) return;
    living.set(worker.threadId, new WeakRef(worker));
    onWorker();
  });
  return {
    /** The threads that ended since the last call. */
    ended() {
      const gone: number[] = [];
      for (const [threadId, ref] of living) {
        const worker = ref.deref();
        if (worker !== undefined && worker.threadId !== -1) continue;
        living.delete(threadId);
        gone.push(threadId);
      }
      return gone;
    },
  };
}
