import { callbackOr, emitter, type Point, promise, scope } from '../src/define.ts';
import { mysqlClient } from '../src/semconv/mysql.ts';
import { carry, valuesOf } from './mariadb-commands.ts';
import { addNode, openedBy, serverOf } from './mariadb-origin.ts';

const getters = {
  system: 'mariadb',
  scope: scope('foretrace.mariadb'),
  options: serverOf,
} as const;
const query = mysqlClient<object>({ ...getters, parameters: valuesOf, comment: carry });
/** The server keeps its text, which is why it has no comment. */
const execute = mysqlClient<object>({ ...getters, parameters: valuesOf });
const batch = mysqlClient<object>({
  ...getters,
  batchSize: (_, [, values]) => (Array.isArray(values) ? values.length : undefined),
});
/** What `prepare` gives has its statement as `query`. */
const prepared = mysqlClient<object>({
  ...getters,
  text: (self) => (self as { query?: string }).query,
  parameters: (_, [values]) => (typeof values === 'function' ? undefined : values),
});
const transactional = (text: string): typeof query => mysqlClient<object>({ ...getters, text: () => text });

/** Streams, and queries of the callback API without a callback. */
const events = emitter('end', 'close');
const isEmitter = (result: unknown): boolean =>
  typeof (result as { emit?: unknown } | undefined)?.emit === 'function';

const ends = callbackOr({
  watch: (result, ...call) => (isEmitter(result) ? events : promise).watch?.(result, ...call),
});

/** Methods of a class that is not exported. A pool may open a connection for the call. */
const methods = (trace: Point['trace'], ...names: string[]): Point[] =>
  names.map((name) => ({
    target: `constructor.prototype.${name}`,
    trace,
    ends,
    context: 'none',
    // In older versions a method of a transaction calls `query`.
    outermost: (self: object) => self,
  }));

const execution = methods(prepared, 'execute', 'executeStream');
/** Cached ones have their methods as properties of their own. */
const STATEMENT = [
  ...execution,
  ...execution.map((point) => ({ ...point, target: point.target.replace('constructor.prototype.', '') })),
];

export const CONNECTION: readonly Point[] = [
  ...methods(query, 'query', 'queryStream'),
  ...methods(execute, 'execute'),
  ...methods(batch, 'batch'),
  ...methods(transactional('START TRANSACTION'), 'beginTransaction'),
  ...methods(transactional('COMMIT'), 'commit'),
  ...methods(transactional('ROLLBACK'), 'rollback'),
  { target: 'constructor.prototype.prepare', ends, context: 'none', opens: STATEMENT, after: openedBy },
];

const connecting: Point = {
  target: 'constructor.prototype.getConnection',
  ends,
  context: 'none',
  opens: CONNECTION,
  after: openedBy,
};

export const POOL: readonly Point[] = [...CONNECTION, connecting];

export const CLUSTER: readonly Point[] = [
  connecting,
  { target: 'constructor.prototype.add', before: addNode },
];
