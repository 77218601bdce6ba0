import { current, define, detached, type End, guarded, type Point } from '../src/define.ts';
import { type Command, isCluster, NODE, type Redis, startBatch, startCommand } from './ioredis-spans.ts';

/** What has its promise's `resolve` and `reject` as properties: commands and pipelines. */
interface Settled {
  resolve: (this: unknown, value: unknown) => void;
  reject: (this: unknown, error: unknown) => void;
  [SEEN]?: true;
}

interface SentCommand extends Command, Settled {}

interface Pipeline extends Settled {
  redis: Redis;
  _queue: SentCommand[];
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

const traceCommand = guarded('ioredis', (redis: Redis, sent: SentCommand) => {
  if (isCluster(redis)) sent[NODE] = null;
  else if (sent[NODE] !== undefined) sent[NODE] = redis;
  // A command comes by again when the connection is lost or a cluster redirects it: still one operation.
  if (sent[SEEN] === true) return;
  sent[SEEN] = true;
  if (isOwn(redis, sent)) return;
  const end = startCommand(redis, sent);
  if (end !== undefined) watch(sent, end);
});

/** `ASKING` goes ahead of a redirected command; look-ups of the topology run detached, and belong to nobody. */
function isOwn({ status }: Redis, { name }: SentCommand): boolean {
  if (status !== 'ready' && HANDSHAKE.has(name) && current() === undefined) return true;
  return name === 'asking' || ((name === 'cluster' || name === 'sentinel') && current() === undefined);
}

function sendCommand(original: Function): Function {
  return function (this: Redis, sent: SentCommand) {
    traceCommand(this, sent);
    return Reflect.apply(original, this, arguments);
  };
}

/** Auto-pipelining collects commands of many requests: each is its own operation, in the context that asked for it. */
function isAutomatic(pipeline: Pipeline): boolean {
  return Object.getOwnPropertySymbols(pipeline).some(({ description }) => description === 'callbacks');
}

const traceQueued = guarded('ioredis', (pipeline: Pipeline, queued: SentCommand) => {
  if (isAutomatic(pipeline)) traceCommand(pipeline.redis, queued);
});

function queueCommand(original: Function): Function {
  return function (this: Pipeline, queued: SentCommand) {
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
  const end = startBatch(pipeline.redis, pipeline._queue);
  if (end !== undefined) watch(pipeline, end);
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
