import { define, keepContext } from '../src/define.ts';

/** `pool.connect(callback)` and, by it, `pool.query`: who waits for a client is called when another request gives one back. */
function connect(original: Function): Function {
  return function (this: unknown, ...args: unknown[]) {
    keepContext(args);
    return Reflect.apply(original, this, args);
  };
}

export default define({
  name: 'pg-pool',
  module: 'pg-pool',
  versions: '>=2 <4',
  spans: 'none of its own: keeps the context while waiting for a client',
  points: [{ target: 'prototype.connect', wrap: connect }],
});
