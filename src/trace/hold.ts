import type { Scope } from './scope.ts';
import type { Span } from './span.ts';
import type { SpanIds } from './span-context.ts';

/** What holds the spans of local traces back until the decision on them can be made: when their local root has ended. */
export interface Hold {
  /**
   * Starts the local root of a trace that is held, or a further span in one. Undefined if the sampler's decision, which is in
   * `ids.flags`, is the last one.
   *
   * @param parent the parent's ids; undefined for the root of a whole trace
   */
  start(
    scope: Scope,
    name: string,
    kind: number,
    ids: Pick<SpanIds, 't0' | 't1' | 't2' | 't3' | 'flags' | 'traceState'>,
    s0: number,
    s1: number,
    parent: SpanIds | undefined,
    isRemote: boolean,
    startMs: number,
  ): Span | undefined;
  /** Takes a span that has ended, which then belongs to it; false if the span is not of a held trace. */
  take(span: Span, endMs: number): boolean;
  /**
   * Whether the trace of a request that has been served is dropped, asked before anything is written on its span. If so it is dropped now.
   *
   * @param status the response's status code; undefined if there was none
   * @param fails whether the span gets the status Error for what became of the response
   */
  drops(root: Span, endMs: number, status: number | undefined, fails: boolean): boolean;
}

/** Undefined where every decision is the sampler's. */
export let hold: Hold | undefined;

export function setHold(next: Hold | undefined): void {
  hold = next;
}
