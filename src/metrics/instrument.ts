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
