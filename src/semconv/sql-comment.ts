import { reportFailure } from '../guard.ts';
import type { SqlDialect } from '../redact/sql-dialect.ts';
import type { Scope } from '../trace/scope.ts';
import type { NonRecordingSpan } from '../trace/span-context.ts';
import type { Span } from '../trace/span.ts';

/** What is said of one call to the database that it goes to. */
export interface SqlComment {
  /**
   * The statement with the comment, or as it is if it is to be left alone. `isKept` says that the server keeps the text for further calls:
   * then it gets what is the same for all calls only.
   */
  on(text: string, isKept?: boolean): string;
}

/** Makes the comment of a call; `driver` is what SQLCommenter calls `db_driver`. */
export type SqlCommenter = (driver: string, dialect: SqlDialect, span: Span | NonRecordingSpan) => SqlComment;

let commenter: SqlCommenter | undefined;
const waiting: ((next: SqlCommenter) => void)[] = [];

/** Whether statements get comments: known when the agent has started. */
export function isCommenting(): boolean {
  return commenter !== undefined;
}

export function setSqlCommenter(next: SqlCommenter): void {
  commenter = next;
  for (const tell of waiting) tell(next);
}

/** Puts a comment into what a call sends: by copies of what is in `args`, where these are the app's. */
export type SendComment<Self, Args extends unknown[]> = (args: Args, comment: SqlComment, self: Self) => void;

/** Lets the calls of a role have comments. Until somebody asks for these, it has nothing to inject. */
export function withComments<R extends { scope: Scope }, Self, Args extends unknown[]>(
  role: R,
  dialect: SqlDialect,
  send: SendComment<Self, Args> | undefined,
): R {
  if (send === undefined) return role;
  const driver = role.scope.name.slice(role.scope.name.indexOf('.') + 1);
  const use = (comment: SqlCommenter): void => {
    (role as { inject?: unknown }).inject = (
      span: Span | NonRecordingSpan,
      _: unknown,
      self: Self,
      args: Args,
    ) => {
      try {
        send(args, comment(driver, dialect, span), self);
      } catch (failure) {
        reportFailure(role.scope.name, failure);
      }
    };
  };
  // The roles of a library are made when it is loaded.
  if (commenter === undefined) waiting.push(use);
  else use(commenter);
  return role;
}
