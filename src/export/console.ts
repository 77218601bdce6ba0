import { writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import type { DecodedSpan } from '../encode/read.ts';
import type { Exporter } from './exporter.ts';
import { createHealth } from './health.ts';
import { renderTrace } from './tree.ts';

const WIDTH = 120;
const STDERR = 2;
const BLOCKED_MS = 1000;

/**
 * Prints traces as trees to stderr. What of a trace comes with a later batch is printed as a tree of its own.
 * @param color undefined = when stderr is a terminal
 */
export function consoleExporter(color: boolean | undefined): Exporter {
  const health = createHealth('print to stderr');
  return {
    async export(batch) {
      try {
        const traces = new Map<string, DecodedSpan[]>();
        for (const span of batch.decoded()) {
          const trace = traces.get(span.traceId);
          if (trace) trace.push(span);
          else traces.set(span.traceId, [span]);
        }
        let text = '';
        for (const trace of traces.values()) {
          text += `${renderTrace(trace, { color: color ?? isatty(STDERR), width: WIDTH })}\n`;
        }
        write(Buffer.from(text));
        return 0;
      } catch (error) {
        health.failed((error as NodeJS.ErrnoException).code ?? (error as Error).message, batch.spans);
        return batch.spans;
      }
    },
  };
}

/** A pipe that nobody empties answers EAGAIN; it gets some time. */
function write(text: Buffer): void {
  const until = performance.now() + BLOCKED_MS;
  for (let at = 0; at < text.length;) {
    try {
      at += writeSync(STDERR, text, at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN' || performance.now() > until) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
    }
  }
}
