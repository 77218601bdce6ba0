import {
  define,
  detached,
  type End,
  endingCallback,
  endOnce,
  guarded,
  inContext,
  scope,
} from '../src/define.ts';
import { redisBatch, redisClient, type RedisTarget } from '../src/semconv/redis.ts';

/** The parts of node-redis 2 and 3 that are touched. */
interface Client {
  connection_options?: { host?: string; port?: number; path?: string };
  selected_db?: number;
  command_queue: Queue;
  emit(event: string, error: unknown): void;
}

/** A double-ended queue: another library in version 2, with the same methods. */
interface Queue {
  length: number;
  get(index: number): Command | undefined;
}

interface Command {
  command: string;
  args: unknown[];
  callback?: Function;
  [SEEN]?: true;
  [END]?: End;
}

interface Multi {
  _client: Client;
  queue: Queue;
}

const SEEN = Symbol('foretrace.seen');
const END = Symbol('foretrace.end');

/** What the library itself sends while it connects. */
const HANDSHAKE = new Set(['auth', 'info', 'select', 'client', 'monitor', 'subscribe', 'psubscribe']);

const redis = scope('foretrace.redis');

function target({ connection_options: { host, port, path } = {} }: Client): RedisTarget {
  return path === undefined ? { address: host, port } : { address: path };
}

const database = ({ selected_db: selected }: Client): number => selected ?? 0;

const command = redisClient<Client, [Command]>({
  scope: redis,
  command: (_, [sent]) => sent.command,
  arguments: (_, [{ args }]) => args,
  database,
  target,
});

const batch = redisBatch<Client>({ scope: redis, database, target });

/** True while the library connects, or sends the commands of a batch, which are counted with it. */
let connecting = false;
let inBatch = false;

const traceCommand = guarded('redis', (client: Client, sent: Command) => {
  // A command comes by again when the connection was not there yet: still one operation.
  if (sent[SEEN] === true) return;
  sent[SEEN] = true;
  if (inBatch || (connecting && HANDSHAKE.has(sent.command))) return;
  const span = command.start(client, [sent]);
  if (span === undefined) keepCallback(sent);
  else watch(sent, endOnce(span, command.end, 'redis'));
});

/**
 * Without a callback the command stays without one: the library then tells errors by the event `error`, several lost
 * commands by one event.
 */
function watch(sent: Command, end: End): void {
  if (typeof sent.callback === 'function') sent.callback = endingCallback(sent.callback, end);
  else sent[END] = end;
}

/** The connection calls back, from wherever it is. */
function keepCallback(sent: Command): void {
  const { callback } = sent;
  if (typeof callback !== 'function') return;
  sent.callback = inContext(callback);
}

function sendCommand(original: Function): Function {
  return function (this: Client, sent: Command) {
    traceCommand(this, sent);
    return Reflect.apply(original, this, arguments);
  };
}

/** `return_reply(reply)` and `return_error(error)` take the command that they are about from the queue. */
function answer(isError: boolean): (original: Function) => Function {
  return (original) =>
    function (this: Client, result: unknown) {
      const sent = this.command_queue?.get(0);
      const end = sent?.[END];
      if (sent !== undefined && end !== undefined) {
        sent[END] = undefined;
        if (isError) end(result);
        else end(undefined, result);
      }
      return Reflect.apply(original, this, arguments);
    };
}

const endLost = guarded(
  'redis',
  (client: Record<string, unknown>, { code }: { code?: string }, queues: readonly string[]) => {
    for (const name of queues) {
      const queue = client[name] as Queue | undefined;
      for (let i = 0; i < (queue?.length ?? 0); i++) queue?.get(i)?.[END]?.({ name: 'AbortError', code });
    }
  },
);

/** `flush_and_error(attributes, { queues })`: the connection is lost. */
function flush(original: Function): Function {
  return function (this: Client, attributes: object, options?: { queues?: string[] }) {
    endLost(
      this as unknown as Record<string, unknown>,
      attributes ?? {},
      options?.queues ?? ['command_queue', 'offline_queue'],
    );
    return Reflect.apply(original, this, arguments);
  };
}

const beginBatch = guarded('redis', ({ _client, queue }: Multi, chained: boolean): End | undefined => {
  if (queue.length === 0) return undefined;
  const sent = [];
  for (let i = 0; i < queue.length; i++) {
    const { command: name, args } = queue.get(i) as Command;
    sent.push({ name, args });
  }
  if (chained) sent.push({ name: 'exec', args: [] });
  const span = batch.start(_client, [sent]);
  return span && endOnce(span, batch.end, 'redis');
});

function execute(chained: boolean): (original: Function) => Function {
  return (original) =>
    function (this: Multi, ...args: unknown[]) {
      if (inBatch) return Reflect.apply(original, this, args);
      const end = beginBatch(this, chained);
      if (end !== undefined) {
        const [callback] = args;
        const last = this.queue.get(this.queue.length - 1) as Command;
        if (typeof callback === 'function') args[0] = endingCallback(callback, end);
        else if (chained) args[0] = silent(this._client, end);
        else watch(last, end);
      }
      inBatch = true;
      try {
        return Reflect.apply(original, this, args);
      } finally {
        inBatch = false;
      }
    };
}

/** For a transaction without callback: does what the library does then. */
function silent(client: Client, end: End): Function {
  return (error: { code?: unknown } | null, replies: unknown) => {
    end(error ?? undefined, replies);
    if (error && error.code !== 'CONNECTION_BROKEN') client.emit('error', error);
  };
}

function handshake(original: Function): Function {
  return function (this: unknown) {
    const before = connecting;
    connecting = true;
    try {
      return Reflect.apply(original, this, arguments);
    } finally {
      connecting = before;
    }
  };
}

export default define({
  name: 'redis',
  module: 'redis',
  // From version 4 on, the package hands on @redis/client.
  versions: '>=2.6 <7',
  spans:
    'a client span for each command, one for each batch or transaction; from version 4 on by `redis-client`',
  points: [
    { versions: '<4', target: 'RedisClient.prototype.internal_send_command', wrap: sendCommand },
    { versions: '<4', target: 'RedisClient.prototype.create_stream', wrap: detached },
    { versions: '<4', target: 'RedisClient.prototype.on_connect', wrap: handshake },
    { versions: '<4', target: 'RedisClient.prototype.on_ready', wrap: handshake },
    { versions: '<4', target: 'RedisClient.prototype.ready_check', wrap: handshake },
    { versions: '<4', target: 'RedisClient.prototype.return_reply', wrap: answer(false) },
    { versions: '<4', target: 'RedisClient.prototype.return_error', wrap: answer(true) },
    { versions: '<4', target: 'RedisClient.prototype.flush_and_error', wrap: flush },
    { versions: '<4', file: 'lib/multi.js', target: 'prototype.exec_transaction', wrap: execute(true) },
    { versions: '<4', file: 'lib/multi.js', target: 'prototype.exec', wrap: execute(false) },
    { versions: '<4', file: 'lib/multi.js', target: 'prototype.EXEC', wrap: execute(false) },
    { versions: '<4', file: 'lib/multi.js', target: 'prototype.exec_batch', wrap: execute(false) },
  ],
});
