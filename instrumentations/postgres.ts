import { begin, define, endWithStream, guarded, type Point, scope } from '../src/define.ts';
import { lateSqlClient } from '../src/semconv/db.ts';
import type { SqlComment } from '../src/semconv/sql-comment.ts';
import { sqlState } from '../src/semconv/postgresql.ts';
import { placeInText } from './postgresql-errors.ts';

/** The parts of postgres.js that are touched, the same from 3.3 on. */
interface Options {
  host: string[];
  port: (string | number)[];
  path?: string | false;
  database?: string;
}

/** A promise that is sent when somebody waits for it. */
interface Query {
  strings: readonly string[];
  /** What is sent, once that is known. */
  string?: string;
  handler: Function;
  resolve: Function;
  reject: Function;
  executed: boolean;
  /** Bound values, as texts once they are sent. */
  parameters?: unknown;
  /** Whether the server keeps it under a name, and whether it has done so already. */
  prepare?: unknown;
  prepared?: unknown;
  statement?: { readonly string: string };
  streaming?: boolean;
}

const sql = lateSqlClient<Query, Options>({
  system: 'postgresql',
  dialect: 'postgresql',
  defaultPort: 5432,
  scope: scope('foretrace.postgres'),
  text: ({ string, strings }) => string ?? strings.join('?'),
  target({ host, port, path, database: namespace }) {
    if (typeof path === 'string' && path !== '') return { namespace, address: path };
    // Of several hosts it is not known which one answered.
    return host.length === 1 ? { namespace, address: host[0], port: Number(port[0]) } : { namespace };
  },
  status: sqlState,
  parameters: ({ parameters }) => parameters,
  comment: (_, comment, query) => commentOnce(query, comment),
});

/**
 * What a connection sends is what it has put into `statement` just before; later `statement` tells the app what was asked for, and the
 * connection which texts it has prepared.
 */
function commentOnce(query: Query, comment: SqlComment): void {
  let { statement } = query;
  let isNext = false;
  const { reject } = query;
  query.reject = (error: unknown): unknown => {
    placed(error, query.string);
    return reject(error);
  };
  Object.defineProperty(query, 'statement', {
    configurable: true,
    enumerable: true,
    get() {
      if (!isNext || statement === undefined) return statement;
      isNext = false;
      return { ...statement, string: comment.on(statement.string, query.prepare === true) };
    },
    set(next: Query['statement']) {
      statement = next;
      isNext = next !== undefined && query.prepared !== true;
    },
  });
}

const placed = guarded('postgres', placeInText);
const streamed = guarded('postgres', endWithStream);

/**
 * Everybody who waits for a query calls `handle`, which sends it once. It ends by its own `resolve` and `reject`, which cursors replace for
 * each part that they read.
 */
function handle(query: Query): void {
  // What a connection asks for itself, such as the types of arrays, goes straight to its `execute`.
  if (query.executed || query.handler?.name === 'execute') return;
  const operation = begin(sql.role, query, []);
  if (operation === undefined) return;
  for (const name of ['resolve', 'reject'] as const) {
    let settle = query[name];
    Object.defineProperty(query, name, {
      configurable: true,
      enumerable: true,
      get: () => (value: unknown) => {
        if (name === 'reject') operation.end(value ?? new Error());
        else if (query.streaming === true && typeof value === 'object' && value !== null)
          streamed(value, operation);
        else operation.end(undefined);
        return settle(value);
      },
      set: (other: Function) => {
        settle = other;
      },
    });
  }
}

/** Only a connection knows where it goes: `execute` and, for the query that opens it, `connect` bring the two together. */
const servers = new WeakMap<object, Options>();

function note(connection: object, [query]: [Query | undefined]): void {
  const options = servers.get(connection);
  if (options !== undefined && query?.strings !== undefined) sql.sentTo(query, options);
}

const connection: Omit<Point, 'target'> = {
  after: (_, [options]: [Options], __, made: object) => void servers.set(made, options),
  opens: [
    { target: 'execute', before: note },
    { target: 'connect', before: note },
  ],
};

const points = (folder: string, factory: string): Point[] => [
  // Connections are opened on the way.
  { file: `${folder}/query.js`, target: 'Query.prototype.handle', before: handle, context: 'none' },
  // Rows and parts of a cursor come from the connection: the app's function gets them where it was given.
  { file: `${folder}/query.js`, target: 'Query.prototype.forEach', argument: 'last', context: 'caller' },
  { file: `${folder}/query.js`, target: 'Query.prototype.cursor', argument: 'last', context: 'caller' },
  { file: `${folder}/connection.js`, target: factory, ...connection },
];

export default define({
  name: 'postgres',
  module: 'postgres',
  versions: '>=3.3 <4',
  esm: true,
  spans: 'a client span for each query: awaited, by row, cursor or stream',
  points: [...points('src', 'default'), ...points('cjs/src', '')],
});
