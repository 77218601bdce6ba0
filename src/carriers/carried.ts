import { Context } from '../context/context.ts';
import { ALL, NONE } from '../context/layers.ts';
import { carriesIds } from '../propagate/index.ts';
import { headerFromBaggage, limitBaggage } from '../propagate/baggage.ts';
import type { RemoteParent } from '../propagate/types.ts';
import { parentIds } from '../operation/start.ts';
import { DENIED, NonRecordingSpan } from '../trace/span-context.ts';

/** What goes with a thread or a message to one, as plain data. */
export interface Carried extends Readonly<RemoteParent> {
  /** As header text. */
  readonly baggage: string | undefined;
}

/** What of a context goes to another thread; undefined if it has no span, or tracing is suppressed in it. */
export function carriedOf(context: Context): Carried | undefined {
  if (context.suppressed === ALL) return undefined;
  const ids = parentIds(context);
  if (ids === undefined || !carriesIds(ids)) return undefined;
  const { t0, t1, t2, t3, s0, s1, flags, traceState } = ids;
  const { baggage } = context;
  const text = baggage === undefined || typeof baggage === 'string' ? baggage : headerFromBaggage(baggage);
  return { t0, t1, t2, t3, s0, s1, flags, traceState, baggage: text };
}

/** The context of what another thread or process has started. All-zero ids deny the recording of what it does. */
export function contextOf(remote: RemoteParent, baggage: string | undefined): Context {
  const { t0, t1, t2, t3, s0, s1, flags, traceState } = remote;
  const span = carriesIds(remote)
    ? new NonRecordingSpan(t0, t1, t2, t3, s0, s1, flags, traceState, true)
    : DENIED;
  return new Context(
    span,
    undefined,
    baggage === undefined ? undefined : limitBaggage(baggage),
    NONE,
    undefined,
    undefined,
  );
}
