import { bind, define } from '../src/define.ts';

interface Resolver {
  resolve: Function;
  reject: Function;
}

/** Of the promise of a task. It is no native one: `then` runs its callbacks wherever the worker's answer arrives. */
function bindResolver(_: unknown, __: unknown, error: unknown, resolver: Resolver): void {
  if (error !== undefined) return;
  resolver.resolve = bind(resolver.resolve);
  resolver.reject = bind(resolver.reject);
}

export default define({
  name: 'workerpool',
  keepsContext: true,
  module: 'workerpool',
  versions: '>=6 <11',
  spans: 'none of its own: the answers of a worker arrive in the context of who asked',
  points: [
    { file: 'src/Promise.js', versions: '<9', target: 'defer', after: bindResolver },
    { file: 'src/Promise.js', versions: '>=9', target: 'Promise.defer', after: bindResolver },
    // `pool.exec(method, params, { on })`: events of the worker.
    { file: 'src/Pool.js', target: 'prototype.exec', argument: '2.on', context: 'caller' },
  ],
});
