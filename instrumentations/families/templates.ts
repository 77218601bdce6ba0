import type { Instrumentation } from '../../src/define.ts';
import ejs from '../ejs.ts';

export default [ejs] as readonly Instrumentation[];
