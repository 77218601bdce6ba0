import { type Block, block } from '../encode/span.ts';
import { DB } from '../context/layers.ts';
import { redisOperation, redisStatement } from '../redact/redis.ts';
import type { Scope } from '../trace/scope.ts';
import type { Facts, Role } from '../operation/operation.ts';
import { CLIENT, type Span } from '../trace/span.ts';
import { type RemoteEnd, remoteEnd } from './address.ts';
import { isRoot } from '../operation/roots.ts';
import { type DbTarget, failDb, place, serverCache } from './db.ts';
import {
  DB_NAMESPACE,
  DB_OPERATION_BATCH_SIZE,
  DB_OPERATION_NAME,
  DB_QUERY_TEXT,
  DB_STORED_PROCEDURE_NAME,
  DB_SYSTEM_NAME,
} from './keys.ts';
import { waits } from './redis-waits.ts';
import { keepSecret } from './secret-errors.ts';

const SYSTEM = 'redis';
const DEFAULT_PORT = 6379;
const MAX_BATCH_TEXT = 8_192;

export type RedisTarget = Pick<DbTarget, 'address' | 'port'>;

interface Common<Self extends object, Args extends unknown[]> {
  scope: Scope;
  /** A call of the library itself, such as the look-up of a topology. */
  isOwn?(self: Self, args: Args): boolean;
  /** The index of the selected database; `SELECT` may change it between commands. */
  database(self: Self): number | undefined;
  /** Asked once for each `self`, or for each of its connections; again as long as it is not known. */
  target(self: Self): RedisTarget;
  /** The connection, while it is there. */
  socket?(self: Self): RemoteEnd | undefined;
  /** For an operation whose target is not known yet. */
  answeredBy?(self: Self, args: Args): AnsweredBy | undefined;
}

/** An operation whose server is known at its end alone: of a cluster, or of the master that sentinels name. */
export type AnsweredBy = () => RedisTarget | undefined;

interface Command extends Facts {
  /** System and operation. */
  readonly block: Block;
  readonly answeredBy?: AnsweredBy;
}

const servers = serverCache(DEFAULT_PORT);

/** Where each client's server is, encoded once for each connection. */
function placesOf<Self extends object>({
  target,
  socket,
}: Pick<Common<Self, never>, 'target' | 'socket'>): (self: Self) => Block {
  const known = new WeakMap<Self, { socket: RemoteEnd | undefined; block: Block }>();
  return (self) => {
    const connection = socket?.(self);
    let found = known.get(self);
    if (found === undefined || found.socket !== connection) {
      const peer = connection && remoteEnd(connection);
      const server = target(self);
      found = { socket: connection, block: place({ ...server, peer }, DEFAULT_PORT).block };
      if (server.address !== undefined) known.set(self, found);
    }
    return found.block;
  };
}

/** The answers that a Redis library gives. */
export interface RedisGetters<Self extends object, Args extends unknown[]> extends Common<Self, Args> {
  command(self: Self, args: Args): string;
  arguments(self: Self, args: Args): ArrayLike<unknown>;
  /** The name that the client knows a script by, by its SHA-1 digest. */
  script?(self: Self, digest: string): string | undefined;
}

/** The role of a Redis client: one span per command, named by the command, its arguments by policy. */
export function redisClient<Self extends object, Args extends unknown[]>(
  getters: RedisGetters<Self, Args>,
): Role<Self, Args, Command> {
  const { scope, command, database, answeredBy } = getters;
  const places = placesOf(getters);
  return {
    scope,
    kind: CLIENT,
    layer: DB,
    of(self, args, context) {
      if (getters.isOwn?.(self, args) === true) return undefined;
      const facts = commandOf(redisOperation(command(self, args)));
      if (isRoot(context) && waits(facts.name, getters.arguments(self, args))) return undefined;
      const answering = answeredBy?.(self, args);
      return answering === undefined ? facts : { ...facts, answeredBy: answering };
    },
    start(span, { name, block, answeredBy: answering }, self, args) {
      const values = getters.arguments(self, args);
      span.addBlock(block);
      span.add(DB_QUERY_TEXT, redisStatement(name, values));
      const digest = scriptDigest(name, values);
      if (digest !== undefined) span.add(DB_STORED_PROCEDURE_NAME, getters.script?.(self, digest) ?? digest);
      addDatabase(span, database(self));
      if (answering === undefined) span.addBlock(places(self));
    },
    end,
  };
}

const commands = new Map<string, Command>();

/** One object for each command, encoded once: `redisOperation` gives only so many names. */
function commandOf(name: string): Command {
  let found = commands.get(name);
  if (found === undefined) {
    found = { name, block: block([DB_SYSTEM_NAME, SYSTEM, DB_OPERATION_NAME, name]) };
    commands.set(name, found);
  }
  return found;
}

const SHA = /^[0-9a-f]{40}$/i;

/** The SHA-1 digest of a script that is called by it. */
function scriptDigest(operation: string, values: ArrayLike<unknown>): string | undefined {
  if (operation !== 'EVALSHA' && operation !== 'EVALSHA_RO') return undefined;
  const digest = values[0];
  return typeof digest === 'string' && SHA.test(digest) ? digest : undefined;
}

/** One command of a batch. */
export interface Sent {
  name: string;
  args: ArrayLike<unknown>;
}

/** The answers that a Redis library gives of a batch. */
export interface RedisBatchGetters<Self extends object, Args extends unknown[]> extends Common<Self, Args> {
  /** The first argument if absent. */
  sent?(self: Self, args: Args): readonly Sent[];
}

/**
 * The role of a pipeline or transaction: one span, `PIPELINE` or `MULTI`, with the command if all are the same. One of a single command
 * is that command.
 */
export function redisBatch<Self extends object, Args extends unknown[] = [readonly Sent[]]>(
  getters: RedisBatchGetters<Self, Args>,
): Role<Self, Args, Batch> {
  const { scope, database, answeredBy } = getters;
  const places = placesOf(getters);
  return {
    scope,
    kind: CLIENT,
    layer: DB,
    of(self, args, context) {
      if (getters.isOwn?.(self, args) === true) return undefined;
      const sent = getters.sent?.(self, args) ?? (args[0] as readonly Sent[]);
      if (sent.length === 0) return undefined;
      if (isRoot(context) && sent.some(({ name, args: values }) => waits(redisOperation(name), values)))
        return undefined;
      return { ...summary(sent), answeredBy: answeredBy?.(self, args) };
    },
    start(span, { name, size, text, answeredBy: answering }, self) {
      span.add(DB_SYSTEM_NAME, SYSTEM);
      span.add(DB_OPERATION_NAME, name);
      if (size !== 1) span.add(DB_OPERATION_BATCH_SIZE, size);
      span.add(DB_QUERY_TEXT, text);
      addDatabase(span, database(self));
      if (answering === undefined) span.addBlock(places(self));
    },
    end(span, error, result, facts) {
      keepOutcomes(result, 0);
      end(span, error, result, facts);
    },
  };
}

interface Batch extends Facts {
  readonly size: number;
  readonly text: string;
  readonly answeredBy?: AnsweredBy;
}

function summary(sent: readonly Sent[]): Batch {
  let kind = 'PIPELINE';
  let common: string | undefined;
  let size = 0;
  let text = '';
  for (const { name, args } of sent) {
    const operation = redisOperation(name);
    if (operation === 'MULTI' || operation === 'EXEC') {
      kind = 'MULTI';
      continue;
    }
    common = size === 0 || common === operation ? operation : undefined;
    size++;
    if (text.length < MAX_BATCH_TEXT) text += (text === '' ? '' : '; ') + redisStatement(operation, args);
  }
  if (common === undefined) return { name: kind, size, text };
  return { name: size === 1 ? common : `${kind} ${common}`, size, text };
}

/**
 * Each command of a batch has an outcome of its own, a value or an error, in some libraries as `[error, value]`: the app may throw
 * one of these errors further on.
 */
function keepOutcomes(outcomes: unknown, depth: number): void {
  if (outcomes instanceof Error) keepSecret(outcomes);
  else if (Array.isArray(outcomes) && depth < 2)
    for (const outcome of outcomes) keepOutcomes(outcome, depth + 1);
}

function addDatabase(span: Span, database: number | undefined): void {
  if (database !== undefined) span.add(DB_NAMESPACE, NAMES[database] ?? String(database));
}

const NAMES = Array.from({ length: 16 }, (_, index) => String(index));

function end(
  span: Span,
  error: unknown,
  _result: unknown,
  { answeredBy }: { answeredBy?: AnsweredBy },
): void {
  const { address, port } = answeredBy?.() ?? {};
  if (address !== undefined) {
    span.addBlock(servers(port === undefined ? address : `${address}:${port}`).block);
  }
  if (error !== undefined) failDb(span, error, errorPrefix(error));
}

/** The first word of a Redis error (`WRONGTYPE`, `NOSCRIPT`, `ERR`); undefined for errors that are not the server's. */
function errorPrefix(error: unknown): string | undefined {
  const { message } = (error ?? {}) as { message?: unknown };
  if (typeof message !== 'string') return undefined;
  let length = 0;
  while (length < message.length && length < 32) {
    const unit = message.charCodeAt(length);
    if ((unit < 0x41 || unit > 0x5a) && unit !== 0x5f) break;
    length++;
  }
  return length > 1 && (length === message.length || message.charCodeAt(length) === 0x20)
    ? message.slice(0, length)
    : undefined;
}
