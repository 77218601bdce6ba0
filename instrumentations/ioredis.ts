import { define, detached, type End, endOnce, guarded, scope } from '../src/define.ts';
import { redisBatch, redisClient, type RedisTarget } from '../src/semconv/redis.ts';

/** The parts of ioredis that are touched, the same from version 4 on. */
interface Redis {
  status: string;
  options: { host?: string; port?: number; path?: string; db?: number; sentinels?: unknown };
  condition?: { select?: number };
  stream?: { remoteAddress?: string; remotePort?: number };
}

interface Command extends Settled {
  name: string;
  args: unknown[];
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

const command = redisClient<Redis, [Command]>({
  scope: ioredis,
  command: (_, [{ name }]) => name,
  arguments: (_, [{ args }]) => args,
  database,
  target,
});

const batch = redisBatch<Redis>({ scope: ioredis, database, target });

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

const traceCommand = guarded('ioredis', (redis: Redis, sent: Command, inPipeline: boolean) => {
  // A command comes by again when the connection is lost and it is sent once more: still one operation.
  if (sent[SEEN] === true || inPipeline) return;
  sent[SEEN] = true;
  if (redis.status !== 'ready' && HANDSHAKE.has(sent.name)) return;
  const span = command.start(redis, [sent]);
  if (span !== undefined) watch(sent, endOnce(span, command.end, 'ioredis'));
});

function sendCommand(original: Function): Function {
  return function (this: Redis, sent: Command, stream?: { isPipeline?: boolean }, ...rest: unknown[]) {
    traceCommand(this, sent, stream?.isPipeline === true);
    return Reflect.apply(original, this, [sent, stream, ...rest]);
  };
}

/** Auto-pipelining collects commands of many requests: each is its own operation, in the context that asked for it. */
function isAutomatic(pipeline: Pipeline): boolean {
  return Object.getOwnPropertySymbols(pipeline).some(({ description }) => description === 'callbacks');
}

const traceQueued = guarded('ioredis', (pipeline: Pipeline, queued: Command) => {
  if (isAutomatic(pipeline)) traceCommand(pipeline.redis, queued, false);
});

function queueCommand(original: Function): Function {
  return function (this: Pipeline, queued: Command, ...rest: unknown[]) {
    traceQueued(this, queued);
    return Reflect.apply(original, this, [queued, ...rest]);
  };
}

const traceExec = guarded('ioredis', (pipeline: Pipeline) => {
  if (pipeline[SEEN] === true || pipeline._queue.length === 0 || isAutomatic(pipeline)) return;
  pipeline[SEEN] = true;
  const span = batch.start(pipeline.redis, [pipeline._queue]);
  if (span !== undefined) watch(pipeline, endOnce(span, batch.end, 'ioredis'));
});

function exec(original: Function): Function {
  return function (this: Pipeline, ...args: unknown[]) {
    traceExec(this);
    return Reflect.apply(original, this, args);
  };
}

export default define({
  name: 'ioredis',
  module: 'ioredis',
  versions: '>=4 <7',
  spans: 'a client span for each command, one for each pipeline or transaction',
  points: [
    { target: 'prototype.sendCommand', wrap: sendCommand },
    { target: 'prototype.connect', wrap: detached },
    { file: 'built/Pipeline.js', versions: '>=5', target: 'default.prototype.exec', wrap: exec },
    {
      file: 'built/Pipeline.js',
      versions: '>=5',
      target: 'default.prototype.sendCommand',
      wrap: queueCommand,
    },
    { file: 'built/pipeline.js', versions: '<5', target: 'default.prototype.exec', wrap: exec },
    {
      file: 'built/pipeline.js',
      versions: '<5',
      target: 'default.prototype.sendCommand',
      wrap: queueCommand,
    },
  ],
});
