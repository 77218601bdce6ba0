import type { Instrumentation } from '../../src/define.ts';
import got from '../got.ts';
import superagent from '../superagent.ts';
import undici from '../undici.ts';

export default [undici, got, superagent] as readonly Instrumentation[];
