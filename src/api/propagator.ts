import type {
  Context as ApiContext,
  TextMapGetter,
  TextMapPropagator,
  TextMapSetter,
} from '@opentelemetry/api';
import { adopt } from '../context/active.ts';
import { Context } from '../context/context.ts';
import { ALL } from '../context/layers.ts';
import { type Span } from '../trace/span.ts';
import { DENIED, NO_SPAN, NonRecordingSpan } from '../trace/span-context.ts';
import { SecondSpan } from '../trace/stand-in.ts';
import { restarts } from '../operation/restarts.ts';
import { localSpan, parentIds } from '../operation/start.ts';
import { extract, extractBaggage, fields, inject } from '../propagate/current.ts';
import { carriesIds, type HeaderGetter, type RemoteParent } from '../propagate/index.ts';

/** The API's propagator, for apps that carry context themselves (queues, jobs). */
export const textMapPropagator: TextMapPropagator = {
  inject<C>(context: ApiContext, carrier: C, setter: TextMapSetter<C>): void {
    const ours = adopt(context);
    if (ours.suppressed === ALL || ours.span instanceof SecondSpan) return;
    const set = (to: C, name: string, value: string): void => setter.set(to, name, value);
    inject(carrier, set, parentIds(ours) ?? NO_SPAN, ours.baggage);
  },

  extract<C>(context: ApiContext, carrier: C, getter: TextMapGetter<C>): ApiContext {
    const ours = adopt(context);
    const get: HeaderGetter<C> = (from, name) => getter.get(from, name) ?? undefined;
    get.keys = (from) => getter.keys(from);
    const remote = extract(carrier, get);
    const baggage =
      remote !== undefined && isRestarted(remote, ours) ? undefined : extractBaggage(carrier, get);
    if (remote === undefined && baggage === undefined) return context;
    const { entry, suppressed, values } = ours;
    const span = remote === undefined ? ours.span : carriesIds(remote) ? spanOf(remote, ours) : DENIED;
    return new Context(span, entry, baggage ?? ours.baggage, suppressed, values, undefined);
  },

  fields(): string[] {
    return [...fields()];
  },
};

/** Whether a trace is that of a stranger who is being served, and isn't continued: nor is the baggage. */
function isRestarted(remote: RemoteParent, context: Context): boolean {
  return restarts?.find(remote, context) !== undefined;
}

/** Frameworks and SDKs extract the headers of a request again: what they start is below the span that serves it, not beside it. */
function spanOf(remote: RemoteParent, context: Context): Span | NonRecordingSpan {
  return localSpan(remote, context) ?? passed(remote);
}

function passed(remote: RemoteParent): NonRecordingSpan {
  const { t0, t1, t2, t3, s0, s1, flags, traceState } = remote;
  return new NonRecordingSpan(t0, t1, t2, t3, s0, s1, flags, traceState, true);
}
