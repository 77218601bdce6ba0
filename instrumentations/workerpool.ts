import { active, bind, define } from '../src/define.ts';

interface Resolver {
  resolve: Function;
  reject: Function;
}

/** Who has asked for what the promise of a task is about. */
const askers = new WeakMap<Resolver, ReturnType<typeof active>>();

/** Of the promise of a task. It is no native one: `then` runs its callbacks wherever the worker's answer arrives. */
function bindResolver(_: unknown, __: unknown, error: unknown, resolver: Resolver): void {
  if (error !== undefined) return;
  askers.set(resolver, active());
  resolver.resolve = bind(resolver.resolve);
  resolver.reject = bind(resolver.reject);
}

export default define({
  name: 'workerpool',
  keepsContext: true,
  module: 'workerpool',
  versions: '>=6 <11',
  spans: 'none of its own: a task is sent to a worker, and its answer arrives, in the context of who asked',
  points: [
    { file: 'src/Promise.js', versions: '<9', target: 'defer', after: bindResolver },
    { file: 'src/Promise.js', versions: '>=9', target: 'Promise.defer', after: bindResolver },
    // A task that has waited is sent where another's answer arrives.
    {
      file: 'src/WorkerHandler.js',
      target: 'prototype.exec',
      context: (_: unknown, [, , resolver]: [unknown, unknown, Resolver?]) =>
        resolver === undefined ? undefined : askers.get(resolver),
    },
    // `pool.exec(method, params, { on })`: events of the worker.
    { file: 'src/Pool.js', target: 'prototype.exec', argument: '2.on', context: 'caller' },
  ],
});
