import { type Key, key } from '../encode/key.ts';

// Attribute names for which there is no convention.

/** On the span of a request that was being served when the process ended. */
export const FORETRACE_UNFINISHED = key('foretrace.unfinished');

/** Of what a framework calls, as OpenTelemetry's agents for JavaScript name it: `express.type`, `koa.name`. */
export function stepKeys(library: string): { type: Key; name: Key } {
  return { type: key(`${library}.type`), name: key(`${library}.name`) };
}
