import { define, type Point, promise, scope } from '../src/define.ts';
import { copyWith, dataOf, isPlain } from '../src/semconv/data.ts';
import { type DbTarget, type SqlGetters, sqlClient } from '../src/semconv/db.ts';
import type { SqlComment } from '../src/semconv/sql-comment.ts';
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

const own = scope('foretrace.libsql-client');

function client(
  text: (first: never) => string | string[],
  more?: Pick<SqlGetters<object, unknown[]>, 'comment' | 'parameters'>,
): Point['trace'] {
  return sqlClient<object, unknown[]>({
    scope: own,
    system: 'sqlite',
    dialect: 'sqlite',
    text: (self, [first]) => (targets.has(self) ? text(first as never) : undefined),
    target: (self) => targets.get(self) ?? {},
    status,
    ...more,
  });
}

/** `execute(text, values)`, or with both in one. */
function parametersOf(_: object, [first, values]: unknown[]): unknown {
  if (Array.isArray(first)) return first[1];
  return typeof first === 'string' ? values : dataOf(first, 'args');
}

function comment(args: unknown[], given: SqlComment): void {
  const [first] = args;
  if (typeof first === 'string') args[0] = given.on(first);
  else if (Array.isArray(first) && typeof first[0] === 'string')
    args[0] = [given.on(first[0]), ...first.slice(1)];
  else if (isPlain(first) && typeof first.sql === 'string')
    args[0] = copyWith(first, 'sql', given.on(first.sql)) ?? first;
}

const one = client(textOf, { comment, parameters: parametersOf });
const several = client((statements: Statement[]) =>
  Array.isArray(statements) ? statements.map(textOf) : '',
);

const commit = client(() => 'COMMIT');
const rollback = client(() => 'ROLLBACK');

/** Notes where what a function returns goes: a client's options, or those of the client that a transaction is of. */
const noting = (
  targetOfCall: (self: object, first: never) => DbTarget | undefined,
): Omit<Point, 'target'> => ({
  ends: promise,
  after(self: object, [first]: [never], _: unknown, made: unknown) {
    const target = targetOfCall(self, first);
    if (target !== undefined && typeof made === 'object' && made !== null) targets.set(made, target);
  },
});

const creating = noting((_, config: Config) => targetOf(config));
const beginning = noting((self) => targets.get(self));

/** What these do is a request of its own, below their span. */
const active = true;

function points(folder: string): Point[] {
  const [http, hrana] = [`${folder}/http.js`, `${folder}/hrana.js`];
  return [
    { file: http, target: 'createClient', ...creating },
    { file: http, target: '_createClient', ...creating },
    { file: http, target: 'HttpClient.prototype.execute', trace: one, active },
    { file: http, target: 'HttpClient.prototype.executeMultiple', trace: one, active },
    { file: http, target: 'HttpClient.prototype.batch', trace: several, active },
    { file: http, target: 'HttpClient.prototype.migrate', versions: '>=0.10', trace: several, active },
    { file: http, target: 'HttpClient.prototype.transaction', ...beginning },
    {
      file: http,
      target: 'HttpClient.prototype.limit',
      versions: '>=0.7',
      argument: 'first',
      context: 'caller',
    },
    // Its `execute` calls `batch`.
    { file: hrana, target: 'HranaTransaction.prototype.batch', trace: several, active },
    { file: hrana, target: 'HranaTransaction.prototype.executeMultiple', trace: one, active },
    { file: hrana, target: 'HranaTransaction.prototype.commit', trace: commit, active },
    { file: hrana, target: 'HranaTransaction.prototype.rollback', trace: rollback, active },
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
