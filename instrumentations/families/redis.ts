import type { Instrumentation } from '../../src/define.ts';
import ioredis from '../ioredis.ts';
import redis from '../redis.ts';
import redisClient, { nodeRedisClient } from '../redis-client.ts';

export default [ioredis, redisClient, nodeRedisClient, redis] as readonly Instrumentation[];
