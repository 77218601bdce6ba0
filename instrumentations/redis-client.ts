import {
  current,
  define,
  detached,
  type End,
  endOnce,
  guarded,
  inContext,
  observePromise,
  type Point,
  scope,
} from '../src/define.ts';
import { redisBatch, redisClient, type RedisTarget } from '../src/semconv/redis.ts';

/** The parts of @redis/client that are touched. */
interface Client {
  options?: {
    database?: number;
    socket?: { host?: string; port?: number; path?: string };
  };
  /** Variants of a client, with other options, share its connection. */
  _self?: Client;
}

/** The commands of one connection; before version 5 the only place that all commands pass. */
type Queue = object;

type Arguments = readonly unknown[];

interface Options {
  asap?: boolean;
  chainId?: unknown;
}

/** What the library itself sends while it connects. */
const HANDSHAKE = new Set(['AUTH', 'HELLO', 'SELECT', 'CLIENT', 'READONLY']);

const redis = scope('foretrace.redis-client');

/** The selected database of a connection, once `SELECT` has changed it. */
const selected = new WeakMap<object, number>();

/** Before version 5: the clients of queues. */
const owners = new WeakMap<Queue, Client>();
/** In place of the client of a queue that has not been connected yet. */
const UNKNOWN: Client = {};

function target(self: Client): RedisTarget {
  if (self === UNKNOWN) return {};
  const { host, port, path } = self.options?.socket ?? {};
  return path === undefined ? { address: host ?? 'localhost', port } : { address: path };
}

function database(self: Client): number | undefined {
  return self === UNKNOWN ? undefined : (selected.get(self) ?? self.options?.database ?? 0);
}

const command = redisClient<Client, [Arguments]>({
  scope: redis,
  command: (_, [[name]]) => String(name),
  arguments: (_, [args]) => args.slice(1),
  database,
  target,
});

const batch = redisBatch<Client>({ scope: redis, database, target });

/** The library keeps a connection alive with PINGs, which belong to nobody. */
const isKeepAlive = (args: Arguments): boolean =>
  args.length === 1 && args[0] === 'PING' && current() === undefined;

const beginCommand = guarded('redis-client', (self: Client, args: Arguments): End | undefined => {
  if (isKeepAlive(args)) return undefined;
  const span = command.start(self, [args]);
  const end = span && endOnce(span, command.end, 'redis-client');
  if (String(args[0]).toUpperCase() !== 'SELECT') return end;
  return (error, result) => {
    if (error === undefined && self !== UNKNOWN) selected.set(self, Number(args[1]));
    end?.(error, result);
  };
});

const beginBatch = guarded(
  'redis-client',
  (self: Client, commands: readonly { args: Arguments }[], chained: boolean): End | undefined => {
    if (commands.length === 0) return undefined;
    const sent = commands.map(({ args: [name, ...args] }) => ({ name: String(name), args }));
    if (chained) sent.push({ name: 'EXEC', args: [] });
    const span = batch.start(self, [sent]);
    return span && endOnce(span, batch.end, 'redis-client');
  },
);

/**
 * The library's own channel is left alone: with a subscriber it wraps each promise once more and marks the rejections
 * within a pipeline as handled.
 */
function settled(original: Function, self: unknown, args: unknown[], end: End | undefined): unknown {
  if (end === undefined) return Reflect.apply(original, self, args);
  let result: unknown;
  try {
    result = Reflect.apply(original, self, args);
  } catch (error) {
    end(error);
    throw error;
  }
  return observePromise(result, end);
}

function sendCommand(original: Function): Function {
  return function (this: Client, ...args: unknown[]) {
    return settled(original, this, args, beginCommand(this._self ?? this, args[0] as Arguments));
  };
}

function executeBatch(chained: boolean): (original: Function) => Function {
  return (original) =>
    function (this: Client, ...args: unknown[]) {
      const [commands, database] = args as [{ args: Arguments }[], unknown];
      const self = this._self ?? this;
      const end = beginBatch(self, commands, chained);
      return settled(original, this, args, selecting(self, database, end));
    };
}

/** A batch may contain `SELECT`; the library says which database it ends in. */
function selecting(self: object, database: unknown, end: End | undefined): End | undefined {
  if (typeof database !== 'number') return end;
  return (error, result) => {
    if (error === undefined) selected.set(self, database);
    end?.(error, result);
  };
}

/** A pool runs what waits for a client when another request gives one back. */
function execute(original: Function): Function {
  return function (this: unknown, ...args: unknown[]) {
    const [task] = args;
    if (typeof task !== 'function') return Reflect.apply(original, this, args);
    args[0] = inContext(task);
    return Reflect.apply(original, this, args);
  };
}

/** Before version 5. Commands of a batch are queued while `multiExecutor` starts, and counted with it. */
let inBatch = false;
/** The client that has just become ready: the next queue that is asked for something to send is its queue. */
let becameReady: Client | undefined;

function addCommand(original: Function): Function {
  return function (this: Queue, ...args: unknown[]) {
    const [sent, options] = args as [Arguments, Options | undefined];
    if (inBatch || (options?.asap === true && HANDSHAKE.has(String(sent[0])))) {
      return Reflect.apply(original, this, args);
    }
    return settled(original, this, args, beginCommand(owners.get(this) ?? UNKNOWN, sent));
  };
}

function multiExecutor(original: Function): Function {
  return function (this: Client, ...args: unknown[]) {
    const [commands] = args as [{ args: Arguments }[]];
    // The chain's symbol, which stands last in all versions, is what makes it a transaction.
    const end = beginBatch(this, commands, typeof args.at(-1) === 'symbol');
    inBatch = true;
    try {
      return settled(original, this, args, end);
    } finally {
      inBatch = false;
    }
  };
}

function noteReady(client: Client): void {
  becameReady = client;
  queueMicrotask(() => {
    becameReady = undefined;
  });
}

function emit(original: Function): Function {
  return function (this: Client, ...args: unknown[]) {
    const result = Reflect.apply(original, this, args);
    if (args[0] === 'ready') noteReady(this);
    return result;
  };
}

function getCommandToSend(original: Function): Function {
  return function (this: Queue) {
    if (becameReady !== undefined) {
      owners.set(this, becameReady);
      becameReady = undefined;
    }
    return Reflect.apply(original, this, arguments);
  };
}

const CLIENT = 'dist/lib/client/index.js';
const QUEUE = 'dist/lib/client/commands-queue.js';
const POOL = 'dist/lib/client/pool.js';

const points: Point[] = [
  { file: CLIENT, target: 'default.prototype.connect', wrap: detached },
  { file: CLIENT, versions: '>=5', target: 'default.prototype.sendCommand', wrap: sendCommand },
  { file: CLIENT, versions: '>=5', target: 'default.prototype._executePipeline', wrap: executeBatch(false) },
  { file: CLIENT, versions: '>=5', target: 'default.prototype._executeMulti', wrap: executeBatch(true) },
  { file: POOL, versions: '>=5', target: 'RedisClientPool.prototype.execute', wrap: execute },
  { file: CLIENT, versions: '<5', target: 'default.prototype.multiExecutor', wrap: multiExecutor },
  { file: CLIENT, versions: '<5', target: 'default.prototype.emit', wrap: emit },
  { file: QUEUE, versions: '<5', target: 'default.prototype.addCommand', wrap: addCommand },
  { file: QUEUE, versions: '<5', target: 'default.prototype.getCommandToSend', wrap: getCommandToSend },
];

const spans = 'a client span for each command, one for each pipeline or transaction';

export default define({ name: 'redis-client', module: '@redis/client', versions: '>=1 <7', spans, points });

/** The package's name in redis 4.0. */
export const nodeRedisClient = define({
  name: 'redis-client',
  module: '@node-redis/client',
  versions: '>=1 <2',
  spans,
  points: points.filter(({ versions }) => versions !== '>=5'),
});
