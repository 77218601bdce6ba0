import { isatty } from 'node:tty';
import { now } from '../../../trace/clock.ts';
import type { DecodedLog, DecodedSpan } from '../../../encode/read.ts';
import type { Batch, Exporter } from '../exporter.ts';
import type { WaitingLogs } from './console-logs.ts';
import { writeAll } from './file.ts';
import type { Signal } from '../../signal.ts';
import { createHealth } from '../health.ts';
import { renderLog, renderTrace, type TreeOptions } from './tree.ts';

const WIDTH = 120;
const STDERR = 2;
const BLOCKED_MS = 1000;

/**
 * Prints traces as trees to stderr. What of a trace comes with a later batch is printed as a tree of its own.
 * @param color undefined = when stderr is a terminal
 * @param logs log records that are shown in the trees
 */
export function consoleExporter(color: boolean | undefined, logs?: WaitingLogs): Exporter {
  return printer('traces', color, async (batch, options) => {
    await logs?.settle();
    const traces = new Map<string, DecodedSpan[]>();
    for (const span of batch.decoded()) {
      const trace = traces.get(span.traceId);
      if (trace) trace.push(span);
      else traces.set(span.traceId, [span]);
    }
    let text = '';
    for (const [traceId, trace] of traces) text += `${renderTrace(trace, options, logs?.take(traceId))}\n`;
    return text;
  });
}

/** Prints log records, a line each, or with their trace where that is printed too. */
export function consoleLogExporter(
  color: boolean | undefined,
  waiting: WaitingLogs | undefined,
): Exporter & { printRest(): void } {
  const print = (logs: readonly DecodedLog[], options: TreeOptions): string =>
    logs.map((log) => renderLog(log, options)).join('');
  const exporter = printer('logs', color, async (batch, options) => {
    const logs = batch.decodedLogs();
    return print(waiting === undefined ? logs : waiting.add(logs, now()), options);
  });
  return {
    ...exporter,
    printRest() {
      const text = print(waiting?.rest() ?? [], optionsOf(color));
      if (text !== '') writeAll(STDERR, Buffer.from(text), BLOCKED_MS);
    },
  };
}

function optionsOf(color: boolean | undefined): TreeOptions {
  return { color: color ?? isatty(STDERR), width: WIDTH };
}

function printer(
  signal: Signal,
  color: boolean | undefined,
  textOf: (batch: Batch, options: TreeOptions) => Promise<string>,
): Exporter {
  const health = createHealth('print to stderr', signal);
  let blockedMs = BLOCKED_MS;
  return {
    async export(batch) {
      try {
        const text = await textOf(batch, optionsOf(color));
        if (text !== '') writeAll(STDERR, Buffer.from(text), blockedMs);
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
