import type { Config } from '../config/table.ts';
import { log } from '../log.ts';
import { type Bits56, randomnessOf, thresholdOf as thresholdIn, withThreshold } from '../propagate/ot.ts';
import { UNDECIDED } from '../propagate/types.ts';
import type { SpanIds } from './span-context.ts';
import {
  ALWAYS,
  type Decision,
  DROPPED,
  isBelow,
  KEPT,
  NEVER,
  type Threshold,
  thresholdOf,
} from './threshold.ts';

const SAMPLED = 0x01;
const RANDOM = 0x02;

/** The threshold for a local root, by its kind and by what it is asked for: see `decide`; undefined for the sampler's own. */
export type Rules = (kind: number, name: string) => Threshold | undefined;

let parentBased = true;
let threshold = ALWAYS;
/** Undefined unless there are rules. */
let rules: Rules | undefined;
/** Whether there is room for one more trace. Undefined unless the rate is limited. */
let hasRoom: (() => boolean) | undefined;

/** Chooses the sampler; may be called again. `ratio`, 0 to 1, counts for the ratio samplers alone. */
export function configure({ name, ratio }: Config['sampler']): void {
  parentBased = name.startsWith('parentbased_');
  if (name.endsWith('always_off')) threshold = NEVER;
  else threshold = name.endsWith('always_on') || ratio === 1 ? ALWAYS : thresholdOf(ratio);
}

/** Sets rules that overrule the sampler where it would decide itself. */
export function setRules(next: Rules | undefined): void {
  rules = next;
}

/** Whether what a local root is asked for makes a difference: putting it together costs. */
export function hasRules(): boolean {
  return rules !== undefined;
}

/** Sets what is asked for room for each new trace that would be kept. */
export function setRateLimit(next: (() => boolean) | undefined): void {
  hasRoom = next;
}

/**
 * The decision on a local root: a followed parent's flag, else the last 56 bits of the trace id, or the `rv` that came with it, against
 * the threshold of the first rule that is about it, else of the sampler, as in the specification's consistent probability sampling, so
 * that all services with the same ratio keep the same traces.
 * @param name what is asked for: method and path of a request that a server got, else the name of the span
 */
export function decide(
  parent: SpanIds | undefined,
  t2: number,
  t3: number,
  kind: number,
  name: string,
): Decision {
  if (parent !== undefined && isFollowed(parent)) return follow(parent);
  const applied = rules === undefined ? threshold : (rules(kind, name) ?? threshold);
  if (parent?.traceState !== undefined) return decideIn(parent, parent.traceState, applied);
  if (parent !== undefined) notePresumed(parent, applied);
  const high = t2 & 0xff_ffff;
  if (high < applied.high || (high === applied.high && t3 >>> 0 < applied.low)) return DROPPED;
  if (hasRoom !== undefined) return hasRoom() ? KEPT : DROPPED;
  return applied.kept;
}

/** False if the decision under a parent that this process doesn't record is known to be against it. */
export function mayKeep(parent: SpanIds): boolean {
  if (isFollowed(parent)) return (parent.flags & SAMPLED) !== 0;
  if (rules !== undefined) return true;
  return !isBelow(randomness(parent), threshold);
}

/** Whether the decision of a parent stands. */
function isFollowed({ flags }: SpanIds): boolean {
  return parentBased && (flags & UNDECIDED) === 0;
}

/** A threshold that contradicts the flag says nothing of the probability, and is erased. */
function follow(parent: SpanIds): Decision {
  const sampled = (parent.flags & SAMPLED) !== 0;
  const { traceState } = parent;
  if (traceState === undefined) return sampled ? KEPT : DROPPED;
  const applied = thresholdIn(traceState);
  if (applied === undefined) return { sampled, traceState };
  const isConsistent = sampled && !Number.isNaN(applied.high) && !isBelow(randomness(parent), applied);
  return { sampled, traceState: isConsistent ? traceState : withThreshold(traceState, undefined) };
}

/** Decides in a trace that carries a state, whoever decided before. */
function decideIn(parent: SpanIds, state: string, applied: Threshold): Decision {
  if (randomnessOf(state) === undefined) notePresumed(parent, applied);
  const sampled = !isBelow(randomness(parent), applied) && (hasRoom === undefined || hasRoom());
  return {
    sampled,
    traceState: withThreshold(state, sampled && hasRoom === undefined ? applied.th : undefined),
  };
}

/** What is random in a trace: what it brings along, else the end of its id. */
function randomness({ t2, t3, traceState }: SpanIds): Bits56 {
  const brought = traceState === undefined ? undefined : randomnessOf(traceState);
  return brought ?? { high: t2 & 0xff_ffff, low: t3 >>> 0 };
}

let noted = false;

/** As the specification asks for: a caller whose ids are not random is sampled by chance of another sort. */
function notePresumed({ flags }: SpanIds, { high, low }: Threshold): void {
  if (noted || (flags & RANDOM) !== 0 || parentBased || (high | low) === 0 || high > 0xff_ffff) return;
  noted = true;
  log.warn(
    'a trace is sampled by its id, but its caller doesn’t say that the id is random: traces may be kept by another share than the ratio',
  );
}
