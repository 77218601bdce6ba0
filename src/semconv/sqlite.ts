import { bounded } from '../encode/flat-copy.ts';
import { MAX_SQL } from '../redact/sql.ts';
import type { Role } from '../operation/operation.ts';
import type { Scope } from '../trace/scope.ts';
import { type SqlGetters, sqlClient } from './db.ts';

/** An open database, as the embedded libraries have it. */
export interface Database {
  /** sqlite3: the path. */
  filename?: unknown;
  /** better-sqlite3: the path. */
  name?: unknown;
  /** node:sqlite, from 22.16: the path, null for one in memory. */
  location?: () => string | null;
}

/** The answers that an embedded SQLite library gives. */
interface SqliteGetters<Self extends object> extends Pick<
  SqlGetters<Self, unknown[]>,
  'comment' | 'parameters'
> {
  scope: Scope;
  /** Undefined, or no text at all: the library refuses it. */
  text(self: Self, args: unknown[]): unknown;
  database(self: Self): Database | undefined;
}

/** The role of an embedded SQLite library: a span for each execution of a statement or script, none for its preparation. */
export function sqliteClient<Self extends object>(getters: SqliteGetters<Self>): Role<Self> {
  const { scope, text, database, ...others } = getters;
  return sqlClient<Self, unknown[]>({
    system: 'sqlite',
    dialect: 'sqlite',
    scope,
    status,
    ...others,
    text(self, args) {
      const found = text(self, args);
      return typeof found === 'string' ? found : undefined;
    },
    target: (self) => placeOf(database(self)),
  });
}

/** As much of a statement's text as a span can have, to be kept with the statement. */
export function keptSql(text: string): string {
  return bounded(text, MAX_SQL + 1);
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
