export interface PipelineStats {
  /** Spans accepted. */
  ended: number;
  exported: number;
  /** Spans that found the queue full. */
  dropped: number;
  /** Spans that were accepted and could not be delivered. */
  failed: number;
}

/** What the tracer hands its spans to. */
export interface Pipeline {
  /** Registers an instrumentation scope (the same one twice has the same number). */
  scope(name: string, version?: string, schemaUrl?: string): number;
  /**
   * Takes the first `length` bytes, one OTLP `Span` message, as a span of the scope. Copies them; never throws.
   * @returns false when the span was dropped
   */
  write(scope: number, bytes: Uint8Array, length: number): boolean;
  /** Resolves when everything written so far is exported or given up; false = not within the time. */
  flush(timeoutMs: number): Promise<boolean>;
  /** Flushes and ends the export; later spans are ignored. A second call has the result of the first. */
  shutdown(timeoutMs: number): Promise<boolean>;
  /**
   * Blocks this thread until everything is exported or given up, or the time is over; returns at once when there is
   * nothing. For the end of the process.
   */
  flushSync(timeoutMs: number): void;
  /** Calls back once, when the first span is written. */
  whenFirst(callback: () => void): void;
  /** To be called when the app loads `node:worker_threads`: from then on it may start threads that have spans. */
  prepareWorkers(): void;
  stats(): PipelineStats;
}
