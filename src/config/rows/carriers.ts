import type { Group } from '../variable.ts';

export const CARRIERS = {
  title: 'Threads and processes',
  text: 'The trace goes on in what an app starts: [threads and processes](threads-and-processes.md).',
  rows: [
    {
      name: 'FORETRACE_PROCESS_PROPAGATION',
      to: 'carriers',
      type: 'set',
      values: ['environment', 'child_process', 'worker_threads', 'none'],
      synonyms: { off: 'none', cluster: 'child_process' },
      default: ['environment', 'child_process', 'worker_threads'],
      help: 'Where trace context goes with what is started: `environment` goes on with the trace that `TRACEPARENT`, `TRACESTATE` and `BAGGAGE` (or the variables of other propagators) name when the process starts, `child_process` gives these to the processes that the app starts (`cluster` too), `worker_threads` takes threads and their messages along. `off` is read as `none`.',
    },
  ],
} as const satisfies Group;
