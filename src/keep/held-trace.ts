import type { Clock } from '../trace/clock.ts';
import type { Span } from '../trace/span.ts';

/** What has been decided on a trace. */
export const UNDECIDED = 0;
/** A condition holds: all of it goes out, with what `kept` says. */
export const KEPT = 1;
/** No condition holds, but the sampler has chosen it. */
export const SAMPLED = 2;
export const DROPPED = 3;

/** What a trace has before the first of its spans ends, and after the decision: many have no more than their root. */
export const NO_SPANS: Span[] = [];
export const NO_ENDS: number[] = [];

/**
 * A local trace whose spans wait for the end of its root. It is the clock of its spans, which all spans of a local trace share: so they
 * lead to it, and the spans of an app that holds none need no field for it.
 */
export class HeldTrace implements Clock {
  readonly originMs: number;
  readonly high: number;
  readonly low: number;
  /** When it began on the monotonic clock, whatever start the app may have given its root. */
  readonly sinceMs: number;
  root: Span;
  decision: number;
  /** The state with which its spans go out if it is kept. */
  keptState: string | undefined;
  /** Whether a span that has ended has failed. */
  hasFailed: boolean;
  /** The spans that have ended, and when. */
  spans: Span[];
  ends: number[];
  bytes: number;
  older: HeldTrace | undefined;
  newer: HeldTrace | undefined;

  constructor({ originMs, high, low }: Clock, sinceMs: number) {
    this.originMs = originMs;
    this.high = high;
    this.low = low;
    this.sinceMs = sinceMs;
    this.root = undefined as unknown as Span;
    this.decision = UNDECIDED;
    this.keptState = undefined;
    this.hasFailed = false;
    this.spans = NO_SPANS;
    this.ends = NO_ENDS;
    this.bytes = 0;
    this.older = undefined;
    this.newer = undefined;
  }
}
