import {
  active,
  attempt,
  callIn,
  type End,
  endingCallback,
  isAbort,
  lastGiven,
  observePromise,
  outside,
  scope,
  type Settle,
  traced,
  wrap,
} from '../src/define.ts';
import { tracedAlone } from '../src/semconv/db.ts';
import { mysqlClient } from '../src/semconv/mysql.ts';
import { type Origin, origins, serverOf } from './mariadb-origin.ts';

interface Emitter {
  emit: Function;
}

const getters = {
  system: 'mariadb',
  scope: scope('foretrace.mariadb'),
  options: serverOf,
} as const;
const query = mysqlClient<object>(getters);
const batch = mysqlClient<object>({
  ...getters,
  batchSize: (_, [, values]) => (Array.isArray(values) ? values.length : undefined),
});
/** What `prepare` gives has its statement as `query`. */
const prepared = mysqlClient<object>({ ...getters, text: (self) => (self as { query?: string }).query });

/** Streams, and queries without a callback. They are of classes that are not exported, or Node's own: the one method is replaced. */
function watchEmitter(emitter: Emitter, end: End): void {
  const context = active();
  const { emit } = emitter;
  Object.defineProperty(emitter, 'emit', {
    configurable: true,
    writable: true,
    value: function (this: unknown, event: unknown, first?: unknown) {
      if (event === 'error') end(isAbort(first) ? undefined : (first ?? new Error()));
      else if (event === 'end' || event === 'close') end(first ?? undefined);
      return callIn(context, emit, this, arguments);
    },
  });
}

const settled: Settle = (original, self, args, end) => {
  const at = lastGiven(args);
  const callback = typeof args[at] === 'function' ? (args[at] as Function) : undefined;
  if (callback !== undefined) args[at] = endingCallback(callback, end);
  // A pool may open a connection for the call.
  const result = outside(() => attempt(original, self, args, end));
  if (callback !== undefined) return result;
  if (typeof (result as Emitter | undefined)?.emit === 'function') {
    watchEmitter(result as Emitter, end);
    return result;
  }
  return observePromise(result, end);
};

/** A method with a statement of its own. In older versions it calls `query` for it. */
function transactional(text: string): (original: Function) => Function {
  return tracedAlone(mysqlClient<object>({ ...getters, text: () => text }) as never, settled);
}

export const METHODS: Record<string, (original: Function) => Function> = {
  query: traced(query as never, settled),
  execute: traced(query as never, settled),
  queryStream: traced(query as never, settled),
  batch: traced(batch as never, settled),
  beginTransaction: transactional('START TRANSACTION'),
  commit: transactional('COMMIT'),
  rollback: transactional('ROLLBACK'),
  prepare: opens((statement, origin) => wrapAll(statement, origin, STATEMENT_METHODS)),
  getConnection: opens((connection, origin) => wrapAll(connection, origin, METHODS)),
};

const STATEMENT_METHODS: typeof METHODS = {
  execute: traced(prepared as never, settled),
  executeStream: traced(prepared as never, settled),
};

const known = new WeakSet<object>();

export function wrapAll(holder: object, origin: Origin, methods: typeof METHODS): void {
  origins.set(holder, origin);
  // Cached statements have their methods as properties of their own.
  for (let level = holder; level !== null && !known.has(level); level = Object.getPrototypeOf(level)) {
    known.add(level);
    for (const [name, wrapper] of Object.entries(methods)) {
      if (Object.hasOwn(level, name)) wrap(level, name, wrapper as never);
    }
  }
}

/** For what returns, or calls back with, another object whose methods are of interest. */
function opens(open: (object: object, origin: Origin) => void): (original: Function) => Function {
  return (original) =>
    function (this: object, ...args: unknown[]) {
      const origin = origins.get(this);
      return settled(original, this, args, (_, value) => {
        if (origin !== undefined && typeof value === 'object' && value !== null) open(value, origin);
      });
    };
}
