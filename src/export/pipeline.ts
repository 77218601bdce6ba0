import type { LogLevel } from '../log.ts';
import type { ScopeInfo } from './ring.ts';
import type { Signal } from './signal.ts';

/** What became of the records of a signal. */
export interface SignalStats {
  /** Accepted into a queue. */
  appended: number;
  exported: number;
  /** Found the queue full. */
  dropped: number;
  /** Were accepted and could not be delivered. */
  failed: number;
}

/** An instrumentation scope as the one who makes records holds it. It belongs to one signal. */
export interface NumberedScope extends ScopeInfo {
  /** Its number in the ring of this thread, which is given to it by the first record; -1 until then. */
  number: number;
}

/**
 * Takes the first `length` bytes as a record of the scope: one message of OTLP's `Span`, `Metric` or `LogRecord`. Copies
 * them; never throws.
 * @returns false when the record was dropped
 */
export type WriteRecord = (scope: NumberedScope, bytes: Uint8Array, length: number) => boolean;

/** What those who make telemetry hand their records to. */
export interface Pipeline {
  /** For signals that are exported. */
  readonly write: Readonly<Partial<Record<Signal, WriteRecord>>>;
  /** Resolves when everything written so far is exported or given up; false = not within the time. */
  flush(timeoutMs: number): Promise<boolean>;
  /** Flushes and ends the export; later records are ignored. A second call has the result of the first. */
  shutdown(timeoutMs: number): Promise<boolean>;
  /**
   * Blocks this thread until everything is exported or given up, or the time is over; returns at once when there is
   * nothing. For the end of the process.
   */
  flushSync(timeoutMs: number): void;
  /** Calls back once, when the first record is written. */
  whenFirst(callback: () => void): void;
  /** To be called when the app loads `node:worker_threads`: from then on it may start threads that have spans. */
  prepareWorkers(): void;
  /** Tells the export side of the level of its lines, when it is another than at the start. */
  setLogLevel(level: LogLevel): void;
  stats(signal: Signal): SignalStats;
}
