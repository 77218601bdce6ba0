import { SAMPLED, Span } from '../trace/span.ts';

const IS_REMOTE = 0x200;

/**
 * A span that has ended, as it goes out if its trace is kept: sampled, and with another state. The span itself stays as it is: what is
 * sent below it later travels with the sampler's decision, as what was sent before.
 */
export function keptCopy(span: Span, traceState: string | undefined): Span {
  const { t0, t1, t2, t3, flags } = span;
  const copy = new Span(
    span.scope,
    span.name,
    span.kind,
    { t0, t1, t2, t3, flags: flags | SAMPLED, traceState },
    span.s0,
    span.s1,
    span.p0,
    span.p1,
    (flags & IS_REMOTE) !== 0,
    span.clock,
    span.startMs,
  );
  copy.own = span.own;
  copy.ownLength = span.ownLength;
  copy.user = span.user;
  copy.droppedAttributes = span.droppedAttributes;
  copy.events = span.events;
  copy.droppedEvents = span.droppedEvents;
  copy.links = span.links;
  copy.droppedLinks = span.droppedLinks;
  copy.status = span.status;
  copy.statusMessage = span.statusMessage;
  copy.ended = true;
  return copy;
}
