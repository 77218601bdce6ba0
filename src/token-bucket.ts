/** A bucket of tokens: `perSecond` are added each second, and one can be taken at a time. At first it is full. */
export function tokenBucket(perSecond: number): (nowMs: number) => boolean {
  // Less than one in a second is one in so many seconds.
  const capacity = Math.max(1, perSecond);
  let tokens = capacity;
  let lastMs: number | undefined;
  return (nowMs) => {
    if (lastMs !== undefined) {
      tokens = Math.min(capacity, tokens + (Math.max(0, nowMs - lastMs) * perSecond) / 1_000);
    }
    lastMs = nowMs;
    if (tokens < 1) return false;
    tokens--;
    return true;
  };
}
