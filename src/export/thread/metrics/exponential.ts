import type { HistogramPoint } from '../../../metrics/data.ts';
import { EXPONENTIAL_SCALE, FIRST_INDEX } from '../../../metrics/table.ts';

/** The specification's default for the size of a point. */
const MAX_BUCKETS = 160;

/** The buckets of an exponential histogram at the finest scale at which they fit into a point. @param counts zeros first */
export function fitted(counts: Float64Array): Pick<HistogramPoint, 'counts' | 'exponential'> {
  let first = 1;
  while (first < counts.length && counts[first] === 0) first++;
  if (first === counts.length)
    return { counts: [], exponential: { scale: EXPONENTIAL_SCALE, offset: 0, zeros: counts[0] } };
  let last = counts.length - 1;
  while (counts[last] === 0) last--;
  let from = first - 1 + FIRST_INDEX;
  let to = last - 1 + FIRST_INDEX;
  let shift = 0;
  while (to - from >= MAX_BUCKETS) {
    from >>= 1;
    to >>= 1;
    shift++;
  }
  const merged = Array.from({ length: to - from + 1 }, () => 0);
  for (let i = first; i <= last; i++) merged[((i - 1 + FIRST_INDEX) >> shift) - from] += counts[i];
  return {
    counts: merged,
    exponential: { scale: EXPONENTIAL_SCALE - shift, offset: from, zeros: counts[0] },
  };
}
