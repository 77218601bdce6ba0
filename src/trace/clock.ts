import { performanceNow } from '../primordials.ts';

/**
 * Span times are `performance.now()` readings (monotonic, one double, no garbage); a `Clock` turns them into wall time
 * when a span is encoded. All spans of one local trace share the clock of its first span, so that a wall clock that jumps
 * or slews meanwhile can neither reorder them nor make a duration negative.
 */
export interface Clock {
  /** Wall time, in ms since the epoch, at which `performance.now()` was 0. */
  readonly originMs: number;
  /** The same in ns, as the upper and lower 32 bits: a double can't hold today's time in ns exactly. */
  readonly high: number;
  readonly low: number;
}

const RECHECK_MS = 1_000;
const TOLERATED_DRIFT_MS = 2;

let current: Clock | undefined;
let recheckAt = 0;

function anchor(originMs: number): Clock {
  const ns = BigInt(Math.round(originMs * 1_000)) * 1_000n;
  return { originMs, high: Number(ns >> 32n), low: Number(ns & 0xffffffffn) };
}

/** The time now, in ms on the monotonic clock. */
export { performanceNow as now };

/** The clock for a new local trace. `timeOrigin` drifts from wall time (NTP, suspend), so it is compared once a second. */
export function clockAt(nowMs: number): Clock {
  if (current === undefined || nowMs >= recheckAt) {
    // Not from `nowMs`: it may be a start that the app has given, hours away.
    const atMs = performanceNow();
    recheckAt = Math.min(nowMs, atMs) + RECHECK_MS;
    current ??= anchor(process.getBuiltinModule('node:perf_hooks').performance.timeOrigin);
    const originMs = Date.now() - atMs;
    if (Math.abs(originMs - current.originMs) > TOLERATED_DRIFT_MS) current = anchor(originMs);
  }
  return current;
}

/** The last ms since the epoch whose ns fit into 63 bits. */
const LAST_MS = 9_223_372_036_854;

/**
 * Turns a time given through the API (`HrTime`, `Date`, epoch ms or `performance.now()`) into monotonic ms; undefined for what is no
 * time or not one that OTLP can carry.
 */
export function monotonic(time: unknown, clock: Clock): number | undefined {
  let ms: number | undefined;
  try {
    ms = relative(time, clock);
  } catch {
    // A proxy of the app's.
  }
  if (ms === undefined) return undefined;
  const wallMs = ms + clock.originMs;
  // The epoch itself, from so far away that it may come out some ns before it, which OTLP can't tell.
  if (Math.abs(wallMs) < 0.001) return ms + 0.001;
  return wallMs >= 0 && wallMs <= LAST_MS ? ms : undefined;
}

function relative(time: unknown, clock: Clock): number | undefined {
  if (typeof time === 'number' && Number.isFinite(time)) {
    return time >= clock.originMs / 2 ? sinceOrigin(0, time, 0, clock) : time;
  }
  if (time instanceof Date) {
    const ms = time.getTime();
    return Number.isNaN(ms) ? undefined : sinceOrigin(0, ms, 0, clock);
  }
  if (Array.isArray(time) && Number.isFinite(time[0]) && Number.isFinite(time[1])) {
    return sinceOrigin(time[0], 0, time[1], clock);
  }
  return undefined;
}

/**
 * From the clock's origin to `seconds` + `ms` + `ns` since the epoch, exact to the ns within 100 days: a double that holds the
 * time since the epoch in ms has steps of 240 ns, so the large parts are taken from each other first.
 */
function sinceOrigin(seconds: number, ms: number, ns: number, { originMs }: Clock): number {
  // As the clock has it: whole microseconds.
  const originUs = Math.round(originMs * 1_000);
  const originWholeMs = Math.floor(originUs / 1_000);
  const wholeMs = Math.floor(ms);
  const apartMs = seconds * 1_000 + wholeMs - originWholeMs;
  const apartNs = Math.round((ms - wholeMs) * 1e6 + ns - (originUs - originWholeMs * 1_000) * 1_000);
  // The quarter keeps what is cut to whole ns later above it.
  return (apartMs * 1e6 + apartNs + 0.25) / 1e6;
}
