'use strict';
// A worker thread of soak.cjs that makes spans until it is ended.
const { setTimeout: sleep } = require('node:timers/promises');
const { parentPort, workerData } = require('node:worker_threads');
const { Redis } = require('ioredis');

const { name, counts } = workerData;
const redis = new Redis(process.env.REDIS_URL, { connectionName: name });
redis.on('error', () => {});
let isLast = false;
parentPort.on('message', () => (isLast = true));

(async () => {
  // oxlint-disable-next-line no-unmodified-loop-condition
  while (!isLast) {
    Atomics.add(counts, 0, 1);
    await redis.strlen(`${name}:stock:42`);
    Atomics.add(counts, 1, 1);
    await sleep(50);
  }
  process.exit();
})();
