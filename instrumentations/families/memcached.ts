import type { Instrumentation } from '../../src/define.ts';
import memcached from '../memcached.ts';
import memjs from '../memjs.ts';

export default [memcached, memjs] as readonly Instrumentation[];
