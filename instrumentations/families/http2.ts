import type { Instrumentation } from '../../src/define.ts';
import http2 from '../http2.ts';
import http2Wrapper from '../http2-wrapper.ts';

export default [http2, http2Wrapper] as readonly Instrumentation[];
