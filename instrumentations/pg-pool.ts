import { define, isWrapped, keepContext } from '../src/define.ts';
import { inPool } from './pg-query.ts';

interface Pool {
  options?: { log?: unknown };
  Promise?: unknown;
  connect?: unknown;
}

/** True while `pool.query` without a callback asks for a client. */
let isAwaited = false;

/** `pool.connect(callback)`: who waits for a client is called when another request gives one back. */
function connect(original: Function): Function {
  return function (this: unknown, ...args: unknown[]) {
    if (isAwaited) sendInPool(args);
    isAwaited = false;
    keepContext(args);
    return Reflect.apply(original, this, args);
  };
}

function sendInPool(args: unknown[]): void {
  const [callback] = args;
  if (typeof callback === 'function') args[0] = inPool(callback);
}

/**
 * `pool.query` for a promise: between the server's answer and the promise there is only the pool's own code, for which the
 * context would be changed and changed back: two copies of a Map on Node 24, and the pool's idle timer would keep the request alive.
 */
function query(original: Function): Function {
  return function (this: Pool, ...args: unknown[]) {
    // Of a lost connection the pool itself tells the callback, from wherever that was noticed.
    keepContext(args);
    // Code of the app's may be called on the way: a logger, promises of its own, a `connect` that asks something first.
    isAwaited =
      !args.some((arg) => typeof arg === 'function') &&
      this.options?.log === undefined &&
      this.Promise === Promise &&
      isWrapped(this.connect);
    try {
      return Reflect.apply(original, this, args);
    } finally {
      isAwaited = false;
    }
  };
}

export default define({
  name: 'pg-pool',
  keepsContext: true,
  module: 'pg-pool',
  versions: '>=2 <4',
  spans: 'none of its own: keeps the context while waiting for a client',
  points: [
    { target: 'prototype.connect', wrap: connect },
    { target: 'prototype.query', wrap: query },
  ],
});
