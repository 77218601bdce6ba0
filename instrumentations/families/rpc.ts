import type { Instrumentation } from '../../src/define.ts';
import grpcJs from '../grpc-js.ts';
import grpcJsWaiting from '../grpc-js-waiting.ts';

export default [grpcJs, grpcJsWaiting] as readonly Instrumentation[];
