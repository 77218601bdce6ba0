import type { Instrumentation } from '../../src/define.ts';
import pino from '../pino.ts';

export default [pino] as readonly Instrumentation[];
