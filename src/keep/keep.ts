import type { KeepConditions } from '../config/keep.ts';
import { beforeLastExport } from '../export/app/exit.ts';
import { reportFailure } from '../guard.ts';
import { log } from '../log.ts';
import { thresholdOf, withThreshold } from '../propagate/ot.ts';
import { clockAt, now } from '../trace/clock.ts';
import { type Hold, setHold } from '../trace/hold.ts';
import { SAMPLED as SAMPLED_FLAG, Span } from '../trace/span.ts';
import { holds } from './conditions.ts';
import { DROPPED, HeldTrace, KEPT, NO_ENDS, NO_SPANS, SAMPLED, UNDECIDED } from './held-trace.ts';
import { keptCopy } from './kept-copy.ts';
import { tokenBucket } from '../token-bucket.ts';
import { add, addSpan, heldBytes, heldSpans, oldestUndecided, remove } from './undecided.ts';

/** Bounds of what is held, for each thread. */
const MAX_SPANS_OF_TRACE = 1_000;
const MAX_SPANS = 10_000;
const MAX_BYTES = 16 * 1024 * 1024;
const MAX_AGE_MS = 30_000;

const STATUS_ERROR = 2;

/** Holds the spans of local traces until their roots have ended, and keeps those for which a condition holds. */
export function startKeep(conditions: KeepConditions): void {
  setHold(keeping(conditions));
}

function keeping(conditions: KeepConditions): Hold {
  const { perSecond, attributes } = conditions;
  const mayKeep = perSecond === undefined ? undefined : tokenBucket(perSecond);
  let isFirst = true;

  function matches(trace: HeldTrace, atMs: number): boolean {
    try {
      return holds(conditions, trace, atMs);
    } catch (error) {
      // Apps start and end their spans themselves: nothing may reach them from here.
      reportFailure('FORETRACE_KEEP', error);
      return false;
    }
  }

  /** Decides on a trace by what is known of it at a time; its root need not have ended. */
  function decide(trace: HeldTrace, atMs: number): void {
    const { root } = trace;
    if (matches(trace, atMs) && (mayKeep === undefined || mayKeep(atMs))) {
      // Whatever the sampler said, so it stands for itself alone. With a limit nobody knows for how many.
      settle(trace, KEPT, withThreshold(root.traceState ?? '', mayKeep === undefined ? '0' : undefined));
    } else {
      settle(trace, isSampled(root) ? SAMPLED : DROPPED, undefined);
    }
  }

  /** Before its end: a trace that goes on for ever, or makes spans without end, is not to fill the memory. */
  function decideEarly(trace: HeldTrace, atMs: number, bound: string): void {
    decide(trace, atMs);
    sayOnce(bound);
  }

  function decideIfOld(trace: HeldTrace, atMs: number): boolean {
    const isOld = atMs - trace.sinceMs > MAX_AGE_MS;
    if (isOld) decideEarly(trace, atMs, `a trace for ${MAX_AGE_MS / 1_000} s`);
    return isOld;
  }

  function makeRoom(): void {
    for (let trace = oldestUndecided(); trace !== undefined; trace = oldestUndecided()) {
      if (heldSpans() > MAX_SPANS) decideEarly(trace, now(), `${MAX_SPANS} spans`);
      else if (heldBytes() > MAX_BYTES) decideEarly(trace, now(), `${MAX_BYTES >> 20} MiB of spans`);
      else return;
    }
  }

  function decideAll(): void {
    for (let trace = oldestUndecided(); trace !== undefined; trace = oldestUndecided()) decide(trace, now());
  }

  return {
    start(scope, name, kind, ids, s0, s1, parent, isRemote, startMs) {
      const p0 = parent === undefined ? 0 : parent.s0;
      const p1 = parent === undefined ? 0 : parent.s1;
      if (parent instanceof Span) {
        const { clock } = parent;
        if (!(clock instanceof HeldTrace)) return undefined;
        return new Span(scope, name, kind, ids, s0, s1, p0, p1, false, clock, startMs);
      }
      // Below what this process did not want to record.
      if (parent !== undefined && !isRemote) return undefined;
      // Certain to be sampled, or nobody knows how probable it was: there is nothing to correct.
      if (isSampled(ids) && !isThinned(ids.traceState)) return undefined;
      if (isFirst) {
        isFirst = false;
        // Only now, so that it comes after the one that ends what is being served.
        beforeLastExport(decideAll);
      }
      // The start may be an app's, hours away.
      const sinceMs = now();
      for (let old = oldestUndecided(); old !== undefined && decideIfOld(old, sinceMs);) {
        old = oldestUndecided();
      }
      const trace = new HeldTrace(clockAt(startMs), sinceMs);
      const root = new Span(scope, name, kind, ids, s0, s1, p0, p1, isRemote, trace, startMs);
      trace.root = root;
      add(trace);
      makeRoom();
      return root;
    },

    take(span, endMs) {
      const { clock: trace } = span;
      if (!(trace instanceof HeldTrace)) return false;
      if (trace.decision === UNDECIDED && span === trace.root) decide(trace, endMs);
      if (trace.decision !== UNDECIDED) {
        pass(span, endMs, trace);
        return true;
      }
      if (span.status === STATUS_ERROR) trace.hasFailed = true;
      addSpan(trace, span, endMs);
      if (trace.spans.length >= MAX_SPANS_OF_TRACE) {
        decideEarly(trace, now(), `${MAX_SPANS_OF_TRACE} spans of a trace`);
      } else if (endMs - trace.sinceMs > MAX_AGE_MS) decideIfOld(trace, now());
      makeRoom();
      return true;
    },

    drops(root, endMs, status, fails) {
      const { clock: trace } = root;
      if (!(trace instanceof HeldTrace)) return false;
      if (trace.decision === UNDECIDED) {
        if (isSampled(root) || attributes.length > 0) return false;
        if (holds(conditions, trace, endMs, { status, fails })) return false;
        settle(trace, DROPPED, undefined);
      }
      if (trace.decision !== DROPPED) return false;
      root.endAt(endMs);
      return true;
    },
  };
}

function isSampled({ flags }: { readonly flags: number }): boolean {
  return (flags & SAMPLED_FLAG) !== 0;
}

/** Whether a trace's state says that the trace was sampled with a probability below 1. */
function isThinned(state: string | undefined): boolean {
  const threshold = state === undefined ? undefined : thresholdOf(state);
  return threshold !== undefined && (threshold.high | threshold.low) !== 0;
}

/** Writes a decision down, and does with the spans so far what it says. */
function settle(trace: HeldTrace, decision: number, keptState: string | undefined): void {
  const { spans, ends } = trace;
  remove(trace);
  trace.decision = decision;
  trace.keptState = keptState;
  trace.spans = NO_SPANS;
  trace.ends = NO_ENDS;
  for (let i = 0; i < spans.length; i++) pass(spans[i], ends[i], trace);
}

/** Sends or drops a span that has ended, as its trace's decision says. */
function pass(span: Span, endMs: number, { decision, keptState }: HeldTrace): void {
  if (decision === KEPT) keptCopy(span, keptState).handOver(endMs);
  else if (decision === SAMPLED) span.handOver(endMs);
  span.letGo();
}

const said = new Set<string>();

function sayOnce(bound: string): void {
  if (said.has(bound)) return;
  said.add(bound);
  log.warn(
    `FORETRACE_KEEP decides on a trace before its end, by what is known of it: it holds ${bound} at most; said once`,
  );
}
