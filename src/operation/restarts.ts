import type { Context } from '../context/context.ts';
import type { Span } from '../trace/span.ts';
import type { NonRecordingSpan, SpanIds } from '../trace/span-context.ts';

/** What becomes of the traces that requests and messages come in with where these are not continued. */
export interface Restarts {
  /** Whether what came is linked. */
  readonly areLinked: boolean;
  /** Hears of the span that starts a trace in place of continuing the one of `came`. */
  note(span: Span | NonRecordingSpan, came: SpanIds): void;
  /** The span that is being served and has come with these ids. */
  find(came: SpanIds, context: Context): Span | NonRecordingSpan | undefined;
}

/** Undefined while traces are continued. */
export let restarts: Restarts | undefined;

export function setRestarts(next: Restarts | undefined): void {
  restarts = next;
}
