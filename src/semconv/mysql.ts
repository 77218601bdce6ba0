import { active, callIn } from '../context/active.ts';
import type { Context } from '../context/context.ts';
import { attempt, endingCallback } from '../patch/legacy.ts';
import type { End, Role, Settle } from '../patch/legacy.ts';
import type { Scope } from '../trace/scope.ts';
import { sqlClient } from './db.ts';

/** What the clients of the MySQL protocol keep of a connection's options. */
export interface MysqlOptions {
  host?: string;
  port?: number;
  socketPath?: string;
  database?: string;
}

interface MysqlGetters<Self extends object> {
  /** `db.system.name`: what the client is made for; the server may be the other one. */
  system: 'mysql' | 'mariadb';
  scope: Scope;
  options(self: Self): MysqlOptions | undefined;
  batchSize?(self: Self, args: unknown[]): number | undefined;
  /** The statement, if it is not the first argument or its `sql`. */
  text?(self: Self, args: unknown[]): string | undefined;
}

/**
 * The role of a client of the MySQL protocol. The text is that of the call, with placeholders: these clients write the bound
 * values into it before they send it.
 */
export function mysqlClient<Self extends object>(getters: MysqlGetters<Self>): Role<Self, unknown[]> {
  const { options, ...others } = getters;
  return sqlClient<Self, unknown[]>({
    dialect: 'mysql',
    defaultPort: 3306,
    text: textOf,
    ...others,
    target(self) {
      const { host, port, socketPath, database } = options(self) ?? {};
      const namespace = typeof database === 'string' && database !== '' ? database : undefined;
      return typeof socketPath === 'string' && socketPath !== ''
        ? { namespace, address: socketPath }
        : { namespace, address: host, port: port === undefined ? undefined : Number(port) };
    },
    status,
  });
}

function textOf(_: unknown, [first]: unknown[]): string | undefined {
  if (typeof first === 'string') return first;
  const sql = (first as { sql?: unknown } | null | undefined)?.sql;
  return typeof sql === 'string' ? sql : undefined;
}

/** The server's error number; errors of the network have a negative one or none, and no SQLSTATE. */
function status(error: unknown): string | undefined {
  const { errno, sqlState } = (error ?? {}) as { errno?: unknown; sqlState?: unknown };
  return typeof errno === 'number' && errno > 0 && typeof sqlState === 'string' ? String(errno) : undefined;
}

/** What `mysql` and `mysql2` make of a call: an emitter that gets the answer, one after the other for each connection. */
export interface Command {
  /** mysql2: the app's callback. */
  onResult?: unknown;
  [CALL]?: { readonly end: End; readonly context: Context };
}

const CALL = Symbol('foretrace.call');

/**
 * A query is over when its command is: by its callback or by its events. The events are seen at the prototype's `emit`, since a
 * listener of ours would make an error handled that is not. For the same reason mysql2's tracing channel is not used: with a
 * subscriber it listens to `error`; besides, the text it tells has the values in it.
 */
export const queued: Settle = (original, self, args, end) => {
  const [first] = args as [Command | undefined];
  const at = typeof args[1] === 'function' ? 1 : 2;
  const isCalled = typeof first?.onResult === 'function' || typeof args[at] === 'function';
  if (typeof first?.onResult === 'function') first.onResult = endingCallback(first.onResult, end);
  else if (isCalled) args[at] = endingCallback(args[at] as Function, end);
  const command = attempt(original, self, args, end) as Command | undefined;
  if (typeof command !== 'object' || command === null) {
    // mysql2 before 3.20 returns nothing for a command that a closed connection refuses.
    if (!isCalled) end(new Error());
    return command;
  }
  if (refused.has(command)) end(new Error());
  command[CALL] = { end, context: active() };
  return command;
};

const refused = new WeakSet<object>();

/** Takes the commands for a connection that is closed: they get no event, and without a callback only the connection tells of it. */
export function refusingWrapper(original: Function): Function {
  return function (this: unknown, command: object) {
    if (typeof command === 'object' && command !== null) refused.add(command);
    return Reflect.apply(original, this, arguments);
  };
}

/** `emit` of commands: ends the span, and runs the app's listeners where the call was made. */
export function emitWrapper(original: Function): Function {
  return function (this: Command, event: unknown, first?: unknown) {
    const call = this[CALL];
    if (call === undefined) return Reflect.apply(original, this, arguments);
    if (event === 'error') call.end(first ?? new Error());
    else if (event === 'end') call.end(undefined);
    return callIn(call.context, original, this, arguments);
  };
}

/** Ends the span of a command that gets no event of its own: the connection is lost. */
export function failCommand(command: Command | undefined, error: unknown): void {
  command?.[CALL]?.end(error ?? new Error());
}

/** The call of a command runs in the context that the command was made in. */
export function commandWrapper(original: Function): Function {
  return function (this: Command, ...args: unknown[]) {
    const call = this[CALL];
    return call === undefined
      ? Reflect.apply(original, this, args)
      : callIn(call.context, original, this, args);
  };
}
