'use strict';
// The shop of express-pg-redis.cjs for soak.mjs: it outlives lost connections, reloads a worker thread again and again, counts the
// spans that an agent should make of what it does, and on SIGUSR2 prints what it holds.
const { Worker } = require('node:worker_threads');
const express = require('express');
const { Redis } = require('ioredis');
const { Pool } = require('pg');

const { SOAK_NAME: name, SOAK_RELOAD_MS: reloadMs } = process.env;
const pool = new Pool({ application_name: name });
const redis = new Redis(process.env.REDIS_URL, { connectionName: name });
const app = express();
const counts = { requests: 0, queries: 0, commands: 0, reloads: 0 };
/** Commands of all workers: asked for, and answered. Shared, because a terminated worker can no longer tell. */
const ofWorkers = new Int32Array(new SharedArrayBuffer(8));

// They are lost while they are idle too.
pool.on('error', () => {});
redis.on('error', () => {});
// Not where the query is asked for: without a connection there is none.
pool.on('acquire', () => counts.queries++);

app.get('/products/:id', async (request, response) => {
  counts.requests++;
  const { id } = request.params;
  const { rows } = await pool.query(`SELECT id, name, price FROM ${name}_products WHERE id = $1`, [id]);
  counts.commands++;
  response.json({ ...rows[0], stock: Number(await redis.get(`${name}:stock:${id}`)) });
});
app.use((error, request, response, _next) => response.status(500).json({ error: error.message }));

let worker;
let ended = Promise.resolve();

function load() {
  worker = new Worker(require.resolve('./soak-worker.cjs'), { workerData: { name, counts: ofWorkers } });
  ended = new Promise((resolve) => worker.once('exit', resolve));
}

/** Half of them are terminated, wherever they are, the others end by themselves. */
async function unload() {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a rule for windows
  if (++counts.reloads % 2 === 0) worker.postMessage('end');
  else void worker.terminate();
  await ended;
}

/** One change of workers at a time. */
let change = Promise.resolve();
function inTurn(step) {
  change = change.then(step);
  return change;
}
setInterval(() => inTurn(() => unload().then(load)), Number(reloadMs));
load();

function listenersOf(emitter) {
  return emitter.eventNames().reduce((sum, event) => sum + emitter.listenerCount(event), 0);
}

function held() {
  const resources = {};
  for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1;
  const handles = process._getActiveHandles();
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
  return {
    rss,
    heapUsed,
    external,
    arrayBuffers,
    resources,
    handles: handles.length,
    processListeners: listenersOf(process),
    /** Of the socket, server or stream that has the most. */
    handleListeners: Math.max(...handles.map((handle) => (handle.eventNames ? listenersOf(handle) : 0))),
    counts: { ...counts, workerCommands: ofWorkers[1], cutOff: ofWorkers[0] - ofWorkers[1] },
  };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

// Without a worker, whose memory is that of the process too.
process.on('SIGUSR2', () =>
  inTurn(async () => {
    await unload();
    global.gc();
    // What finalizers let go of.
    await turn();
    global.gc();
    console.log(`held ${JSON.stringify(held())}`);
    load();
  }),
);

const server = app.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`));
