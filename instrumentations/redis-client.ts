import { attached, define, detached, type Point } from '../src/define.ts';
import { addCommand, emit, getCommandToSend, multiExecutor } from './redis-client-4.ts';
import { executeBatch, routed, sendCommand } from './redis-client-calls.ts';

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
  // A pool runs what waits for a client when another request gives one back.
  { file: POOL, versions: '>=5', target: 'RedisClientPool.prototype.execute', wrap: attached },
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
