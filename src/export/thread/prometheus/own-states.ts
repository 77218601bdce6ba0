import type { EncodedMetric, ScopedMetric } from '../../../metrics/data.ts';
import { readMetric } from '../../../metrics/read.ts';

/** A thread of the app that is busy for longer is answered for with what it said the last time. */
const ANSWER_MS = 250;

/** What the app's threads measure through the API, as they say when they are asked. */
export interface OwnStates {
  /** The thread measures something. */
  add(threadId: number): void;
  /** The answer of a thread. */
  state(threadId: number, metrics: readonly EncodedMetric[]): void;
  /** The thread is gone; what it said last is shown once more. */
  ended(threadId: number): void;
  /** Asks all threads. */
  ask(): Promise<ScopedMetric[]>;
}

/** @param askThread asks one thread for its state */
export function createOwnStates(askThread: (threadId: number) => void): OwnStates {
  const living = new Set<number>();
  const states = new Map<number, readonly EncodedMetric[]>();
  let waiting: { threads: Set<number>; done(): void } | undefined;

  function answered(threadId: number): void {
    waiting?.threads.delete(threadId);
    if (waiting?.threads.size === 0) waiting.done();
  }

  function answers(): Promise<void> {
    if (living.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(done, ANSWER_MS);
      timer.unref();
      function done(): void {
        clearTimeout(timer);
        waiting = undefined;
        resolve();
      }
      // Another scrape, in the other format, may be waiting: one answer is for both.
      const before = waiting;
      waiting = {
        threads: new Set(living),
        done() {
          before?.done();
          done();
        },
      };
      for (const threadId of living) askThread(threadId);
    });
  }

  return {
    add(threadId) {
      living.add(threadId);
    },
    state(threadId, metrics) {
      states.set(threadId, metrics);
      answered(threadId);
    },
    ended(threadId) {
      living.delete(threadId);
      answered(threadId);
    },
    async ask() {
      await answers();
      const metrics = [...states.values()]
        .flat()
        .map(({ scope, bytes }): ScopedMetric => ({ ...readMetric(bytes), scope }));
      for (const threadId of states.keys()) if (!living.has(threadId)) states.delete(threadId);
      return metrics;
    },
  };
}
