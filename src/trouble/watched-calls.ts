const MAX_KEYS = 1_000;
const MAX_KEY_LENGTH = 2_048;
/** How many calls in a row have to be fast. */
const PROBATION = 100;

/**
 * Which calls are worth the stack, which costs more than the rest of a span: those of statements that have not shown that they are fast.
 * After a hundred fast calls in a row none is noted, until one is slow.
 */
export interface WatchedCalls {
  /** Whether the next call is to be noted. */
  isWatched(key: string): boolean;
  sawSlow(key: string): void;
}

export function watchedCalls(): WatchedCalls {
  const calls = new Map<string, number>();
  return {
    isWatched(key) {
      const count = calls.get(key) ?? 0;
      if (count >= PROBATION) return false;
      if (key.length > MAX_KEY_LENGTH) return true;
      if (count === 0 && calls.size >= MAX_KEYS) calls.clear();
      calls.set(key, count + 1);
      return true;
    },
    sawSlow(key) {
      calls.delete(key);
    },
  };
}
