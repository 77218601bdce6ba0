import { now } from '../trace/clock.ts';

/** Says whether there is room for one more: so many for each second, saved up for one second at most. */
export function tokenBucket(perSecond: number): () => boolean {
  let tokens = perSecond;
  let filledMs = now();
  return () => {
    const ms = now();
    tokens = Math.min(perSecond, tokens + ((ms - filledMs) * perSecond) / 1_000);
    filledMs = ms;
    if (tokens < 1) return false;
    tokens--;
    return true;
  };
}
