import { free, isFree } from '../ring.ts';
import { SPARE_RINGS } from './environment-data.ts';
import { workerThreads } from './threads.ts';

/** So many rings of ended threads are kept for those that start; the memory of more is better given back. */
const MAX_SPARE = 4;

/** Hands the rings of ended threads on to threads that start. In the main thread. */
export interface SpareRings {
  /** The thread has ended, and nothing is left to export; the export side may still look at the ring. */
  add(drained: SharedArrayBuffer[]): void;
  /** Offers those that the export side has forgotten. */
  offer(): void;
}

export function createSpareRings(): SpareRings {
  let waiting: SharedArrayBuffer[] = [];
  let offered: SharedArrayBuffer[] = [];
  return {
    add(drained) {
      waiting.push(...drained);
    },
    offer() {
      if (waiting.length === 0) return;
      const freed = waiting.filter(free);
      waiting = waiting.filter((shared) => !freed.includes(shared)).slice(-MAX_SPARE);
      if (freed.length === 0) return;
      offered = [...offered.filter(isFree), ...freed].slice(-MAX_SPARE);
      workerThreads().setEnvironmentData(SPARE_RINGS, offered);
    },
  };
}
