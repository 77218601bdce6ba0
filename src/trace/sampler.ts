import type { Config } from '../config/table.ts';

const TWO_32 = 0x1_0000_0000;
const TWO_56 = 2 ** 56;

let parentBased = true;
/** Trace ids whose last 56 bits are below this are dropped; 0 keeps all, 2^56 keeps none. */
let rejectBelow = 0;

/** Chooses the sampler. `ratio`, 0 to 1, counts for the ratio samplers alone. */
export function configure({ name, ratio }: Config['sampler']): void {
  parentBased = name.startsWith('parentbased_');
  if (name.endsWith('always_on')) rejectBelow = 0;
  else if (name.endsWith('always_off')) rejectBelow = TWO_56;
  else rejectBelow = Math.round((1 - ratio) * TWO_56);
}

/** True if the decision of a parent stands. */
export function followsParent(): boolean {
  return parentBased;
}

/**
 * The decision for a trace without a (followed) parent: the last 56 bits of the trace id against a threshold, as in the
 * specification's consistent probability sampling, so that all services with the same ratio keep the same traces.
 */
export function keeps(t2: number, t3: number): boolean {
  if (rejectBelow === 0) return true;
  if (rejectBelow === TWO_56) return false;
  return (t2 & 0xff_ffff) * TWO_32 + (t3 >>> 0) >= rejectBelow;
}
