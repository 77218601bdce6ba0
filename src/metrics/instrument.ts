import * as names from '../semconv/keys-metrics.ts';

/** What is measured. The names, units and texts are those of the semantic conventions. */
export interface Instrument {
  readonly name: string;
  readonly unit: string;
  readonly description: string;
  /** `counter` only grows, `updown` does not, `gauge` is a value at the time of the export. */
  readonly kind: 'histogram' | 'counter' | 'updown' | 'gauge';
  /** Upper bounds of the buckets of a histogram, ascending. */
  readonly bounds?: readonly number[];
  /** Its number in the shared table: its place in {@link instruments}. */
  readonly number: number;
}

/** All of them, by their numbers: the same on both sides of the shared table, since both bundles are made of one source. */
export const instruments: Instrument[] = [];

function instrument(given: Omit<Instrument, 'number'>): Instrument {
  const made = { ...given, number: instruments.length };
  instruments.push(made);
  return made;
}

/** Of HTTP, RPC and messaging, and of what the conventions name no buckets for. */
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

export const HTTP_SERVER_REQUEST_DURATION = instrument({
  name: 'http.server.request.duration',
  unit: 's',
  description: 'Duration of HTTP server requests.',
  kind: 'histogram',
  bounds: SECONDS,
});

export const HTTP_SERVER_ACTIVE_REQUESTS = instrument({
  name: 'http.server.active_requests',
  unit: '{request}',
  description: 'Number of active HTTP server requests.',
  kind: 'updown',
});

export const HTTP_CLIENT_REQUEST_DURATION = instrument({
  name: 'http.client.request.duration',
  unit: 's',
  description: 'Duration of HTTP client requests.',
  kind: 'histogram',
  bounds: SECONDS,
});

export const DB_CLIENT_OPERATION_DURATION = instrument({
  name: names.DB_CLIENT_OPERATION_DURATION,
  unit: 's',
  description: 'Duration of database client operations.',
  kind: 'histogram',
  bounds: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10],
});

export const DB_CLIENT_CONNECTION_COUNT = instrument({
  name: names.DB_CLIENT_CONNECTION_COUNT,
  unit: '{connection}',
  description: 'The number of connections that are currently in state described by the `state` attribute.',
  kind: 'updown',
});

export const DB_CLIENT_CONNECTION_CREATE_TIME = instrument({
  name: names.DB_CLIENT_CONNECTION_CREATE_TIME,
  unit: 's',
  description: 'The time it took to create a new connection.',
  kind: 'histogram',
  bounds: SECONDS,
});

export const DB_CLIENT_CONNECTION_IDLE_MAX = instrument({
  name: names.DB_CLIENT_CONNECTION_IDLE_MAX,
  unit: '{connection}',
  description: 'The maximum number of idle open connections allowed.',
  kind: 'updown',
});

export const DB_CLIENT_CONNECTION_IDLE_MIN = instrument({
  name: names.DB_CLIENT_CONNECTION_IDLE_MIN,
  unit: '{connection}',
  description: 'The minimum number of idle open connections allowed.',
  kind: 'updown',
});

export const DB_CLIENT_CONNECTION_MAX = instrument({
  name: names.DB_CLIENT_CONNECTION_MAX,
  unit: '{connection}',
  description: 'The maximum number of open connections allowed.',
  kind: 'updown',
});

export const DB_CLIENT_CONNECTION_PENDING_REQUESTS = instrument({
  name: names.DB_CLIENT_CONNECTION_PENDING_REQUESTS,
  unit: '{request}',
  description: 'The number of current pending requests for an open connection.',
  kind: 'updown',
});

export const DB_CLIENT_CONNECTION_TIMEOUTS = instrument({
  name: names.DB_CLIENT_CONNECTION_TIMEOUTS,
  unit: '{timeout}',
  description:
    'The number of connection timeouts that have occurred trying to obtain a connection from the pool.',
  kind: 'counter',
});

export const DB_CLIENT_CONNECTION_USE_TIME = instrument({
  name: names.DB_CLIENT_CONNECTION_USE_TIME,
  unit: 's',
  description: 'The time between borrowing a connection and returning it to the pool.',
  kind: 'histogram',
  bounds: SECONDS,
});

export const DB_CLIENT_CONNECTION_WAIT_TIME = instrument({
  name: names.DB_CLIENT_CONNECTION_WAIT_TIME,
  unit: 's',
  description: 'The time it took to obtain an open connection from the pool.',
  kind: 'histogram',
  bounds: SECONDS,
});

export const MESSAGING_CLIENT_OPERATION_DURATION = instrument({
  name: names.MESSAGING_CLIENT_OPERATION_DURATION,
  unit: 's',
  description: 'Duration of messaging operation initiated by a producer or consumer client.',
  kind: 'histogram',
  bounds: SECONDS,
});

export const MESSAGING_PROCESS_DURATION = instrument({
  name: names.MESSAGING_PROCESS_DURATION,
  unit: 's',
  description: 'Duration of processing operation.',
  kind: 'histogram',
  bounds: SECONDS,
});

export const MESSAGING_CLIENT_SENT_MESSAGES = instrument({
  name: names.MESSAGING_CLIENT_SENT_MESSAGES,
  unit: '{message}',
  description: 'Number of messages producer attempted to send to the broker.',
  kind: 'counter',
});

export const MESSAGING_CLIENT_CONSUMED_MESSAGES = instrument({
  name: names.MESSAGING_CLIENT_CONSUMED_MESSAGES,
  unit: '{message}',
  description: 'Number of messages that were delivered to the application.',
  kind: 'counter',
});

export const RPC_CLIENT_CALL_DURATION = instrument({
  name: names.RPC_CLIENT_CALL_DURATION,
  unit: 's',
  description: 'Measures the duration of an outgoing Remote Procedure Call (RPC).',
  kind: 'histogram',
  bounds: SECONDS,
});

export const RPC_SERVER_CALL_DURATION = instrument({
  name: names.RPC_SERVER_CALL_DURATION,
  unit: 's',
  description: 'Measures the duration of an incoming Remote Procedure Call (RPC).',
  kind: 'histogram',
  bounds: SECONDS,
});

export const GEN_AI_CLIENT_OPERATION_DURATION = instrument({
  name: names.GEN_AI_CLIENT_OPERATION_DURATION,
  unit: 's',
  description: 'GenAI operation duration.',
  kind: 'histogram',
  bounds: [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92],
});

export const GEN_AI_CLIENT_TOKEN_USAGE = instrument({
  name: names.GEN_AI_CLIENT_TOKEN_USAGE,
  unit: '{token}',
  description: 'Number of input and output tokens used.',
  kind: 'histogram',
  bounds: Array.from({ length: 14 }, (_, power) => 4 ** power),
});

function gauge(name: string, unit: string, description: string): Instrument {
  return instrument({ name, unit, description, kind: 'gauge' });
}

function counter(name: string, unit: string, description: string): Instrument {
  return instrument({ name, unit, description, kind: 'counter' });
}

function updown(name: string, unit: string, description: string): Instrument {
  return instrument({ name, unit, description, kind: 'updown' });
}

export const NODEJS_EVENTLOOP_DELAY_MIN = gauge(
  'nodejs.eventloop.delay.min',
  's',
  'Event loop minimum delay.',
);
export const NODEJS_EVENTLOOP_DELAY_MAX = gauge(
  'nodejs.eventloop.delay.max',
  's',
  'Event loop maximum delay.',
);
export const NODEJS_EVENTLOOP_DELAY_MEAN = gauge(
  'nodejs.eventloop.delay.mean',
  's',
  'Event loop mean delay.',
);
export const NODEJS_EVENTLOOP_DELAY_STDDEV = gauge(
  'nodejs.eventloop.delay.stddev',
  's',
  'Event loop standard deviation delay.',
);
export const NODEJS_EVENTLOOP_DELAY_P50 = gauge(
  'nodejs.eventloop.delay.p50',
  's',
  'Event loop 50 percentile delay.',
);
export const NODEJS_EVENTLOOP_DELAY_P90 = gauge(
  'nodejs.eventloop.delay.p90',
  's',
  'Event loop 90 percentile delay.',
);
export const NODEJS_EVENTLOOP_DELAY_P99 = gauge(
  'nodejs.eventloop.delay.p99',
  's',
  'Event loop 99 percentile delay.',
);
export const NODEJS_EVENTLOOP_UTILIZATION = gauge(
  'nodejs.eventloop.utilization',
  '1',
  'Event loop utilization.',
);
export const NODEJS_EVENTLOOP_TIME = counter(
  'nodejs.eventloop.time',
  's',
  'Cumulative duration of time the event loop has been in each state.',
);

export const V8JS_GC_DURATION = instrument({
  name: 'v8js.gc.duration',
  unit: 's',
  description: 'Garbage collection duration.',
  kind: 'histogram',
  bounds: SECONDS,
});
export const V8JS_MEMORY_HEAP_USED = updown('v8js.memory.heap.used', 'By', 'Heap Memory size allocated.');
export const V8JS_MEMORY_HEAP_SPACE_SIZE = updown(
  'v8js.memory.heap.space.size',
  'By',
  'Total heap memory size pre-allocated for a heap space.',
);
export const V8JS_MEMORY_HEAP_SPACE_AVAILABLE_SIZE = updown(
  'v8js.memory.heap.space.available_size',
  'By',
  'Heap space available size.',
);
export const V8JS_MEMORY_HEAP_SPACE_PHYSICAL_SIZE = updown(
  'v8js.memory.heap.space.physical_size',
  'By',
  'Committed size of a heap space.',
);

export const PROCESS_CPU_TIME = counter(
  'process.cpu.time',
  's',
  'Total CPU seconds broken down by different CPU modes.',
);
export const PROCESS_CPU_UTILIZATION = gauge(
  'process.cpu.utilization',
  '1',
  'Difference in process.cpu.time since the last measurement, divided by the elapsed time and number of CPUs available to the process.',
);
export const PROCESS_MEMORY_USAGE = updown(
  'process.memory.usage',
  'By',
  'The amount of physical memory in use.',
);
export const PROCESS_MEMORY_VIRTUAL = updown(
  'process.memory.virtual',
  'By',
  'The amount of committed virtual memory.',
);
export const PROCESS_THREAD_COUNT = updown('process.thread.count', '{thread}', 'Process threads count.');
export const PROCESS_UNIX_FILE_DESCRIPTOR_COUNT = updown(
  'process.unix.file_descriptor.count',
  '{file_descriptor}',
  'Number of UNIX file descriptors in use by the process.',
);
export const PROCESS_UPTIME = gauge('process.uptime', 's', 'The time the process has been running.');

/** Of foretrace alone: below the least bound of durations is where most requests are. */
export const FORETRACE_HTTP_SERVER_THREAD_TIME = instrument({
  name: 'foretrace.http.server.thread_time',
  unit: 's',
  description: 'Time that HTTP server requests held the thread that serves them.',
  kind: 'histogram',
  bounds: [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
});
