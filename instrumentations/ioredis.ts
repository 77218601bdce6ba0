import { begin, current, define, type Point, resolvers } from '../src/define.ts';
import { batch, type Command, command, isCluster, NODE, type Redis } from './ioredis-spans.ts';

interface SentCommand extends Command {
  [SEEN]?: true;
}

interface Pipeline {
  redis: Redis;
  _queue: SentCommand[];
  isPipeline: true;
  [SEEN]?: true;
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

/** `ASKING` goes ahead of a redirected command; look-ups of the topology run outside of any context, and belong to nobody. */
function isOwn({ status }: Redis, { name }: SentCommand): boolean {
  if (status !== 'ready' && HANDSHAKE.has(name) && current() === undefined) return true;
  return name === 'asking' || ((name === 'cluster' || name === 'sentinel') && current() === undefined);
}

/**
 * Commands and pipelines have their promise's functions as properties. The library's tracing channel is not used: with a subscriber it
 * hands out another promise and silences it, so an app's unhandled rejections would go unseen.
 */
const settled = resolvers((sent: SentCommand | Pipeline) => sent);

function sendCommand(redis: Redis, [sent]: [SentCommand]): void {
  if (isCluster(redis)) sent[NODE] = null;
  else if (sent[NODE] !== undefined) sent[NODE] = redis;
  // A command comes by again when the connection is lost or a cluster redirects it: still one operation.
  if (sent[SEEN] === true) return;
  sent[SEEN] = true;
  if (isOwn(redis, sent)) return;
  const operation = begin(command, redis, [sent]);
  if (operation !== undefined) settled.arm?.(sent, [], operation);
}

/** Auto-pipelining collects commands of many requests: each is its own operation, in the context that asked for it. */
function isAutomatic(pipeline: Pipeline): boolean {
  return Object.getOwnPropertySymbols(pipeline).some(({ description }) => description === 'callbacks');
}

function queueCommand(pipeline: Pipeline, args: [SentCommand]): void {
  if (isAutomatic(pipeline)) sendCommand(pipeline.redis, args);
}

function exec(pipeline: Pipeline): void {
  if (pipeline._queue.length === 0 || isAutomatic(pipeline)) return;
  for (const queued of pipeline._queue) queued[SEEN] = true;
  // A transaction comes by a second time, with `EXEC` at the end of its queue.
  if (pipeline[SEEN] === true) return;
  pipeline[SEEN] = true;
  const operation = begin(batch, pipeline.redis, [pipeline._queue]);
  if (operation !== undefined) settled.arm?.(pipeline, [], operation);
}

const pipeline = (file: string, versions: string, prototype: string): Point[] => [
  { file, versions, target: `${prototype}.exec`, before: exec },
  { file, versions, target: `${prototype}.sendCommand`, before: queueCommand },
];

export default define({
  name: 'ioredis',
  module: 'ioredis',
  versions: '>=4 <7',
  spans: 'a client span for each command, one for each pipeline or transaction',
  points: [
    { target: 'prototype.sendCommand', before: sendCommand },
    { target: 'prototype.connect', context: 'none' },
    { target: 'Cluster.prototype.sendCommand', versions: '>=5', before: sendCommand },
    { target: 'Cluster.prototype.connect', versions: '>=5', context: 'none' },
    { target: 'Cluster.prototype.getInfoFromNode', versions: '>=5', context: 'none' },
    { target: 'Cluster.prototype.readyCheck', versions: '>=5', context: 'none' },
    ...pipeline('built/Pipeline.js', '>=5', 'default.prototype'),
    ...pipeline('built/pipeline.js', '>=4.7 <5', 'default.prototype'),
    ...pipeline('built/pipeline.js', '<4.7', 'prototype'),
  ],
});
