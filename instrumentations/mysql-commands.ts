import {
  active,
  bindCallback,
  callerContext,
  type Ending,
  endingCallback,
  type Ends,
  notesCallers,
  type Point,
} from '../src/define.ts';
import { dataOf } from '../src/semconv/data.ts';
import { isCommenting } from '../src/semconv/sql-comment.ts';
import { noteComment } from './sql-comments.ts';

/** What `mysql` and `mysql2` make of a call: an emitter that gets the answer, one after the other for each connection. */
export interface Command {
  /** mysql2: the app's callback. */
  onResult?: unknown;
  [CALL]?: { readonly ending: Ending; readonly context: ReturnType<typeof active> };
}

const CALL = Symbol('foretrace.call');

/**
 * A query is over when its command is: by its callback or by its events. The events are seen at the prototype's `emit`, since a
 * listener of ours would make an error handled that is not. For the same reason mysql2's tracing channel is not used: with a
 * subscriber it listens to `error`; besides, the text it tells has the values in it.
 */
export const queued: Ends = {
  arm(_, args, ending) {
    const [first] = args as [Command | undefined];
    const at = callbackAt(args);
    if (typeof first?.onResult === 'function') first.onResult = endingCallback(first.onResult, ending);
    else if (at !== -1) args[at] = endingCallback(args[at] as Function, ending);
    return false;
  },
  watch(command, ending, _, args) {
    const [first] = args as [Command | undefined];
    if (typeof command !== 'object' || command === null) {
      // mysql2 before 3.20 returns nothing for a command that a closed connection refuses.
      if (typeof first?.onResult !== 'function' && callbackAt(args) === -1) ending.end(new Error());
      return command;
    }
    if (refused.has(command)) ending.end(new Error());
    (command as Command)[CALL] = { ending, context: active() };
    return command;
  },
};

/** After the statement, or after its values. */
function callbackAt(args: readonly unknown[]): number {
  if (typeof args[1] === 'function') return 1;
  return typeof args[2] === 'function' ? 2 : -1;
}

const refused = new WeakSet<object>();

/** Takes the commands for a connection that is closed: they get no event, and without a callback only the connection tells of it. */
export function noteRefused(_: unknown, [command]: [unknown]): void {
  if (typeof command === 'object' && command !== null) refused.add(command);
}

/** `emit` of commands: ends the span, and runs the app's listeners where the call was made. */
export const emit: Omit<Point, 'target'> = {
  before(command: Command, [event, first]: [unknown, unknown?]) {
    if (event === 'error') failCommand(command, first);
    else if (event === 'end') command[CALL]?.ending.end(undefined);
  },
  context: contextOf,
};

/** Ends the span of a command that gets no event of its own: the connection is lost. */
export function failCommand(command: Command | undefined, error: unknown): void {
  command?.[CALL]?.ending.end(error ?? new Error());
}

/** The context that a command was made in. */
export function contextOf(command: Command): ReturnType<typeof active> | undefined {
  return command[CALL]?.context;
}

/** Where a command is sent or waits: a query gets the comment of its call. */
export const enqueued: Omit<Point, 'target'> = {
  when: isCommenting,
  before(_: unknown, [command]: [{ sql?: unknown } | undefined]) {
    if (typeof command?.sql === 'string') noteComment(command);
  },
};

/** The values of `query(text, values)` or `query({ sql, values })`. */
export function boundValues(_: unknown, [first, values]: unknown[]): unknown {
  return values === undefined || typeof values === 'function' ? dataOf(first, 'values') : values;
}

/** A pool that is asked to send a query by a connection that it has not got yet: it hears of the call when it has lost who made it. */
export const asking: Omit<Point, 'target'> = {
  when: notesCallers,
  before: (_: unknown, args: unknown[]) => bindCallback(args),
  context: callerContext,
};
