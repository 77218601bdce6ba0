import type { SignalOptions } from '../options.ts';
import type { Pipeline, SignalStats, WriteRecord } from '../pipeline.ts';
import type { Ring } from '../ring.ts';
import type { Signal } from '../signal.ts';
import { createRingWriter, type RingWriter } from './ring-writer.ts';
import { statsOf } from './rings.ts';

/** This thread's ends of its rings: one for each signal that is exported. */
export interface Writers {
  readonly write: Pipeline['write'];
  /** Calls back once, with the first record of any signal. */
  whenFirst(callback: () => void): void;
  isPending(): boolean;
  stats(signal: Signal): SignalStats;
  /** Records are ignored from here on. */
  close(): void;
}

/**
 * A signal has no ring, and needs no memory, before its first record.
 * @param onRing called when there is one
 * @param onBatch called when a full batch waits in it and the export side does not look by itself
 * @param spare rings that may be free, instead of new ones
 */
export function createWriters(
  signals: Readonly<Partial<Record<Signal, SignalOptions>>>,
  onRing: (signal: Signal, ring: Ring) => void,
  onBatch: (signal: Signal) => void,
  spare?: readonly SharedArrayBuffer[],
): Writers {
  const write: Partial<Record<Signal, WriteRecord>> = {};
  const writers: Partial<Record<Signal, RingWriter>> = {};
  let callbacks: (() => void)[] = [];

  function onFirst(): void {
    const called = callbacks;
    callbacks = [];
    for (const callback of called) callback();
  }

  for (const [name, { exporters, batch }] of Object.entries(signals)) {
    const signal = name as Signal;
    if (exporters.length === 0) continue;
    const writer = createRingWriter(
      batch,
      (ring) => onRing(signal, ring),
      onFirst,
      () => onBatch(signal),
      spare,
    );
    writers[signal] = writer;
    write[signal] = writer.write;
  }

  return {
    write,
    whenFirst(callback) {
      callbacks.push(callback);
    },
    isPending: () => Object.values(writers).some((writer) => writer.isPending()),
    stats: (signal) => statsOf(writers[signal]?.ring),
    close() {
      for (const writer of Object.values(writers)) writer.close();
    },
  };
}
