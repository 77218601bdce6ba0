import {
  attached,
  define,
  observePromise,
  type Point,
  promise,
  reportFailure,
  scope,
  tracedAsParent,
} from '../src/define.ts';
import { type DbTarget, sqlClient } from '../src/semconv/db.ts';
import { status } from '../src/semconv/sqlite.ts';

/** The app's options, or what the library makes of them. */
interface Config {
  url?: string;
  authority?: { host?: string; port?: number };
}

type Statement = string | { sql?: unknown } | [sql: string, values?: unknown];

/** Where clients over HTTP and their transactions go: they keep their URL to themselves. */
const targets = new WeakMap<object, DbTarget>();

function targetOf({ url, authority }: Config): DbTarget {
  const { host, port } = authority ?? {};
  if (typeof url !== 'string') return { address: host, port };
  const parsed = new URL(url);
  return { address: parsed.hostname, port: parsed.port === '' ? undefined : Number(parsed.port) };
}

function textOf(statement: Statement | undefined): string {
  const sql = Array.isArray(statement) ? statement[0] : ((statement as { sql?: unknown })?.sql ?? statement);
  return typeof sql === 'string' ? sql : '';
}

function client(text: (first: never) => string | string[]): never {
  return sqlClient<object, unknown[]>({
    scope: scope('foretrace.libsql-client'),
    system: 'sqlite',
    dialect: 'sqlite',
    text: (self, [first]) => (targets.has(self) ? text(first as never) : undefined),
    target: (self) => targets.get(self) ?? {},
    status,
  }) as never;
}

const one = client(textOf);
const several = client((statements: Statement[]) =>
  Array.isArray(statements) ? statements.map(textOf) : '',
);

/** Notes where what a function returns goes: a client's options, or those of the client that a transaction is of. */
function notes(targetFor: (self: object, first: unknown) => DbTarget | undefined) {
  return (original: Function): Function =>
    function (this: object, ...args: unknown[]) {
      const result = Reflect.apply(original, this, args);
      const note = (_: unknown, value: unknown): void => {
        try {
          const target = targetFor(this, args[0]);
          if (target !== undefined && typeof value === 'object' && value !== null) targets.set(value, target);
        } catch (error) {
          reportFailure('libsql-client', error);
        }
      };
      return observePromise(result, note);
    };
}

const noteClient = notes((_, config) => targetOf(config as Config));
const noteTransaction = notes((self) => targets.get(self));

function points(folder: string): Point[] {
  const [http, hrana] = [`${folder}/http.js`, `${folder}/hrana.js`];
  const [statement, batch, commit, rollback] = [
    one,
    several,
    client(() => 'COMMIT'),
    client(() => 'ROLLBACK'),
  ].map((role) => tracedAsParent(role, promise));
  return [
    { file: http, target: 'createClient', wrap: noteClient },
    { file: http, target: '_createClient', wrap: noteClient },
    { file: http, target: 'HttpClient.prototype.execute', wrap: statement },
    { file: http, target: 'HttpClient.prototype.executeMultiple', wrap: statement },
    { file: http, target: 'HttpClient.prototype.batch', wrap: batch },
    { file: http, target: 'HttpClient.prototype.migrate', versions: '>=0.10', wrap: batch },
    { file: http, target: 'HttpClient.prototype.transaction', wrap: noteTransaction },
    { file: http, target: 'HttpClient.prototype.limit', versions: '>=0.7', wrap: attached },
    // Its `execute` calls `batch`.
    { file: hrana, target: 'HranaTransaction.prototype.batch', wrap: batch },
    { file: hrana, target: 'HranaTransaction.prototype.executeMultiple', wrap: statement },
    { file: hrana, target: 'HranaTransaction.prototype.commit', wrap: commit },
    { file: hrana, target: 'HranaTransaction.prototype.rollback', wrap: rollback },
  ];
}

/** The client over HTTP. Of files it is one of `libsql`, whose statements are spans. */
export default define({
  name: 'libsql-client',
  module: '@libsql/client',
  versions: '>=0.5 <1',
  esm: true,
  spans:
    'over HTTP, a client span for each statement, batch, script and end of a transaction, above that of the request',
  points: [...points('lib-cjs'), ...points('lib-esm')],
});
