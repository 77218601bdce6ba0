import { now } from '../trace/clock.ts';

/** Says whether there is room for one more: so many for each second, saved up for one second at most. */
export function tokenBucket(perSecond: number, clock: () => number = now): () => boolean {
  let tokens = perSecond;
  let filledMs = clock();
  return () => {
    const ms = clock();
    tokens = Math.min(perSecond, tokens + ((ms - filledMs) * perSecond) / 1_000);
    filledMs = ms;
    if (tokens < 1) return false;
    tokens--;
    return true;
  };
}
