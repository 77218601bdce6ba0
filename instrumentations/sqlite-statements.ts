import { iterator, type Point, scope, sync } from '../src/define.ts';
import { keepSecret } from '../src/semconv/secret-errors.ts';
import { type Database, keptSql, sqliteClient } from '../src/semconv/sqlite.ts';
import { boundTo, commentText } from './sqlite-values.ts';

interface Statement {
  readonly sql: string;
  readonly database: Database;
}

/** What `exec` and `prepare` of a database are, in the libraries that have better-sqlite3's API. */
export interface EmbeddedSql {
  readonly exec: Omit<Point, 'target'>;
  readonly prepare: Omit<Point, 'target'>;
}

/**
 * A statement is traced when it is executed. The calls are synchronous, and some are made of others (`all` of `iterate`): only the outermost
 * counts. Functions that the app has defined for a database's statements may query another one.
 */
export function embeddedSql(name: string): EmbeddedSql {
  const own = scope(name);
  const statements = new WeakMap<object, Statement>();
  const execution = {
    trace: sqliteClient<object>({
      scope: own,
      text: (statement) => statements.get(statement)?.sql,
      database: (statement) => statements.get(statement)?.database,
      parameters: (_, args) => boundTo(args),
    }),
    outermost: (statement: object) => statements.get(statement)?.database,
  };
  const script = sqliteClient<Database>({
    scope: own,
    text: (_, [sql]) => sql,
    database: (database) => database,
    comment: commentText,
  });
  return {
    exec: { trace: script, ends: sync, outermost: (database: Database) => database },
    prepare: {
      after(database: Database, [sql]: [unknown], error: unknown, statement: unknown) {
        // No span, but the error quotes the statement all the same (`near "…": syntax error`).
        if (error !== undefined) keepSecret(error);
        else if (typeof sql === 'string' && typeof statement === 'object' && statement !== null)
          statements.set(statement, { sql: keptSql(sql), database });
      },
      // The class of statements is not exported everywhere.
      opens: [
        { target: 'constructor.prototype.run', ends: sync, ...execution },
        { target: 'constructor.prototype.get', ends: sync, ...execution },
        { target: 'constructor.prototype.all', ends: sync, ...execution },
        { target: 'constructor.prototype.iterate', ends: iterator, ...execution },
      ],
    },
  };
}
