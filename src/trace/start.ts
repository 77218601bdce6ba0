import type { Context } from '../context/context.ts';
import { UNDECIDED } from '../propagate/types.ts';
import { clockAt, now } from './clock.ts';
import { randomInt32 } from './ids.ts';
import { followsParent, keeps } from './sampler.ts';
import type { Scope } from './scope.ts';
import { DENIED, idsOf, NO_SPAN, PassedSpan, SAMPLED, Span, type SpanIds } from './span.ts';

/** W3C trace context level 2: the last 56 bits of our trace ids are random. */
const RANDOM = 0x02;

/** The ids of the context's span; undefined if it has none. */
export function parentIds(context: Context): SpanIds | undefined {
  const { span } = context;
  if (span === undefined) return undefined;
  if (span instanceof Span || span instanceof PassedSpan) return span;
  try {
    return idsOf(span.spanContext?.());
  } catch {
    // Another implementation's span.
    return undefined;
  }
}

/**
 * False if whatever starts under `context` is dropped, as far as that is known before there is a span: suppressed, or its parent's
 * decision. A parent that is not recorded here may be sampled all the same: another process's.
 */
export function isRecorded(context: Context): boolean {
  if (context.suppressed) return false;
  const { span } = context;
  if (span === undefined || span instanceof Span) return true;
  const parent = parentIds(context);
  return parent === undefined || parent === NO_SPAN || (parent !== DENIED && isSampled(parent));
}

/** The sampler's decision under a parent that this process doesn't record. */
function isSampled({ flags, t2, t3 }: SpanIds): boolean {
  return followsParent() && (flags & UNDECIDED) === 0 ? (flags & SAMPLED) !== 0 : keeps(t2, t3);
}

/**
 * Starts a span under `context`, or returns what must travel on in its place when the sampler drops it. The decision is
 * the sampler's: a followed parent's flag, else the trace id's.
 */
export function startSpan(
  scope: Scope,
  name: string,
  kind: number,
  context: Context,
  startMs: number = now(),
): Span | PassedSpan {
  if (context.suppressed) return NO_SPAN;
  const parent = context.span;
  if (parent instanceof Span) {
    return new Span(
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
  }
  const ids = parentIds(context);
  if (ids === NO_SPAN) return startUnder(scope, name, kind, undefined, false, false, startMs);
  if (ids === DENIED) return startUnder(scope, name, kind, undefined, false, true, startMs);
  const remote = ids instanceof PassedSpan && ids.isRemote;
  return startUnder(scope, name, kind, ids, remote, false, startMs);
}

/** Starts a span under a parent that this process doesn't record: another process's, or none, which may deny the recording. */
export function startUnder(
  scope: Scope,
  name: string,
  kind: number,
  parent: SpanIds | undefined,
  remote: boolean,
  denied: boolean,
  startMs: number,
): Span | PassedSpan {
  if (parent === undefined) {
    const t0 = randomInt32();
    const t1 = randomInt32();
    const t2 = randomInt32();
    const t3 = randomInt32();
    const s0 = randomInt32();
    const s1 = randomInt32();
    if (denied || !keeps(t2, t3)) {
      return new PassedSpan(t0, t1, t2, t3, s0, s1, RANDOM, undefined, false);
    }
    const ids = { t0, t1, t2, t3, flags: SAMPLED | RANDOM, traceState: undefined };
    return new Span(scope, name, kind, ids, s0, s1, 0, 0, false, clockAt(startMs), startMs);
  }
  const { t0, t1, t2, t3, traceState } = parent;
  if (!isSampled(parent)) {
    return new PassedSpan(
      t0,
      t1,
      t2,
      t3,
      randomInt32(),
      randomInt32(),
      parent.flags & ~(SAMPLED | UNDECIDED),
      traceState,
      false,
    );
  }
  const ids = { t0, t1, t2, t3, flags: parent.flags | SAMPLED, traceState };
  const { s0, s1 } = parent;
  return new Span(
    scope,
    name,
    kind,
    ids,
    randomInt32(),
    randomInt32(),
    s0,
    s1,
    remote,
    clockAt(startMs),
    startMs,
  );
}
