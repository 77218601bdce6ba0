import { bindCallback, define, type Point } from '../src/define.ts';
import { addCommand, multiExecutor, noteOwner, noteReady } from './redis-client-queue.ts';
import { command, pipeline, routed, transaction } from './redis-client-routes.ts';

const CLIENT = 'dist/lib/client/index.js';
const QUEUE = 'dist/lib/client/commands-queue.js';
const POOL = 'dist/lib/client/pool.js';
const CLUSTER = 'dist/lib/cluster/index.js';
const SLOTS = 'dist/lib/cluster/cluster-slots.js';
const SENTINEL = 'dist/lib/sentinel/index.js';

const bindTask = (_: unknown, args: unknown[]): void => bindCallback(args);

const points: Point[] = [
  { file: CLIENT, target: 'default.prototype.connect', context: 'none' },
  { file: CLIENT, versions: '>=5', target: 'default.prototype.sendCommand', ...command },
  { file: CLIENT, versions: '>=5', target: 'default.prototype._executePipeline', ...pipeline },
  { file: CLIENT, versions: '>=5', target: 'default.prototype._executeMulti', ...transaction },
  // A pool runs what waits for a client when another request gives one back. Each command comes by: an `argument` costs ten times as much.
  { file: POOL, versions: '>=5', target: 'RedisClientPool.prototype.execute', before: bindTask },
  // Private before 5.5: there, each try is a span of its own.
  { file: CLUSTER, versions: '>=5.5', target: 'default.prototype._execute', ...routed },
  { file: SLOTS, versions: '>=5', target: 'default.prototype.connect', context: 'none' },
  { file: SLOTS, versions: '>=5', target: 'default.prototype.rediscover', context: 'none' },
  { file: SENTINEL, versions: '>=5', target: 'default.prototype.connect', context: 'none' },
  { file: SENTINEL, versions: '>=5', target: 'default.prototype._execute', ...routed },
  { file: SENTINEL, versions: '>=5', target: 'RedisSentinelClient.prototype._execute', ...routed },
  { file: SENTINEL, versions: '>=6', target: 'RedisSentinelInternal.prototype.observe', context: 'none' },
  { file: SENTINEL, versions: '>=6', target: 'RedisSentinelInternal.prototype.transform', context: 'none' },
  { file: CLIENT, versions: '<5', target: 'default.prototype.multiExecutor', ...multiExecutor },
  { file: CLIENT, versions: '<5', target: 'default.prototype.emit', after: noteReady },
  { file: QUEUE, versions: '<5', target: 'default.prototype.addCommand', ...addCommand },
  { file: QUEUE, versions: '<5', target: 'default.prototype.getCommandToSend', before: noteOwner },
];

const spans = 'a client span for each command, one for each pipeline or transaction';

/** To OpenTelemetry's agent all of node-redis is `redis`, from version 4 on also `redis-4`. */
const aliases = ['redis', 'redis-4'];

export default define({
  name: 'redis-client',
  aliases,
  module: '@redis/client',
  versions: '>=1 <7',
  spans,
  points,
});

/** The package's name in redis 4.0. */
export const nodeRedisClient = define({
  name: 'redis-client',
  aliases,
  module: '@node-redis/client',
  versions: '>=1 <2',
  spans,
  points: points.filter(({ versions }) => versions !== '>=5'),
});
