import { define, bind } from '../src/define.ts';

interface Resolver {
  resolve: Function;
  reject: Function;
}

/** What makes the promise of a task. It is no native one: `then` runs its callbacks wherever the worker's answer arrives. */
function defer(original: Function): Function {
  return function (this: unknown) {
    const resolver: Resolver = Reflect.apply(original, this, arguments);
    resolver.resolve = bind(resolver.resolve);
    resolver.reject = bind(resolver.reject);
    return resolver;
  };
}

interface Options {
  on?: unknown;
}

/** `pool.exec(method, params, { on })`: events of the worker. */
function exec(original: Function): Function {
  return function (this: unknown, ...args: unknown[]) {
    const options = args[2] as Options | undefined;
    if (typeof options?.on === 'function') args[2] = { ...options, on: bind(options.on) };
    return Reflect.apply(original, this, args);
  };
}

export default define({
  name: 'workerpool',
  keepsContext: true,
  module: 'workerpool',
  versions: '>=6 <11',
  spans: 'none of its own: the answers of a worker arrive in the context of who asked',
  points: [
    { file: 'src/Promise.js', versions: '<9', target: 'defer', wrap: defer },
    { file: 'src/Promise.js', versions: '>=9', target: 'Promise.defer', wrap: defer },
    { file: 'src/Pool.js', target: 'prototype.exec', wrap: exec },
  ],
});
