import { define, queued } from '../src/define.ts';

const points = ['lib/Bottleneck.js', 'light.js', 'es5.js'].flatMap((file) => [
  { file, target: 'prototype.schedule', wrap: queued },
  { file, target: 'prototype.submit', wrap: queued },
]);

export default define({
  name: 'bottleneck',
  keepsContext: true,
  module: 'bottleneck',
  versions: '>=2 <3',
  spans: 'none of its own: a job runs in the context of who scheduled it',
  points,
});
