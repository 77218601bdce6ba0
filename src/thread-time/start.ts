import { createHook } from 'node:async_hooks';
import { calling, current, setAttached } from '../context/active.ts';
import type { Entry } from '../context/context.ts';
import { setThreadTime } from '../semconv/http-server.ts';
import { now } from '../trace/clock.ts';

/** What runs at this moment, and since when. */
let running: Entry | undefined;
let sinceMs = 0;

/** What ran when a callback began inside of another. */
const outer: (Entry | undefined)[] = [];
let depth = 0;

/** The time up to now is that of what runs; from here on it is that of `next`. */
function switchTo(next: Entry | undefined): void {
  if (next === running) return;
  const atMs = now();
  if (running !== undefined) (running as { threadMs: number }).threadMs += atMs - sinceMs;
  running = next;
  sinceMs = atMs;
}

function settle(): void {
  if (running === undefined) return;
  const atMs = now();
  (running as { threadMs: number }).threadMs += atMs - sinceMs;
  sinceMs = atMs;
}

/** The entry of the active context, if its time is measured. */
function measured(): Entry | undefined {
  const entry = current()?.entry;
  return entry?.threadMs === undefined ? undefined : entry;
}

function before(): void {
  outer[depth++] = running;
  switchTo(measured());
}

function after(): void {
  if (depth === 0) {
    // It had begun when measuring did.
    switchTo(undefined);
    return;
  }
  const next = outer[--depth];
  outer[depth] = undefined;
  switchTo(next);
}

/** In the place of `Reflect.apply` where a context is made active for one call. */
function applyMeasured(fn: Function, self: unknown, args: ArrayLike<unknown>): unknown {
  const previous = running;
  switchTo(measured());
  try {
    return Reflect.apply(fn, self, args);
  } finally {
    switchTo(previous);
  }
}

/**
 * Measures how long the code of each HTTP request runs on this thread: the time between the moments at which what is active changes. Node's
 * hooks tell of each callback and each continuation of a promise, at which it has made the context active; what changes the context in between
 * is our own (`src/context/active.ts`).
 *
 * Not seen is what an app itself runs in the context of another request by `AsyncLocalStorage.snapshot()`, on Node 24 and later: it counts for
 * the request in whose turn it runs.
 */
export function startThreadTime(): void {
  createHook({ before, after }).enable();
  calling.apply = applyMeasured as typeof Reflect.apply;
  setAttached(() => switchTo(measured()));
  setThreadTime(settle);
}
