import { isPlain } from '../src/semconv/data.ts';
import type { SqlComment } from '../src/semconv/sql-comment.ts';

/** The values that a statement is executed with: one by one, as a list, or by name. */
export function boundTo(args: readonly unknown[]): unknown {
  const [first] = args;
  return args.length === 1 && (Array.isArray(first) || isPlain(first)) ? first : args;
}

/** A text that is the first argument and is not kept gets the comment. */
export function commentText(args: unknown[], comment: SqlComment): void {
  const [text] = args;
  if (typeof text === 'string') args[0] = comment.on(text);
}
