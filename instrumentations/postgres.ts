import {
  attached,
  define,
  endOnce,
  endWithStream,
  guarded,
  type Point,
  outside,
  scope,
  wrap,
} from '../src/define.ts';
import { lateSqlClient } from '../src/semconv/db.ts';
import { sqlState } from '../src/semconv/postgresql.ts';

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
  executed: boolean;
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
});

/** Ends the span by the query's own `resolve` and `reject`. Cursors replace these for each part that they read. */
const trace = guarded('postgres', (query: Query) => {
  const span = sql.start();
  if (span === undefined) return;
  const end = endOnce(span, (_, error) => sql.end(span, error, query), 'postgres');
  for (const name of ['resolve', 'reject'] as const) {
    let settle = (query as unknown as Record<string, Function>)[name];
    Object.defineProperty(query, name, {
      configurable: true,
      enumerable: true,
      get: () => (value: unknown) => {
        if (name === 'reject') end(value ?? new Error());
        else if (query.streaming === true && typeof value === 'object' && value !== null)
          endWithStream(value, end);
        else end(undefined);
        return settle(value);
      },
      set: (other: Function) => {
        settle = other;
      },
    });
  }
});

/** Everybody who waits for a query calls `handle`, which sends it once. Connections are opened on the way. */
function handleWrapper(original: Function): Function {
  return function (this: Query) {
    // What a connection asks for itself, such as the types of arrays, goes straight to its `execute`.
    if (!this.executed && this.handler?.name !== 'execute') trace(this);
    return outside(() => Reflect.apply(original, this, []));
  };
}

const note = guarded('postgres', (query: Query, options: Options) => sql.sentTo(query, options));

/** Only a connection knows where it goes: `execute` and, for the query that opens it, `connect` bring the two together. */
function connectionWrapper(original: Function): Function {
  return function (this: unknown, options: Options, ...rest: unknown[]) {
    const connection = Reflect.apply(original, this, [options, ...rest]);
    for (const method of ['execute', 'connect']) {
      wrap(
        connection,
        method,
        ((send: Function) =>
          function (this: unknown, query: Query) {
            if (query?.strings !== undefined) note(query, options);
            return Reflect.apply(send, this, [query]);
          }) as never,
      );
    }
    return connection;
  };
}

function points(folder: string, connection: string): Point[] {
  const query = `${folder}/query.js`;
  return [
    { file: query, target: 'Query.prototype.handle', wrap: handleWrapper },
    // Rows and parts of a cursor come from the connection: the app's function gets them where it was given.
    { file: query, target: 'Query.prototype.forEach', wrap: attached },
    { file: query, target: 'Query.prototype.cursor', wrap: attached },
    { file: `${folder}/connection.js`, target: connection, wrap: connectionWrapper },
  ];
}

export default define({
  name: 'postgres',
  module: 'postgres',
  versions: '>=3.3 <4',
  esm: true,
  spans: 'a client span for each query: awaited, by row, cursor or stream',
  points: [...points('src', 'default'), ...points('cjs/src', '')],
});
