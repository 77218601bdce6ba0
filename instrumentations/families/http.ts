import type { Instrumentation } from '../../src/define.ts';
import http from '../http.ts';

/** What nearly every app loads: part of the agent's own file. */
export default [http] as readonly Instrumentation[];
