import { now } from '../../../trace/clock.ts';
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import type { Exporter } from '../exporter.ts';
import type { Signal } from '../../signal.ts';
import { createHealth } from '../health.ts';

const BLOCKED_MS = 1000;
const { O_APPEND, O_CREAT, O_WRONLY } = constants;
/** Not on Windows. */
const O_NONBLOCK = (constants.O_NONBLOCK as number | undefined) ?? 0;

/** Appends each batch to a file as one line of OTLP JSON, the format of the Collector's file exporter and receiver. */
export function fileExporter(signal: Signal, path: string): Exporter {
  const health = createHealth(`write to '${path}'`, signal);
  /** True when the last line is there in part only: what follows must not become a part of it. */
  let broken = false;
  let blockedMs = BLOCKED_MS;

  function append(line: Buffer): void {
    // Opening a FIFO that nobody reads would wait for ever, on a thread that nothing can interrupt.
    const file = openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK, 0o666);
    try {
      if (broken) writeAll(file, Buffer.from('\n'), blockedMs);
      broken = false;
      writeAll(file, line, blockedMs, () => (broken = true));
      broken = false;
    } finally {
      closeSync(file);
    }
  }

  return {
    async export(batch) {
      try {
        append(Buffer.from(`${batch.json()}\n`));
        health.succeeded();
        return 0;
      } catch (error) {
        health.failed((error as NodeJS.ErrnoException).code ?? (error as Error).message, batch.records);
        return batch.records;
      }
    },
    hurry(timeoutMs) {
      blockedMs = Math.min(BLOCKED_MS, timeoutMs / 2);
    },
  };
}

/** A pipe that nobody empties answers EAGAIN; it gets some time. */
export function writeAll(file: number, text: Buffer, blockedMs: number, onPart = (): void => {}): void {
  const until = now() + blockedMs;
  for (let at = 0; at < text.length;) {
    try {
      at += writeSync(file, text, at);
      if (at < text.length) onPart();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN' || now() > until) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
    }
  }
}
