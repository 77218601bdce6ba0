import type { Group } from '../variable.ts';

/** The type of what is switched on or off. */
const SWITCH = { type: 'enum', values: ['on', 'off'], as: (word: 'on' | 'off') => word === 'on' } as const;

export const RUNTIME = {
  title: 'Metrics of the runtime',
  text: 'The process, the event loop, the heap, and what requests take of the thread ([all of them](runtime-metrics.md)).',
  rows: [
    {
      name: 'FORETRACE_RUNTIME_METRICS',
      to: 'runtimeMetrics',
      ...SWITCH,
      default: 'on',
      help: '`off` leaves out `nodejs.*`, `v8js.*` and `process.*`, as does `OTEL_INSTRUMENTATION_RUNTIME_NODE_ENABLED=false`.',
    },
    {
      name: 'FORETRACE_THREAD_TIME',
      to: 'threadTime',
      ...SWITCH,
      default: 'off',
      help: '`on` measures how long the code of each HTTP request runs on the app’s thread: the attribute `foretrace.thread_time` of its span, and `foretrace.http.server.thread_time`.',
    },
  ],
} as const satisfies Group;
