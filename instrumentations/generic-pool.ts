import { define, type Point, ROOT } from '../src/define.ts';

/**
 * Giving a resource back makes or checks one for whoever waits: that is no work of the request that gives it back. A resource may be a
 * function, which the pool has to know again: it is not bound.
 */
const apart = { context: () => ROOT } satisfies Partial<Point>;

export default define({
  name: 'generic-pool',
  keepsContext: true,
  module: 'generic-pool',
  versions: '>=2.5 <4',
  spans: 'none of its own: who waits for a resource goes on in its own context',
  points: [
    {
      file: 'lib/generic-pool.js',
      versions: '<3',
      target: 'Pool.prototype.acquire',
      argument: 'first',
      context: 'caller',
    },
    { file: 'lib/Pool.js', versions: '>=3', target: 'prototype.release', ...apart },
    { file: 'lib/Pool.js', versions: '>=3', target: 'prototype.destroy', ...apart },
  ],
});
