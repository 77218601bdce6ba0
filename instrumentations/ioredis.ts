import { current, define, detached, type End, endOnce, guarded, type Point, scope } from '../src/define.ts';
import { endAt, redisBatch, redisClient, type RedisTarget } from '../src/semconv/redis.ts';

/** The parts of ioredis that are touched, the same from version 4 on, a `Cluster` included. */
interface Redis {
  /** Of a cluster only. */
  startupNodes?: unknown;
  status: string;
  options: { host?: string; port?: number; path?: string; db?: number; sentinels?: unknown };
  condition?: { select?: number };
  stream?: { remoteAddress?: string; remotePort?: number };
}

interface Command extends Settled {
  name: string;
  args: unknown[];
  /** The node of a cluster that it was last sent to; null before that. */
  [NODE]?: Redis | null;
}

/** What has its promise's `resolve` and `reject` as properties: commands and pipelines. */
interface Settled {
  resolve: (this: unknown, value: unknown) => void;
  reject: (this: unknown, error: unknown) => void;
  [SEEN]?: true;
}

interface Pipeline extends Settled {
  redis: Redis;
  _queue: Command[];
  isPipeline: true;
}

const SEEN = Symbol('foretrace.seen');
const NODE = Symbol('foretrace.node');

/** What ioredis itself sends while it connects. */
const HANDSHAKE = new Set([
  'auth',
  'hello',
  'info',
  'select',
  'client',
  'readonly',
  'subscribe',
  'psubscribe',
]);

const ioredis = scope('foretrace.ioredis');

function target({ options, stream }: Redis): RedisTarget {
  if (options.path !== undefined && options.path !== null) return { address: options.path };
  if (options.sentinels !== undefined && options.sentinels !== null) {
    return { address: stream?.remoteAddress, port: stream?.remotePort };
  }
  return { address: options.host, port: options.port };
}

const database = ({ condition, options }: Redis): number => condition?.select ?? options.db ?? 0;

const getters = {
  scope: ioredis,
  command: (_: Redis, [{ name }]: [Command]) => name,
  arguments: (_: Redis, [{ args }]: [Command]) => args,
  database,
  target,
};
const command = redisClient<Redis, [Command]>(getters);
const batch = redisBatch<Redis>(getters);

/** Of a cluster, or of the master that sentinels name: the server is added at the end. */
const routedCommand = redisClient<Redis, [Command]>({ ...getters, target: () => ({}) });
const routedBatch = redisBatch<Redis>({ ...getters, target: () => ({}) });

const isCluster = (redis: Redis): boolean => redis.startupNodes !== undefined;

const isRouted = (redis: Redis): boolean =>
  isCluster(redis) || (redis.options.sentinels !== undefined && redis.options.sentinels !== null);

/** `last()` is the command that tells which node of a cluster has answered. */
function answering(redis: Redis, last: () => Command | undefined): () => RedisTarget | undefined {
  return () => {
    const server = isCluster(redis) ? last()?.[NODE] : redis;
    return server ? target(server) : undefined;
  };
}

/**
 * Ends the span when the promise's own functions are called. Neither a `then` nor the library's tracing channel is used: with a
 * subscriber the channel hands out another promise and silences it, so an app's unhandled rejections would go unseen.
 */
function watch(settled: Settled, end: End): void {
  settled.resolve = resolving(settled.resolve, end);
  settled.reject = rejecting(settled.reject, end);
}

function resolving(resolve: Settled['resolve'], end: End): Settled['resolve'] {
  return function (value) {
    end(undefined, value);
    resolve.call(this, value);
  };
}

function rejecting(reject: Settled['reject'], end: End): Settled['reject'] {
  return function (error) {
    end(error);
    reject.call(this, error);
  };
}

const traceCommand = guarded('ioredis', (redis: Redis, sent: Command) => {
  if (isCluster(redis)) sent[NODE] = null;
  else if (sent[NODE] !== undefined) sent[NODE] = redis;
  // A command comes by again when the connection is lost or a cluster redirects it: still one operation.
  if (sent[SEEN] === true) return;
  sent[SEEN] = true;
  if (isOwn(redis, sent)) return;
  const routed = isRouted(redis);
  const span = (routed ? routedCommand : command).start(redis, [sent]);
  if (span === undefined) return;
  const end = routed
    ? endAt(
        routedCommand,
        answering(redis, () => sent),
      )
    : command.end;
  watch(sent, endOnce(span, end, 'ioredis'));
});

/** `ASKING` goes ahead of a redirected command; look-ups of the topology run detached, and belong to nobody. */
function isOwn({ status }: Redis, { name }: Command): boolean {
  if (status !== 'ready' && HANDSHAKE.has(name) && current() === undefined) return true;
  return name === 'asking' || ((name === 'cluster' || name === 'sentinel') && current() === undefined);
}

function sendCommand(original: Function): Function {
  return function (this: Redis, sent: Command) {
    traceCommand(this, sent);
    return Reflect.apply(original, this, arguments);
  };
}

/** Auto-pipelining collects commands of many requests: each is its own operation, in the context that asked for it. */
function isAutomatic(pipeline: Pipeline): boolean {
  return Object.getOwnPropertySymbols(pipeline).some(({ description }) => description === 'callbacks');
}

const traceQueued = guarded('ioredis', (pipeline: Pipeline, queued: Command) => {
  if (isAutomatic(pipeline)) traceCommand(pipeline.redis, queued);
});

function queueCommand(original: Function): Function {
  return function (this: Pipeline, queued: Command) {
    traceQueued(this, queued);
    return Reflect.apply(original, this, arguments);
  };
}

const traceExec = guarded('ioredis', (pipeline: Pipeline) => {
  if (pipeline._queue.length === 0 || isAutomatic(pipeline)) return;
  for (const queued of pipeline._queue) queued[SEEN] = true;
  // A transaction comes by a second time, with `EXEC` at the end of its queue.
  if (pipeline[SEEN] === true) return;
  pipeline[SEEN] = true;
  const { redis } = pipeline;
  const routed = isRouted(redis);
  const span = (routed ? routedBatch : batch).start(redis, [pipeline._queue]);
  if (span === undefined) return;
  const last = (): Command | undefined => pipeline._queue.at(-1);
  watch(pipeline, endOnce(span, routed ? endAt(routedBatch, answering(redis, last)) : batch.end, 'ioredis'));
});

function exec(original: Function): Function {
  return function (this: Pipeline) {
    traceExec(this);
    return Reflect.apply(original, this, arguments);
  };
}

const pipeline = (file: string, versions: string, prototype: string): Point[] => [
  { file, versions, target: `${prototype}.exec`, wrap: exec },
  { file, versions, target: `${prototype}.sendCommand`, wrap: queueCommand },
];

export default define({
  name: 'ioredis',
  module: 'ioredis',
  versions: '>=4 <7',
  spans: 'a client span for each command, one for each pipeline or transaction',
  points: [
    { target: 'prototype.sendCommand', wrap: sendCommand },
    { target: 'prototype.connect', wrap: detached },
    { target: 'Cluster.prototype.sendCommand', versions: '>=5', wrap: sendCommand },
    { target: 'Cluster.prototype.connect', versions: '>=5', wrap: detached },
    { target: 'Cluster.prototype.getInfoFromNode', versions: '>=5', wrap: detached },
    { target: 'Cluster.prototype.readyCheck', versions: '>=5', wrap: detached },
    ...pipeline('built/Pipeline.js', '>=5', 'default.prototype'),
    ...pipeline('built/pipeline.js', '>=4.7 <5', 'default.prototype'),
    ...pipeline('built/pipeline.js', '<4.7', 'prototype'),
  ],
});
