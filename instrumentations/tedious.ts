import {
  active,
  attempt,
  callIn,
  define,
  detached,
  endingCallback,
  scope,
  type Settle,
} from '../src/define.ts';
import { sqlClient, tracedAlone } from '../src/semconv/db.ts';

interface Connection {
  config?: { server?: string; options?: { port?: number; database?: string } };
}

/** A request or a bulk load. */
interface Request {
  sqlTextOrProcedure?: string;
  getBulkInsertSql?: () => string;
  callback: Function;
  [CONTEXT]?: ReturnType<typeof active>;
  [TEXT]?: string;
}

const CONTEXT = Symbol('foretrace.context');
const TEXT = Symbol('foretrace.text');

const getters = {
  system: 'microsoft.sql_server',
  dialect: 'mssql',
  defaultPort: 1433,
  scope: scope('foretrace.tedious'),
  target: ({ config }: Connection) => ({
    namespace: config?.options?.database || undefined,
    address: config?.server,
    port: config?.options?.port,
  }),
  /** The server's error number, which its own errors alone have. */
  status(error: unknown): string | undefined {
    const { number } = (error ?? {}) as { number?: unknown };
    return typeof number === 'number' ? String(number) : undefined;
  },
} as const;

const statement = sqlClient<Connection, [Request]>({
  ...getters,
  text: (_, [request]) => request?.[TEXT] ?? request?.sqlTextOrProcedure,
});
const procedure = sqlClient<Connection, [Request]>({
  ...getters,
  text: (_, [request]) => request?.sqlTextOrProcedure && `EXECUTE ${request.sqlTextOrProcedure}`,
});
const bulkLoad = sqlClient<Connection, [Request]>({
  ...getters,
  text: (_, [load]) => load?.getBulkInsertSql?.(),
});

/** A request is over when its `callback` is called: answered, failed, cancelled or its connection lost. It may be executed again. */
const requested: Settle = (original, self, args, end) => {
  const [request] = args as [Request | undefined];
  if (typeof request?.callback === 'function') {
    const { callback } = request;
    request[CONTEXT] = active();
    const ending = endingCallback(callback, end);
    request.callback = function (this: Request, ...results: unknown[]) {
      request.callback = callback;
      return Reflect.apply(ending, this, results);
    };
  }
  return attempt(original, self, args, end);
};

/** No span of its own. Before 12, it puts the name of a procedure in the place of the text. */
function prepareWrapper(original: Function): Function {
  return function (this: unknown, request: Request | undefined, ...rest: unknown[]) {
    if (typeof request === 'object' && request !== null) {
      request[CONTEXT] = active();
      request[TEXT] = request.sqlTextOrProcedure;
    }
    return Reflect.apply(original, this, [request, ...rest]);
  };
}

/** Rows and results come as events. */
function emitWrapper(original: Function): Function {
  return function (this: Request) {
    const context = this[CONTEXT];
    return context === undefined
      ? Reflect.apply(original, this, arguments)
      : callIn(context, original, this, arguments);
  };
}

const file = 'lib/connection.js';

export default define({
  name: 'tedious',
  neededBy: ['mssql'],
  module: 'tedious',
  versions: '>=11 <21',
  spans: 'a client span for each query, batch, procedure, execution of a prepared statement and bulk load',
  points: [
    { file, target: 'prototype.execSql', trace: statement, settles: requested },
    { file, target: 'prototype.execSqlBatch', trace: statement, settles: requested },
    { file, target: 'prototype.execute', trace: statement, settles: requested },
    { file, target: 'prototype.prepare', wrap: prepareWrapper },
    { file, target: 'prototype.callProcedure', trace: procedure, settles: requested },
    // Preceded by a batch of its own.
    { file, target: 'prototype.execBulkLoad', wrap: tracedAlone(bulkLoad as never, requested) },
    { file, target: 'prototype.connect', wrap: detached },
    { file: 'lib/request.js', target: 'prototype.emit', wrap: emitWrapper },
  ],
});
