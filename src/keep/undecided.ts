import type { Span } from '../trace/span.ts';
import { type HeldTrace, NO_SPANS } from './held-trace.ts';
import { sizeOf } from './size.ts';

/** The traces of this thread that wait for a decision, by age. */
let oldest: HeldTrace | undefined;
let newest: HeldTrace | undefined;
let spans = 0;
let bytes = 0;

export function oldestUndecided(): HeldTrace | undefined {
  return oldest;
}

/** How many spans of all traces are held, roots that have not ended among them, and about how many bytes those are that have. */
export function heldSpans(): number {
  return spans;
}

export function heldBytes(): number {
  return bytes;
}

export function add(trace: HeldTrace): void {
  trace.older = newest;
  if (newest === undefined) oldest = trace;
  else newest.newer = trace;
  newest = trace;
  spans++;
}

/** Holds a span that has ended. */
export function addSpan(trace: HeldTrace, span: Span, endMs: number): void {
  const size = sizeOf(span);
  if (trace.spans === NO_SPANS) {
    trace.spans = [span];
    trace.ends = [endMs];
  } else {
    trace.spans.push(span);
    trace.ends.push(endMs);
  }
  trace.bytes += size;
  spans++;
  bytes += size;
}

/** Takes a trace out, which has been decided. */
export function remove(trace: HeldTrace): void {
  const { older, newer } = trace;
  if (older === undefined) oldest = newer;
  else older.newer = newer;
  if (newer === undefined) newest = older;
  else newer.older = older;
  trace.older = undefined;
  trace.newer = undefined;
  spans -= 1 + trace.spans.length;
  bytes -= trace.bytes;
}
