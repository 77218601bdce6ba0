import { bounded } from '../encode/flat-copy.ts';
import { endingCallback, iterator, sync } from '../patch/legacy.ts';
import { type Settle, traced, untraced } from '../patch/legacy.ts';
import { wrap } from '../patch/wrap.ts';
import { MAX_SQL } from '../redact/sql.ts';
import { scope } from '../trace/scope.ts';
import { VERSION } from '../version.ts';
import { sqlClient } from './db.ts';
import { SCHEMA_URL } from './schema.ts';
import { keepSecret } from './secret-errors.ts';
import { reportFailure } from '../guard.ts';

/** An open database, as the embedded libraries have it. */
interface Database {
  /** sqlite3: the path. */
  filename?: unknown;
  /** better-sqlite3: the path. */
  name?: unknown;
  /** node:sqlite, from 22.16: the path, null for one in memory. */
  location?: () => string | null;
}

interface Statement {
  readonly sql: string;
  readonly database: Database;
}

/** What an embedded SQLite library needs: `exec` and `prepare` of its database class, and what `prepare` returns. */
export interface EmbeddedSql {
  readonly exec: (original: Function) => Function;
  readonly prepare: (original: Function) => Function;
}

/**
 * The role of the embedded SQLite libraries, which share their API: a span for each execution of a statement, not for its
 * preparation. The class of statements is not exported everywhere, so it is wrapped when the first one is seen.
 */
export function embeddedSql(name: string): EmbeddedSql {
  const statements = new WeakMap<object, Statement>();
  const role = {
    system: 'sqlite',
    dialect: 'sqlite',
    scope: scope(name, VERSION, SCHEMA_URL),
    status,
  } as const;
  const execution = sqlClient<object, unknown[]>({
    ...role,
    text(statement) {
      const found = statements.get(statement);
      return found?.database === running ? undefined : found?.sql;
    },
    target: (statement) => placeOf(statements.get(statement)?.database),
  });
  const script = sqlClient<Database, [string]>({
    ...role,
    text: (database, [sql]) => (database === running || typeof sql !== 'string' ? undefined : sql),
    target: placeOf,
  });

  // The calls are synchronous, and some are made of others (`all` of `iterate`): only the outermost counts. Functions that the
  // app has defined for a database's statements may query another one.
  let running: Database | undefined;
  function outermost(settle: Settle): Settle {
    return (original, self, args, end) => {
      const before = running;
      running = statements.get(self as object)?.database ?? (self as Database);
      try {
        return settle(original, self, args, end);
      } finally {
        running = before;
      }
    };
  }

  const wrapped = new WeakSet<object>();
  function wrapStatement(statement: object): void {
    const prototype = Object.getPrototypeOf(statement);
    if (wrapped.has(prototype)) return;
    wrapped.add(prototype);
    for (const method of ['run', 'get', 'all'] as const) {
      if (typeof prototype[method] === 'function')
        wrap(prototype, method, traced(execution, outermost(sync)) as never);
    }
    if (typeof prototype.iterate === 'function') {
      wrap(prototype, 'iterate', traced(execution, outermost(iterator)) as never);
    }
  }

  return {
    exec: traced(script, outermost(sync)),
    prepare: (original) =>
      function (this: Database, ...args: unknown[]) {
        let statement: unknown;
        try {
          statement = Reflect.apply(original, this, args);
        } catch (error) {
          // No span, but the error quotes the statement all the same (`near "…": syntax error`).
          keepSecret(error);
          throw error;
        }
        try {
          if (typeof args[0] === 'string' && typeof statement === 'object' && statement !== null) {
            statements.set(statement, { sql: bounded(args[0], MAX_SQL + 1), database: this });
            wrapStatement(statement);
          }
        } catch (error) {
          reportFailure(name, error);
        }
        return statement;
      },
  };
}

/** What the asynchronous SQLite library needs: for methods of its database, of its statements, and for `prepare`. */
export interface CallbackSql {
  readonly query: (original: Function) => Function;
  readonly each: (original: Function) => Function;
  readonly execution: (original: Function) => Function;
  readonly executionEach: (original: Function) => Function;
  readonly prepare: (original: Function) => Function;
}

/**
 * The role of an SQLite library with callbacks. A method of the database is made of one of a statement, but only its own
 * callback hears of a statement that can't be prepared: the outermost call counts. A call without a callback ends when it
 * returns, since nothing tells its end.
 */
export function callbackSql(name: string): CallbackSql {
  const databases = new WeakMap<object, Database>();
  const role = {
    system: 'sqlite',
    dialect: 'sqlite',
    scope: scope(name, VERSION, SCHEMA_URL),
    status,
  } as const;
  let running = false;
  const query = sqlClient<Database, unknown[]>({
    ...role,
    text: (_, [sql]) => (running || typeof sql !== 'string' ? undefined : sql),
    target: placeOf,
  });
  const execution = sqlClient<{ sql?: string }, unknown[]>({
    ...role,
    text: ({ sql }) => (running || typeof sql !== 'string' ? undefined : sql),
    target: (statement) => placeOf(databases.get(statement)),
  });

  function settles(isEach: boolean): Settle {
    return (original, self, args, end) => {
      const nested = running;
      const last = args.length - 1;
      const callback = args[last];
      const rows = isEach ? args[last - 1] : undefined;
      const hasEnd = typeof callback === 'function' && (!isEach || typeof rows === 'function');
      if (typeof callback === 'function') args[last] = endingCallback(callback, hasEnd ? end : untraced);
      if (typeof rows === 'function') args[last - 1] = endingCallback(rows, untraced);
      running = true;
      try {
        const result = Reflect.apply(original, self, args);
        if (!hasEnd) end(undefined);
        return result;
      } catch (error) {
        end(error ?? new Error());
        throw error;
      } finally {
        running = nested;
      }
    };
  }

  const [whole, byRow] = [settles(false), settles(true)];
  return {
    query: traced(query as never, whole),
    each: traced(query as never, byRow),
    execution: traced(execution as never, whole),
    executionEach: traced(execution as never, byRow),
    prepare: (original) =>
      function (this: Database, ...args: unknown[]) {
        const last = args.length - 1;
        const callback = args[last];
        if (typeof callback === 'function') args[last] = endingCallback(callback, keepSecret);
        const statement = Reflect.apply(original, this, args);
        if (typeof statement === 'object' && statement !== null) databases.set(statement, this);
        return statement;
      },
  };
}

function placeOf(database: Database | undefined): { namespace?: string } {
  const path = database?.name ?? database?.filename ?? database?.location?.() ?? undefined;
  if (typeof path !== 'string' || path === '') return {};
  return { namespace: path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1) };
}

/** `SQLITE_CONSTRAINT_UNIQUE`, or node:sqlite's number of it. */
export function status(error: unknown): string | undefined {
  const { code, errcode } = (error ?? {}) as { code?: unknown; errcode?: unknown };
  if (typeof errcode === 'number') return String(errcode);
  return typeof code === 'string' && code.startsWith('SQLITE_') ? code : undefined;
}
