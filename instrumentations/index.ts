import type { Instrumentation } from '../src/define.ts';
import genAi from './families/gen-ai.ts';
import http from './families/http.ts';
import http2 from './families/http2.ts';
import loggers from './families/loggers.ts';
import memcached from './families/memcached.ts';
import messaging from './families/messaging.ts';
import mongodb from './families/mongodb.ts';
import pools from './families/pools.ts';
import redis from './families/redis.ts';
import rpc from './families/rpc.ts';
import sql from './families/sql.ts';
import templates from './families/templates.ts';
import threads from './families/threads.ts';
import undici from './families/undici.ts';
import web from './families/web.ts';

/** The libraries by what is loaded together: the bundle has a file for each family but `http`, read when the first of it is there. */
export const families: Readonly<Record<string, readonly Instrumentation[]>> = {
  http,
  http2,
  undici,
  rpc,
  web,
  sql,
  redis,
  memcached,
  mongodb,
  messaging,
  'gen-ai': genAi,
  templates,
  loggers,
  pools,
  threads,
};

/** The catalogue: the one list of instrumented libraries. The documentation and the version matrix are made from it. */
export const catalogue: readonly Instrumentation[] = Object.values(families).flat();
