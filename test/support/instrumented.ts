/** Libraries whose tests were written before their instrumentations: RPC, templates, log correlation, generative AI. */
import { describe } from 'vitest';
import { PLUMBING } from '../kit/harness.ts';

/** To be true, and then this file to go, once `instrumentations/` has them. */
const INSTRUMENTED = true;

/** `describe`, for what needs the instrumentation: their fixtures can be tried with `KIT_PLUMBING=1` before. */
export const describeInstrumented: typeof describe.skip = INSTRUMENTED || PLUMBING ? describe : describe.skip;
