import { log } from './log.ts';

const MAX_REPORTS = 3;
// No Map: its methods may be what fails.
const reports: Record<string, number> = Object.create(null);

/**
 * Reports a failure of our own code inside the app's call: the app goes on as if untraced. A few lines for each place, then
 * silence; a bug in the agent must not fill a log.
 */
export function reportFailure(where: string, error: unknown): void {
  try {
    const count = (reports[where] ?? 0) + 1;
    reports[where] = count;
    if (count > MAX_REPORTS) return;
    log.error(
      `${where} failed, the app is not affected: ${reasonOf(error).split('\n').slice(0, 3).join(' ')}`,
    );
  } catch {
    // What failed may be what this needs as well: a `Map.prototype.get` of the app's.
  }
}

function reasonOf(error: unknown): string {
  try {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  } catch {
    return 'an error that can not be shown';
  }
}

/** `fn` for calls from inside the app's calls: a failure is reported and the result undefined. */
export function guarded<A extends unknown[], R>(
  where: string,
  fn: (...args: A) => R,
): (...args: A) => R | undefined {
  return (...args) => {
    try {
      return fn(...args);
    } catch (error) {
      reportFailure(where, error);
      return undefined;
    }
  };
}
