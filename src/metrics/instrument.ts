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

/** Of HTTP, RPC and messaging. */
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
  name: 'db.client.operation.duration',
  unit: 's',
  description: 'Duration of database client operations.',
  kind: 'histogram',
  bounds: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10],
});
