import { define } from '../src/define.ts';
import { routing } from './router.ts';

/** Express 4 has its router inside; Express 5 takes it from the package `router`. */
export default define({
  name: 'express',
  module: 'express',
  versions: '>=4 <6',
  spans:
    'none of its own: the route, with all mount prefixes, or the mount path of what answers, and the exception on the server span',
  points: [
    { file: 'lib/router/index.js', target: 'use', versions: '<5', ...routing.use },
    { file: 'lib/router/index.js', target: 'route', versions: '<5', ...routing.route },
    { file: 'lib/router/route.js', target: 'prototype.dispatch', versions: '<5', ...routing.dispatch },
    {
      file: 'lib/router/layer.js',
      target: 'prototype.handle_error',
      versions: '>=4.6 <5',
      ...routing.handleError,
    },
  ],
  steps: [
    {
      file: 'lib/router/layer.js',
      target: 'prototype.handle_request',
      versions: '>=4.6 <5',
      ...routing.handleLayer,
    },
    {
      file: 'lib/router/layer.js',
      target: 'prototype.handle_error',
      versions: '>=4.6 <5',
      ...routing.handleLayerError,
    },
  ],
});
