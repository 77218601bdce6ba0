import type { Point } from '../src/define.ts';
import { copyWith, dataOf } from '../src/semconv/data.ts';
import type { SqlComment } from '../src/semconv/sql-comment.ts';
import { sending } from './sql-comments.ts';

const carried = new WeakMap<object, SqlComment>();

/** The options of a call, which its command has too, carry its comment: a pool makes the command when it has a connection. */
export function carry(args: unknown[], comment: SqlComment): void {
  const [first] = args;
  const sql: unknown = typeof first === 'string' ? first : dataOf(first, 'sql');
  if (typeof sql !== 'string') return;
  const options = typeof first === 'string' ? { sql } : copyWith(first as object, 'sql', sql);
  if (options === undefined) return;
  carried.set(options, comment);
  args[0] = options;
}

interface Command {
  cmdParam?: { opts?: object };
}

/** Writes a query out; a stream of rows is one too. What is executed as a prepared statement is none. */
export const start: Omit<Point, 'target'> = sending('sql', ({ cmdParam }: Command) =>
  cmdParam?.opts === undefined ? undefined : carried.get(cmdParam.opts),
);

/** The values of a call; those in its options come first. */
export function valuesOf(_: unknown, [first, values]: unknown[]): unknown {
  return dataOf(first, 'values') ?? (typeof values === 'function' ? undefined : values);
}
