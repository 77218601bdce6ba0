import { active, define, endingCallback, type Ends, scope } from '../src/define.ts';
import { sqlClient } from '../src/semconv/db.ts';
import { isCommenting } from '../src/semconv/sql-comment.ts';
import { calling, give, takeComment } from './sql-comments.ts';

interface Connection {
  config?: { server?: string; options?: { port?: number; database?: string } };
}

/** A request or a bulk load. */
interface Request {
  sqlTextOrProcedure?: string;
  parameters?: { name: string; value: unknown }[];
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

const text = (_: unknown, [request]: [Request]): string | undefined =>
  request?.[TEXT] ?? request?.sqlTextOrProcedure;
const statement = sqlClient<Connection, [Request]>({ ...getters, text, parameters: bound, comment: give });
/** The server has its text since it was prepared. */
const prepared = sqlClient<Connection, [Request, unknown?]>({
  ...getters,
  text: (self, [request]) => text(self, [request]),
  parameters: (_, [, values]) => values,
});
const procedure = sqlClient<Connection, [Request]>({
  ...getters,
  parameters: bound,
  text: (_, [request]) => request?.sqlTextOrProcedure && `EXECUTE ${request.sqlTextOrProcedure}`,
});
const bulkLoad = sqlClient<Connection, [Request]>({
  ...getters,
  text: (_, [load]) => load?.getBulkInsertSql?.(),
});

/** The values of a request, by their names. */
function bound(_: unknown, [request]: [Request]): unknown {
  if (!Array.isArray(request?.parameters)) return undefined;
  return Object.fromEntries(request.parameters.map(({ name, value }) => [name, value]));
}

/** What a request is sent as, made by the library for this one. */
interface Payload {
  /** Of a batch. */
  sqlText?: unknown;
  /** Of a procedure, the one that executes a statement too. */
  parameters?: { name: string; value: unknown }[];
}

function commentPayload(_: unknown, [request, , payload]: [Request, unknown, Payload | undefined]): void {
  const { sqlTextOrProcedure: sql } = request;
  const comment = takeComment();
  if (comment === undefined || payload === undefined || typeof sql !== 'string') return;
  const [first] = payload.parameters ?? [];
  if (payload.sqlText === sql) payload.sqlText = comment.on(sql);
  else if (first?.name === 'statement' && first.value === sql) first.value = comment.on(sql);
}

/** A request is over when its `callback` is called: answered, failed, cancelled or its connection lost. It may be executed again. */
const ends: Ends = {
  arm(_, args, ending) {
    const [request] = args as [Request | undefined];
    if (typeof request?.callback !== 'function') return true;
    const { callback } = request;
    request[CONTEXT] = active();
    const last = endingCallback(callback, ending);
    request.callback = function (this: Request, ...results: unknown[]) {
      request.callback = callback;
      return Reflect.apply(last, this, results);
    };
    return true;
  },
};

/** No span of its own. Before 12, it puts the name of a procedure in the place of the text. */
function prepare(_: unknown, [request]: [Request | undefined]): void {
  if (typeof request !== 'object' || request === null) return;
  request[CONTEXT] = active();
  request[TEXT] = request.sqlTextOrProcedure;
}

const file = 'lib/connection.js';
const outermost = (connection: Connection): Connection => connection;

export default define({
  name: 'tedious',
  neededBy: ['mssql'],
  module: 'tedious',
  versions: '>=11 <21',
  spans: 'a client span for each query, batch, procedure, execution of a prepared statement and bulk load',
  points: [
    { file, target: 'prototype.execSql', ...calling },
    { file, target: 'prototype.execSql', trace: statement, ends },
    { file, target: 'prototype.execute', trace: prepared, ends },
    { file, target: 'prototype.prepare', before: prepare },
    { file, target: 'prototype.callProcedure', trace: procedure, ends },
    // A bulk load is preceded by a batch of its own.
    { file, target: 'prototype.execBulkLoad', trace: bulkLoad, ends, outermost },
    { file, target: 'prototype.execSqlBatch', ...calling },
    { file, target: 'prototype.makeRequest', when: isCommenting, before: commentPayload },
    { file, target: 'prototype.execSqlBatch', trace: statement, ends, outermost },
    { file, target: 'prototype.connect', context: 'none' },
    // Rows and results come as events.
    { file: 'lib/request.js', target: 'prototype.emit', context: (request: Request) => request[CONTEXT] },
  ],
});
