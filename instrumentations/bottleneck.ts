import { define, type Point } from '../src/define.ts';

const points = ['lib/Bottleneck.js', 'light.js', 'es5.js'].flatMap((file): Point[] => [
  { file, target: 'prototype.schedule', argument: 'first', context: 'caller' },
  { file, target: 'prototype.submit', argument: 'first', context: 'caller' },
]);

export default define({
  name: 'bottleneck',
  keepsContext: true,
  module: 'bottleneck',
  versions: '>=2 <3',
  spans: 'none of its own: a job runs in the context of who scheduled it',
  points,
});
