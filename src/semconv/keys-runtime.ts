import { key } from '../encode/key.ts';

// Of the metrics of the process and of Node: no span has them.

export const CPU_MODE = key('cpu.mode');
export const NODEJS_EVENTLOOP_STATE = key('nodejs.eventloop.state');
export const V8JS_GC_TYPE = key('v8js.gc.type');
export const V8JS_HEAP_SPACE_NAME = key('v8js.heap.space.name');
