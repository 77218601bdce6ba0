import { define } from '../src/define.ts';

export default define({
  name: 'p-queue',
  keepsContext: true,
  module: 'p-queue',
  versions: '>=6 <11',
  esm: true,
  spans: 'none of its own: a task runs in the context of who added it',
  points: [{ target: 'default.prototype.add', argument: 'first', context: 'caller' }],
});
