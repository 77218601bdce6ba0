import { bindCallback, callerContext, define, isWrapped, notesCallers } from '../src/define.ts';
import { inPool } from './pg-query.ts';

interface Pool {
  options?: { log?: unknown };
  Promise?: unknown;
  connect?: unknown;
}

/** True from `pool.query` without a callback until it asks for a client, which it does at once. */
let isAwaited = false;

/** `pool.connect(callback)`: who waits for a client is called when another request gives one back. */
function connect(_: unknown, args: unknown[]): void {
  if (isAwaited) sendInPool(args);
  isAwaited = false;
  bindCallback(args);
}

function sendInPool(args: unknown[]): void {
  const [callback] = args;
  if (typeof callback === 'function') args[0] = inPool(callback);
}

/**
 * `pool.query` for a promise: between the server's answer and the promise there is only the pool's own code, for which the
 * context would be changed and changed back: two copies of a Map on Node 24, and the pool's idle timer would keep the request alive.
 */
function query(pool: Pool, args: unknown[]): void {
  // Of a lost connection the pool itself tells the callback, from wherever that was noticed.
  bindCallback(args);
  // Code of the app's may be called on the way: a logger, promises of its own, a `connect` that asks something first.
  isAwaited =
    !args.some((arg) => typeof arg === 'function') &&
    pool.options?.log === undefined &&
    pool.Promise === Promise &&
    isWrapped(pool.connect);
}

export default define({
  name: 'pg-pool',
  keepsContext: true,
  module: 'pg-pool',
  versions: '>=2 <4',
  spans: 'none of its own: keeps the context while waiting for a client',
  points: [
    { target: 'prototype.connect', before: connect },
    { target: 'prototype.query', when: notesCallers, context: callerContext },
    { target: 'prototype.query', before: query },
  ],
});
