/**
 * When metrics are read on the app's thread, and when they are exported: both at multiples of the interval since the start of the process, the
 * export a little later. Two timers that know nothing of each other would send values that are up to an interval old.
 */

/** The longest time that an export leaves to the reading before it. */
const MAX_LAG_MS = 1_000;

function lagOf(intervalMs: number): number {
  return Math.min(MAX_LAG_MS, intervalMs / 4);
}

/** The time to the next reading, in ms. */
export function untilReading(intervalMs: number, uptimeMs: number): number {
  return untilNext(intervalMs, uptimeMs);
}

/** The time to the next export, in ms. */
export function untilExport(intervalMs: number, uptimeMs: number): number {
  return untilNext(intervalMs, uptimeMs - lagOf(intervalMs));
}

/**
 * Whether a reading comes too late for its export. Its values would be overwritten by the next one, and they are those of a loop that was
 * blocked: it is left to the next one to have both intervals in it.
 */
export function isTooLate(intervalMs: number, uptimeMs: number): boolean {
  const phaseMs = uptimeMs % intervalMs;
  return phaseMs > lagOf(intervalMs) && phaseMs < intervalMs - toleranceOf(intervalMs);
}

/** Timers may fire a little early: that was this beat then, not the one before it. */
function toleranceOf(intervalMs: number): number {
  return intervalMs / 10;
}

function untilNext(intervalMs: number, sinceMs: number): number {
  const phaseMs = ((sinceMs % intervalMs) + intervalMs) % intervalMs;
  const leftMs = intervalMs - phaseMs;
  return leftMs < toleranceOf(intervalMs) ? leftMs + intervalMs : leftMs;
}
