import type { ThreadRing } from '../messages.ts';
import type { SignalStats } from '../pipeline.ts';
import { counts, pending, type Ring, ringOf } from '../ring.ts';
import type { Signal } from '../signal.ts';

const NONE: SignalStats = { appended: 0, exported: 0, dropped: 0, failed: 0 };

/** The rings of a process: one for each signal of each thread that has written a record of it. */
export interface Rings {
  /** @returns false when it is here already */
  add(ring: ThreadRing): boolean;
  readonly all: readonly ThreadRing[];
  /** The thread writes no more: its rings are taken out once all that is in them is done. */
  ended(threadId: number): void;
  /** Takes out the rings of ended threads. */
  takeDrained(): SharedArrayBuffer[];
  /** Records that are neither exported nor given up: of the signal, or of all. */
  pending(signal?: Signal): number;
  stats(signal: Signal): SignalStats;
}

export function createRings(): Rings {
  let all: ThreadRing[] = [];
  const ended = new Set<number>();
  /** What the rings counted that were taken out. */
  const past: Partial<Record<Signal, SignalStats>> = {};

  const of = (signal: Signal | undefined): ThreadRing[] =>
    signal === undefined ? all : all.filter((ring) => ring.signal === signal);

  return {
    add({ threadId, signal, shared }) {
      if (all.some((ring) => ring.threadId === threadId && ring.signal === signal)) return false;
      all.push({ threadId, signal, shared });
      return true;
    },
    get all() {
      return all;
    },
    ended(threadId) {
      ended.add(threadId);
    },
    takeDrained() {
      if (ended.size === 0) return [];
      const drained = all.filter(
        ({ threadId, shared }) => ended.has(threadId) && pending(ringOf(shared)) <= 0,
      );
      all = all.filter((ring) => !drained.includes(ring));
      for (const { signal, shared } of drained)
        past[signal] = sum(past[signal] ?? NONE, statsOf(ringOf(shared)));
      for (const threadId of ended)
        if (!all.some((ring) => ring.threadId === threadId)) ended.delete(threadId);
      return drained.map(({ shared }) => shared);
    },
    pending: (signal) => of(signal).reduce((records, { shared }) => records + pending(ringOf(shared)), 0),
    stats: (signal) =>
      of(signal).reduce((total, { shared }) => sum(total, statsOf(ringOf(shared))), past[signal] ?? NONE),
  };
}

/** What became of the records of a ring. */
export function statsOf(ring: Ring | undefined): SignalStats {
  if (ring === undefined) return NONE;
  const { appended, done, dropped, failed } = counts(ring);
  return { appended, exported: done - failed, dropped, failed };
}

function sum(a: SignalStats, b: SignalStats): SignalStats {
  return {
    appended: a.appended + b.appended,
    exported: a.exported + b.exported,
    dropped: a.dropped + b.dropped,
    failed: a.failed + b.failed,
  };
}
