import {
  attempt,
  current,
  define,
  detached,
  type End,
  endOnce,
  guarded,
  inContext,
  observePromise,
  type Point,
  type Role,
  scope,
} from '../src/define.ts';
import { endAt, redisBatch, redisClient, type RedisTarget } from '../src/semconv/redis.ts';

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

const getters = {
  scope: redis,
  command: (_: Client, [[name]]: [Arguments]) => String(name),
  arguments: (_: Client, [args]: [Arguments]) => args.slice(1),
  database,
  target,
};
const command = redisClient<Client, [Arguments]>(getters);
const batch = redisBatch<Client>(getters);

/** What a cluster or a sentinel client hands to one of its clients; after a redirection or failover to another one. */
interface Route {
  client?: Client;
  end?: End;
}

/** Such a client is about to be called. */
let route: Route | undefined;

/** Where a routed operation went is added at the end. */
const routedCommand = redisClient<Client, [Arguments]>({ ...getters, target: () => ({}) });
const routedBatch = redisBatch<Client>({ ...getters, target: () => ({}) });

function ending(role: Pick<Role, 'end'>, way: Route | undefined): Role['end'] {
  return way === undefined ? role.end : endAt(role, () => way.client && target(way.client));
}

/**
 * PINGs that keep a connection alive, and look-ups of the topology, belong to nobody. `ASKING` goes ahead of a redirected
 * command.
 */
function isOwn(args: Arguments): boolean {
  const [name] = args;
  if (name === 'ASKING') return true;
  if (name !== 'PING' && name !== 'SENTINEL' && name !== 'CLUSTER') return false;
  return current() === undefined && (name !== 'PING' || args.length === 1);
}

const beginCommand = guarded(
  'redis-client',
  (self: Client, args: Arguments, way?: Route): End | undefined => {
    if (isOwn(args)) return undefined;
    const role = way === undefined ? command : routedCommand;
    const span = role.start(self, [args]);
    const end = span && endOnce(span, ending(role, way), 'redis-client');
    if (String(args[0]).toUpperCase() !== 'SELECT') return end;
    return (error, result) => {
      if (error === undefined && self !== UNKNOWN) selected.set(self, Number(args[1]));
      end?.(error, result);
    };
  },
);

const beginBatch = guarded(
  'redis-client',
  (
    self: Client,
    commands: readonly { args: Arguments }[],
    chained: boolean,
    way?: Route,
  ): End | undefined => {
    if (commands.length === 0) return undefined;
    const sent = commands.map(({ args: [name, ...args] }) => ({ name: String(name), args }));
    if (chained) sent.push({ name: 'EXEC', args: [] });
    const role = way === undefined ? batch : routedBatch;
    const span = role.start(self, [sent]);
    return span && endOnce(span, ending(role, way), 'redis-client');
  },
);

/**
 * The library's own channel is left alone: with a subscriber it wraps each promise once more and marks the rejections
 * within a pipeline as handled.
 */
function settled(original: Function, self: unknown, args: unknown[], end: End | undefined): unknown {
  if (end === undefined) return Reflect.apply(original, self, args);
  return observePromise(attempt(original, self, args, end), end);
}

/** However often an operation with a route is tried, it starts with the first try and ends with the route. */
function tried(
  original: Function,
  self: Client,
  args: unknown[],
  begin: (client: Client, way?: Route) => End | undefined,
): unknown {
  const client = self._self ?? self;
  const way = route;
  if (way === undefined) return settled(original, self, args, begin(client));
  route = undefined;
  way.client = client;
  way.end ??= begin(client, way);
  return Reflect.apply(original, self, args);
}

/** `_execute` of a cluster or of sentinels takes a function, and calls it with a client, again with another if need be. */
function routed(original: Function): Function {
  return function (this: unknown, ...args: unknown[]) {
    const at = args.findIndex((arg) => typeof arg === 'function');
    const send = args[at] as Function | undefined;
    if (send === undefined) return Reflect.apply(original, this, args);
    const way: Route = {};
    args[at] = (...sent: unknown[]) => {
      route = way;
      try {
        return Reflect.apply(send, undefined, sent);
      } finally {
        route = undefined;
      }
    };
    return settled(original, this, args, (error, result) => way.end?.(error, result));
  };
}

function sendCommand(original: Function): Function {
  return function (this: Client, ...args: unknown[]) {
    return tried(original, this, args, (client, way) => beginCommand(client, args[0] as Arguments, way));
  };
}

function executeBatch(chained: boolean): (original: Function) => Function {
  return (original) =>
    function (this: Client, ...args: unknown[]) {
      const [commands, database] = args as [{ args: Arguments }[], unknown];
      return tried(original, this, args, (client, way) =>
        selecting(client, database, beginBatch(client, commands, chained, way)),
      );
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
const CLUSTER = 'dist/lib/cluster/index.js';
const SLOTS = 'dist/lib/cluster/cluster-slots.js';
const SENTINEL = 'dist/lib/sentinel/index.js';

const points: Point[] = [
  { file: CLIENT, target: 'default.prototype.connect', wrap: detached },
  { file: CLIENT, versions: '>=5', target: 'default.prototype.sendCommand', wrap: sendCommand },
  { file: CLIENT, versions: '>=5', target: 'default.prototype._executePipeline', wrap: executeBatch(false) },
  { file: CLIENT, versions: '>=5', target: 'default.prototype._executeMulti', wrap: executeBatch(true) },
  { file: POOL, versions: '>=5', target: 'RedisClientPool.prototype.execute', wrap: execute },
  // Private before 5.5: there, each try is a span of its own.
  { file: CLUSTER, versions: '>=5.5', target: 'default.prototype._execute', wrap: routed },
  { file: SLOTS, versions: '>=5', target: 'default.prototype.connect', wrap: detached },
  { file: SLOTS, versions: '>=5', target: 'default.prototype.rediscover', wrap: detached },
  { file: SENTINEL, versions: '>=5', target: 'default.prototype.connect', wrap: detached },
  { file: SENTINEL, versions: '>=5', target: 'default.prototype._execute', wrap: routed },
  { file: SENTINEL, versions: '>=5', target: 'RedisSentinelClient.prototype._execute', wrap: routed },
  { file: SENTINEL, versions: '>=6', target: 'RedisSentinelInternal.prototype.observe', wrap: detached },
  { file: SENTINEL, versions: '>=6', target: 'RedisSentinelInternal.prototype.transform', wrap: detached },
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
