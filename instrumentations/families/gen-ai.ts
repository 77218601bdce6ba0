import type { Instrumentation } from '../../src/define.ts';
import openai from '../openai.ts';

export default [openai] as readonly Instrumentation[];
