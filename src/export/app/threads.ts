import type * as Threads from 'node:worker_threads';

type WorkerThreads = typeof Threads;

/** `node:worker_threads`, when it is needed: it pulls in streams, 2 to 7 ms that the start of an app need not pay. */
export function workerThreads(): WorkerThreads {
  return process.getBuiltinModule('node:worker_threads');
}

/**
 * `isMainThread`, without loading `node:worker_threads` in the main thread. In workers, where it is loaded anyway, Node
 * puts functions that are marked as disabled in place of what they can't do.
 */
export function isMainThread(): boolean {
  const { disabled } = process.chdir as { disabled?: boolean };
  return disabled !== true || workerThreads().isMainThread;
}
