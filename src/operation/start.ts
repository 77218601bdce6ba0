import { active } from '../context/active.ts';
import type { Context } from '../context/context.ts';
import { ALL } from '../context/layers.ts';
import { withThreshold } from '../propagate/ot.ts';
import { DEBUG, UNDECIDED } from '../propagate/types.ts';
import { clockAt, now } from '../trace/clock.ts';
import { hold } from '../trace/hold.ts';
import { randomInt32 } from '../trace/ids.ts';
import { decide, mayKeep } from '../trace/sampler.ts';
import type { Scope } from '../trace/scope.ts';
import { isOff } from '../trace/switch.ts';
import { SecondSpan } from '../trace/stand-in.ts';
import { DROPPED } from '../trace/threshold.ts';
import { CLIENT, SAMPLED, Span } from '../trace/span.ts';
import { DENIED, idsOf, NO_SPAN, NonRecordingSpan, type SpanIds } from '../trace/span-context.ts';

import { restarts } from './restarts.ts';

/** W3C trace context level 2: the last 56 bits of our trace ids are random. */
const RANDOM = 0x02;

/**
 * Makes a client span of the app that is around a traced call the span of that call; returns whether it is. Undefined if spans are
 * not folded.
 */
export type FoldAround = (around: Span, scope: Scope, name: string, address: string | undefined) => boolean;

let foldAround: FoldAround | undefined;

export function setFoldAround(fold: FoldAround | undefined): void {
  foldAround = fold;
}

/** Says more of a span that starts below another of this process, such as what is known of the request that is being served. */
export type SayBelow = (span: Span, context: Context) => void;

let sayBelow: SayBelow | undefined;

export function setSayBelow(say: SayBelow | undefined): void {
  sayBelow = say;
}

/** The ids of the context's span; undefined if it has none. */
export function parentIds(context: Context): SpanIds | undefined {
  const { span } = context;
  if (span === undefined) return undefined;
  if (span instanceof Span || span instanceof NonRecordingSpan) return span;
  try {
    return idsOf(span.spanContext?.());
  } catch {
    // Another implementation's span.
    return undefined;
  }
}

/**
 * The span of this process that extracted ids mean: headers of the request being served that are read a second time, or that the app
 * wrote for itself. The served span for its own parent, or what it came with where that is not continued, and a span that is active
 * for its ids.
 */
export function localSpan(ids: SpanIds, context: Context): Span | NonRecordingSpan | undefined {
  const served = context.entry?.span;
  if (served !== undefined && isTrace(served, ids)) {
    const { s0, s1 } = ids;
    if ((served.p0 === s0 && served.p1 === s1) || (served.s0 === s0 && served.s1 === s1)) return served;
  }
  const { span } = active();
  if (span instanceof Span && isSame(span, ids)) return span;
  return restarts?.find(ids, context);
}

/** Whether ids are those of one span. */
export function isSame(one: SpanIds, other: SpanIds): boolean {
  return isTrace(one, other) && one.s0 === other.s0 && one.s1 === other.s1;
}

function isTrace(span: SpanIds, { t0, t1, t2, t3 }: SpanIds): boolean {
  return span.t3 === t3 && span.t2 === t2 && span.t1 === t1 && span.t0 === t0;
}

/**
 * False if whatever starts under `context` is dropped, as far as that is known before there is a span: suppressed, or its parent's
 * decision. A parent that is not recorded here may be sampled all the same: another process's.
 */
export function isRecorded(context: Context): boolean {
  if (context.suppressed === ALL) return false;
  const { span } = context;
  if (span instanceof Span) return true;
  // What stands for a span that has begun is one of a trace that goes on to its end.
  if (isOff()) return span instanceof SecondSpan;
  if (span === undefined) return true;
  const parent = parentIds(context);
  if (parent === undefined || parent === NO_SPAN) return true;
  if (parent === DENIED || isDroppedHere(parent, span)) return false;
  return mayKeep(parent) || (hold !== undefined && isRemote(parent));
}

/** Whether ids are those of a span of another process. */
export function isRemote(ids: SpanIds): boolean {
  return ids instanceof NonRecordingSpan && ids.isRemote;
}

/** Whether a context's span is one of this process that was not sampled: the decision was on all that is below it, too. */
function isDroppedHere(ids: SpanIds | undefined, span: Context['span']): boolean {
  return ids === span && ids instanceof NonRecordingSpan && !ids.isRemote && ids !== NO_SPAN;
}

/**
 * Starts a span under `context`, or returns what must travel on in its place when the sampler drops it. The decision is
 * the sampler's: a followed parent's flag, else the trace id's. `address` is where the call of a client goes, if it is known.
 */
export function startSpan(
  scope: Scope,
  name: string,
  kind: number,
  context: Context,
  startMs: number = now(),
  address?: string,
): Span | NonRecordingSpan {
  if (context.suppressed === ALL) return NO_SPAN;
  let { span } = context;
  let ids: SpanIds | undefined;
  if (!(span instanceof Span)) {
    if (span instanceof SecondSpan) ({ span } = span);
    else ids = parentIds(context);
  }
  if (isDroppedHere(ids, span)) return dropped(ids as SpanIds, (ids as SpanIds).traceState);
  const parent = ids === undefined || ids === NO_SPAN ? span : localSpan(ids, context);
  if (parent instanceof Span) {
    if (parent.kind === CLIENT && kind === CLIENT && foldAround?.(parent, scope, name, address) === true) {
      return parent;
    }
    const child = new Span(
      scope,
      name,
      kind,
      parent,
      randomInt32(),
      randomInt32(),
      parent.s0,
      parent.s1,
      false,
      parent.clock,
      startMs,
    );
    if (sayBelow !== undefined) sayBelow(child, context);
    return child;
  }
  if (ids === NO_SPAN) return startUnder(scope, name, kind, undefined, false, false, startMs);
  if (ids === DENIED) return startUnder(scope, name, kind, undefined, false, true, startMs);
  if (parent instanceof NonRecordingSpan && !isOff()) return dropped(parent, parent.traceState);
  return startUnder(scope, name, kind, ids, ids !== undefined && isRemote(ids), false, startMs);
}

/**
 * What travels on in place of the span of an entry that the operator has excluded: the caller's trace, else a fresh one, as not
 * sampled. Neither sampler nor rules are asked and nothing is held, here and for all that starts below.
 */
export function deniedUnder(parent: SpanIds | undefined): NonRecordingSpan {
  const { t0, t1, t2, t3, flags, traceState } = parent ?? {
    t0: randomInt32(),
    t1: randomInt32(),
    t2: randomInt32(),
    t3: randomInt32(),
    flags: RANDOM,
    traceState: undefined,
  };
  const passedOn = flags & ~(SAMPLED | UNDECIDED | DEBUG);
  const state = traceState === undefined ? undefined : withThreshold(traceState, undefined);
  return new NonRecordingSpan(t0, t1, t2, t3, randomInt32(), randomInt32(), passedOn, state, false);
}

/**
 * Starts a span under a parent that this process doesn't record: another process's, or none, which may deny the recording.
 * @param asked what rules see in place of the name
 */
export function startUnder(
  scope: Scope,
  name: string,
  kind: number,
  parent: SpanIds | undefined,
  remote: boolean,
  denied: boolean,
  startMs: number,
  asked: string = name,
): Span | NonRecordingSpan {
  if (isOff() && !denied) return parent === undefined ? DENIED : asItCame(parent, remote);
  if (parent === undefined) {
    const t0 = randomInt32();
    const t1 = randomInt32();
    const t2 = randomInt32();
    const t3 = randomInt32();
    const s0 = randomInt32();
    const s1 = randomInt32();
    const { sampled, traceState } = denied ? DROPPED : decide(undefined, t2, t3, kind, asked);
    if (!sampled) {
      const passed = new NonRecordingSpan(t0, t1, t2, t3, s0, s1, RANDOM, undefined, false);
      if (hold === undefined || denied) return passed;
      return hold.start(scope, name, kind, passed, s0, s1, undefined, false, startMs) ?? passed;
    }
    const ids = { t0, t1, t2, t3, flags: SAMPLED | RANDOM, traceState };
    const held = hold?.start(scope, name, kind, ids, s0, s1, undefined, false, startMs);
    if (held !== undefined) return held;
    return new Span(scope, name, kind, ids, s0, s1, 0, 0, false, clockAt(startMs), startMs);
  }
  const { t0, t1, t2, t3 } = parent;
  const { sampled, traceState } = decide(parent, t2, t3, kind, asked);
  if (!sampled) {
    const passed = dropped(parent, traceState);
    return hold?.start(scope, name, kind, passed, passed.s0, passed.s1, parent, remote, startMs) ?? passed;
  }
  const ids = { t0, t1, t2, t3, flags: parent.flags | SAMPLED, traceState };
  const s0 = randomInt32();
  const s1 = randomInt32();
  const held = hold?.start(scope, name, kind, ids, s0, s1, parent, remote, startMs);
  if (held !== undefined) return held;
  return new Span(scope, name, kind, ids, s0, s1, parent.s0, parent.s1, remote, clockAt(startMs), startMs);
}

/** What travels on below a parent when nothing is recorded. */
function dropped({ t0, t1, t2, t3, flags }: SpanIds, traceState: string | undefined): NonRecordingSpan {
  const s0 = randomInt32();
  const s1 = randomInt32();
  return new NonRecordingSpan(t0, t1, t2, t3, s0, s1, flags & ~(SAMPLED | UNDECIDED), traceState, false);
}

/** What travels on while tracing is switched off: the parent itself, with its decision, as if this process were not there. */
function asItCame(parent: SpanIds, remote: boolean): NonRecordingSpan {
  if (parent instanceof NonRecordingSpan) return parent;
  const { t0, t1, t2, t3, s0, s1, flags, traceState } = parent;
  return new NonRecordingSpan(t0, t1, t2, t3, s0, s1, flags, traceState, remote);
}
