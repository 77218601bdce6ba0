import {
  callbackOr,
  define,
  endingCallback,
  type Ends,
  type Point,
  scope,
  sync,
  UNTRACED,
} from '../src/define.ts';
import { keepSecret } from '../src/semconv/secret-errors.ts';
import { type Database, sqliteClient } from '../src/semconv/sqlite.ts';
import { boundTo, commentText } from './sqlite-values.ts';

const sqlite3 = scope('foretrace.sqlite3');

const bound = (values: unknown[]): unknown => boundTo(values.filter((value) => typeof value !== 'function'));

const getters = {
  scope: sqlite3,
  text: (_: Database, [sql]: unknown[]) => sql,
  database: (database: Database) => database,
};
const query = sqliteClient<Database>({ ...getters, parameters: (_, [, ...values]) => bound(values) });
/** The other methods call back with a statement that shows its text. */
const script = sqliteClient<Database>({ ...getters, comment: commentText });

/** Whose statements these are. Those that methods of a database make for themselves are none of these. */
const databases = new WeakMap<object, Database>();

const execution = sqliteClient<{ sql?: string }>({
  scope: sqlite3,
  text: ({ sql }) => sql,
  database: (statement) => databases.get(statement),
  parameters: (_, args) => bound(args),
});

/** A call without a callback ends when it returns, since nothing tells its end. */
const whole = callbackOr(sync);

/** `each` has one callback for the rows, and after it one for the end. */
const byRow: Ends = {
  arm(_, args, ending) {
    const rows = args.findIndex((arg) => typeof arg === 'function');
    if (rows === -1) return false;
    const done = args[rows + 1];
    args[rows] = endingCallback(args[rows] as Function, UNTRACED);
    if (typeof done !== 'function') return false;
    args[rows + 1] = endingCallback(done, ending);
    return true;
  },
  watch: sync.watch,
};

/** Of a statement that can't be prepared the callback hears, and the error quotes it. */
function bindPrepared(_: Database, args: unknown[]): void {
  const callback = args.at(-1);
  if (typeof callback === 'function') args[args.length - 1] = endingCallback(callback, { end: keepSecret });
}

function note(database: Database, _: unknown[], error: unknown, statement: object): void {
  if (error === undefined) databases.set(statement, database);
}

const file = 'lib/sqlite3.js';

// A method of the database is made of one of a statement, but only its own callback hears of a statement that can't be prepared.
const outermost = (): object => sqlite3;

const points = (holder: string, trace: Point['trace'], methods: string[]): Point[] => [
  ...methods.map((name): Point => ({
    file,
    target: `${holder}.prototype.${name}`,
    trace,
    ends: whole,
    outermost,
  })),
  { file, target: `${holder}.prototype.each`, trace, ends: byRow, outermost },
];

const METHODS = ['run', 'get', 'all', 'map'];

export default define({
  name: 'sqlite3',
  module: 'sqlite3',
  versions: '>=5 <7',
  spans:
    'a client span for each execution of a statement (`run`, `get`, `all`, `each`, `map`) and each `exec`',
  points: [
    ...points('Database', query, METHODS),
    { file, target: 'Database.prototype.exec', trace: script, ends: whole, outermost },
    ...points('Statement', execution, METHODS),
    {
      file,
      target: 'Database.prototype.prepare',
      before: bindPrepared,
      after: note,
    },
  ],
});
