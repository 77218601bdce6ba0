import { type Key, key } from '../encode/key.ts';

// Attribute names for which there is no convention.

/** On the span of a request that was being served when the process ended. */
export const FORETRACE_UNFINISHED = key('foretrace.unfinished');

/** On a call of a database that took long, and the name of the event that tells of it. */
export const FORETRACE_DB_SLOW = key('foretrace.db.slow');
/** How long it took, in ms, on that event. */
export const FORETRACE_DB_DURATION = key('foretrace.db.duration_ms');
/**
 * On a statement that repeats others one after the other: how many there have been by then. On the span that they are below: how many
 * there were of the most frequent one. And the name of the event that tells of them.
 */
export const FORETRACE_DB_REPEATED = key('foretrace.db.repeated');

/** Of what a framework calls, as OpenTelemetry's agents for JavaScript name it: `express.type`, `koa.name`. */
export function stepKeys(library: string): { type: Key; name: Key } {
  return { type: key(`${library}.type`), name: key(`${library}.name`) };
}
