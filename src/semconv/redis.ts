import { type Block, block } from '../encode/span.ts';
import type { Role } from '../patch/traced.ts';
import { redisOperation, redisStatement } from '../redact/redis.ts';
import type { Scope } from '../trace/scope.ts';
import type { Span } from '../trace/span.ts';
import { type RemoteEnd, remoteEnd } from './address.ts';
import { isRoot, recordedIn, startClient } from './client.ts';
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

interface Common<Self extends object> {
  scope: Scope;
  /** The index of the selected database; `SELECT` may change it between commands. */
  database(self: Self): number | undefined;
  /** Asked once for each `self`, or for each of its connections. */
  target(self: Self): RedisTarget;
  /** The connection, while it is there. */
  socket?(self: Self): RemoteEnd | undefined;
}

const servers = serverCache(DEFAULT_PORT);

/** Where each client's server is, encoded once for each connection. */
function placesOf<Self extends object>({ target, socket }: Common<Self>): (self: Self) => Block {
  const known = new WeakMap<Self, { socket: RemoteEnd | undefined; block: Block }>();
  return (self) => {
    const connection = socket?.(self);
    let found = known.get(self);
    if (found === undefined || found.socket !== connection) {
      const peer = connection && remoteEnd(connection);
      found = { socket: connection, block: place({ ...target(self), peer }, DEFAULT_PORT).block };
      known.set(self, found);
    }
    return found.block;
  };
}

/** For clusters and sentinels, whose roles have an empty target: which server answered is only known at the end. */
export function endAt(role: Pick<Role, 'end'>, server: () => RedisTarget | undefined): Role['end'] {
  return (span, error, result) => {
    const { address, port } = server() ?? {};
    if (address !== undefined) {
      span.addBlock(servers(port === undefined ? address : `${address}:${port}`).block);
    }
    role.end(span, error, result);
  };
}

/** The answers that a Redis library gives. */
export interface RedisGetters<Self extends object, Args extends unknown[]> extends Common<Self> {
  command(self: Self, args: Args): string;
  arguments(self: Self, args: Args): ArrayLike<unknown>;
  /** The name that the client knows a script by, by its SHA-1 digest. */
  script?(self: Self, digest: string): string | undefined;
}

/** The role of a Redis client: one span per command, named by the command, its arguments by policy. */
export function redisClient<Self extends object, Args extends unknown[]>(
  getters: RedisGetters<Self, Args>,
): Role<Self, Args> {
  const { scope, command, database } = getters;
  const places = placesOf(getters);
  return {
    name: scope.name,
    start(self, args) {
      const context = recordedIn(scope);
      if (context === undefined) return undefined;
      const operation = redisOperation(command(self, args));
      const values = getters.arguments(self, args);
      if (isRoot(context) && waits(operation, values)) return undefined;
      const span = startClient(scope, operation, context);
      if (span === undefined) return undefined;
      span.addBlock(operationBlock(operation));
      span.add(DB_QUERY_TEXT, redisStatement(operation, values));
      const digest = scriptDigest(operation, values);
      if (digest !== undefined) span.add(DB_STORED_PROCEDURE_NAME, getters.script?.(self, digest) ?? digest);
      addPlace(span, database(self));
      span.addBlock(places(self));
      return span;
    },
    end,
  };
}

const operations = new Map<string, Block>();

/** System and operation, encoded once: `redisOperation` gives only so many names. */
function operationBlock(operation: string): Block {
  let found = operations.get(operation);
  if (found === undefined) {
    found = block([DB_SYSTEM_NAME, SYSTEM, DB_OPERATION_NAME, operation]);
    operations.set(operation, found);
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

interface Sent {
  name: string;
  args: ArrayLike<unknown>;
}

/**
 * The role of a pipeline or transaction: one span, `PIPELINE` or `MULTI`, with the command if all are the same. One of a single command
 * is that command.
 */
export function redisBatch<Self extends object>(getters: Common<Self>): Role<Self, [readonly Sent[]]> {
  const { scope, database } = getters;
  const places = placesOf(getters);
  return {
    name: scope.name,
    start(self, [commands]) {
      const context = recordedIn(scope);
      if (context === undefined) return undefined;
      if (isRoot(context) && commands.some(({ name, args }) => waits(redisOperation(name), args)))
        return undefined;
      const span = startClient(scope, '', context);
      if (span === undefined) return undefined;
      const { operation, size, text } = summary(commands);
      span.name = operation;
      span.add(DB_SYSTEM_NAME, SYSTEM);
      span.add(DB_OPERATION_NAME, operation);
      if (size !== 1) span.add(DB_OPERATION_BATCH_SIZE, size);
      span.add(DB_QUERY_TEXT, text);
      addPlace(span, database(self));
      span.addBlock(places(self));
      return span;
    },
    end(span, error, result) {
      keepOutcomes(result, 0);
      end(span, error);
    },
  };
}

function summary(sent: readonly Sent[]): { operation: string; size: number; text: string } {
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
  if (common === undefined) return { operation: kind, size, text };
  return { operation: size === 1 ? common : `${kind} ${common}`, size, text };
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

function addPlace(span: Span, database: number | undefined): void {
  if (database !== undefined) span.add(DB_NAMESPACE, NAMES[database] ?? String(database));
}

const NAMES = Array.from({ length: 16 }, (_, index) => String(index));

function end(span: Span, error: unknown): void {
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
