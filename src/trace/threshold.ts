import type { Bits56 } from '../propagate/ot.ts';

/** The one answer on a local root: whether it is recorded, and what travels on as its trace's state. */
export interface Decision {
  readonly sampled: boolean;
  /** The `tracestate` of the span and of all below it. */
  readonly traceState: string | undefined;
}

/** A sampling probability, as the specification's rejection threshold: of 2^56 traces, how many are dropped. */
export interface Threshold extends Bits56 {
  /** Its hexadecimal digits without trailing zeros, the `th` of `tracestate`. Undefined where a trace isn't told. */
  readonly th: string | undefined;
  /** The decision on what it keeps of traces that have no state yet. */
  readonly kept: Decision;
}

export const KEPT: Decision = { sampled: true, traceState: undefined };
export const DROPPED: Decision = { sampled: false, traceState: undefined };

/** The digits that the specification recommends, beside those that a small ratio begins with. */
const PRECISION = 4;
/** More are not in a double. */
const MAX_PRECISION = 12;
const MIN_RATIO = 2 ** -56;

/** Keeps nothing. */
export const NEVER: Threshold = { high: 0x100_0000, low: 0, th: undefined, kept: KEPT };

/** Keeps all, which goes without saying. */
export const ALWAYS: Threshold = { high: 0, low: 0, th: undefined, kept: KEPT };

/**
 * The threshold of a ratio, rounded to what `th` says of it: what is kept and what is told have to be the same share. A ratio of 1 gives
 * `th:0`.
 */
export function thresholdOf(ratio: number): Threshold {
  if (!(ratio >= MIN_RATIO)) return NEVER;
  // A ratio of 2^-4 begins with one digit f, which says little: such digits don't count.
  const fs = Math.floor((Math.floor(Math.log2(ratio)) + 1) / -4);
  const precision = Math.max(1, Math.min(MAX_PRECISION, PRECISION + fs));
  const scale = 16 ** precision;
  const digits = Math.min(Math.round((1 - ratio) * scale), scale - 1)
    .toString(16)
    .padStart(precision, '0');
  const th = digits.replace(/0+$/, '') || '0';
  const all = digits.padEnd(14, '0');
  return {
    high: Number.parseInt(all.slice(0, 6), 16),
    low: Number.parseInt(all.slice(6), 16),
    th,
    kept: { sampled: true, traceState: `ot=th:${th}` },
  };
}

/** Whether randomness is below a threshold: dropped. */
export function isBelow({ high, low }: Bits56, threshold: Bits56): boolean {
  return high < threshold.high || (high === threshold.high && low < threshold.low);
}
