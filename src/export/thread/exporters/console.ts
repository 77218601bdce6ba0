import { isatty } from 'node:tty';
import type { DecodedSpan } from '../../../encode/read.ts';
import type { Exporter } from '../exporter.ts';
import { writeAll } from './file.ts';
import type { Signal } from '../../signal.ts';
import { createHealth } from '../health.ts';
import { renderTrace } from './tree.ts';

const WIDTH = 120;
const STDERR = 2;
const BLOCKED_MS = 1000;

/**
 * Prints traces as trees to stderr. What of a trace comes with a later batch is printed as a tree of its own.
 * @param color undefined = when stderr is a terminal
 */
export function consoleExporter(signal: Signal, color: boolean | undefined): Exporter {
  const health = createHealth('print to stderr', signal);
  let blockedMs = BLOCKED_MS;
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
        writeAll(STDERR, Buffer.from(text), blockedMs);
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
