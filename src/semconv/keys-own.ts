import { key } from '../encode/key.ts';

// Attribute names for which there is no convention.

/** On the span of a request that was being served when the process ended. */
export const FORETRACE_UNFINISHED = key('foretrace.unfinished');
