import { active } from '../context/active.ts';
import type { Restarts } from '../operation/restarts.ts';
import { isSame } from '../operation/start.ts';
import { Span } from '../trace/span.ts';
import { DENIED, NonRecordingSpan, type SpanIds } from '../trace/span-context.ts';

/** What the spans of entries have come with, for frameworks that read the headers of what is being served once more. */
const came = new WeakMap<object, SpanIds>();

/** Starts a trace of its own for each entry that comes with one, with a link to it or without. */
export function restarting(areLinked: boolean): Restarts {
  return {
    areLinked,
    note(span, parent) {
      if (parent === DENIED) return;
      came.set(span, parent);
      if (areLinked && span instanceof Span) span.link(parent, true);
    },
    find(ids, context) {
      const around = active();
      for (const span of [context.entry?.span, context.span, around.entry?.span, around.span]) {
        if (!(span instanceof Span || span instanceof NonRecordingSpan)) continue;
        const parent = came.get(span);
        if (parent !== undefined && isSame(parent, ids)) return span;
      }
      return undefined;
    },
  };
}
