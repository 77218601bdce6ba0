import {
  active,
  attempt,
  callIn,
  define,
  type End,
  endingCallback,
  guarded,
  isAbort,
  lastGiven,
  observePromise,
  type Point,
  runDetached,
  scope,
  type Settle,
  traced,
  wrap,
} from '../src/define.ts';
import { tracedAlone } from '../src/semconv/db.ts';
import { mysqlClient, type MysqlOptions } from '../src/semconv/mysql.ts';

/** Where a connection or pool goes: the app's options or URL. */
interface Origin {
  readonly options: unknown;
  parsed?: MysqlOptions;
}

interface Emitter {
  emit: Function;
}

const origins = new WeakMap<object, Origin>();

function parse(options: unknown): MysqlOptions {
  if (typeof options === 'string') {
    const { hostname: host, port, pathname } = new URL(options);
    return {
      host,
      port: port === '' ? undefined : Number(port),
      database: decodeURIComponent(pathname.slice(1)),
    };
  }
  if (typeof options !== 'object' || options === null) return {};
  const { host = 'localhost', port, socketPath, database } = options as MysqlOptions;
  return { host, port, socketPath, database };
}

const getters = {
  system: 'mariadb',
  scope: scope('foretrace.mariadb'),
  options(self: object): MysqlOptions | undefined {
    const origin = origins.get(self);
    return origin && (origin.parsed ??= parse(origin.options));
  },
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
  const result = runDetached(() => attempt(original, self, args, end));
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

const METHODS: Record<string, (original: Function) => Function> = {
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

function wrapAll(holder: object, origin: Origin, methods: typeof METHODS): void {
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

/** The exported functions are where all classes can be got at: the CommonJS build is a single file. */
function factoryWrapper(original: Function): Function {
  return function (this: unknown, ...args: unknown[]) {
    const result = runDetached(() => Reflect.apply(original, this, args));
    return observePromise(result, (_, value) => {
      if (typeof value === 'object' && value !== null) wrapAll(value, { options: args[0] }, METHODS);
    });
  };
}

/** A cluster has connections to several servers, and keeps to itself which of them: what all have in common is known. */
function clusterWrapper(original: Function): Function {
  return function (this: unknown, ...args: unknown[]) {
    const cluster = Reflect.apply(original, this, args) as object;
    wrapAll(cluster, { options: undefined }, { ...METHODS, add: addWrapper });
    return cluster;
  };
}

const addNode = guarded('mariadb', (origin: Origin | undefined, options: unknown) => {
  if (origin === undefined) return;
  const added = parse(options);
  const { host, port, socketPath, database } = (origin.parsed ??= added);
  origin.parsed = {
    ...(host === added.host && { host, port: port === added.port ? port : undefined }),
    ...(socketPath === added.socketPath && { socketPath }),
    ...(database === added.database && { database }),
  };
});

function addWrapper(original: Function): Function {
  return function (this: object, _id: unknown, options: unknown) {
    addNode(origins.get(this), options);
    return Reflect.apply(original, this, arguments);
  };
}

function points(file: string, versions: string, holders: string[]): Point[] {
  return holders.flatMap((holder) => [
    { file, versions, target: `${holder}createConnection`, wrap: factoryWrapper },
    { file, versions, target: `${holder}createPool`, wrap: factoryWrapper },
    { file, versions, target: `${holder}createPoolCluster`, wrap: clusterWrapper },
  ]);
}

const API = ['promise.js', 'callback.js'];

export default define({
  name: 'mariadb',
  module: 'mariadb',
  versions: '>=3.2 <4',
  esm: true,
  spans:
    'a client span for each query, execution, batch and transaction statement: promise, callback or stream',
  points: [
    ...API.flatMap((file) => points(file, '<3.5.3', [''])),
    // From here on there is a default export, and a single file for `require`.
    ...[...API, 'dist/promise.cjs', 'dist/callback.cjs'].flatMap((file) =>
      points(file, '>=3.5.3', ['', 'default.']),
    ),
  ],
});
