import { active, define } from '../src/define.ts';

/** A task that waits for a thread: an `AsyncResource` of who has asked for it. */
interface Task {
  runInAsyncScope<T>(fn: () => T): T;
}

export default define({
  name: 'piscina',
  keepsContext: true,
  module: 'piscina',
  versions: '>=4.7 <6',
  spans: 'none of its own: a task is sent to a thread in the context of who asked for it',
  points: [
    {
      file: 'dist/worker_pool/index.js',
      target: 'WorkerInfo.prototype.postTask',
      // One that has waited is sent where another's answer arrives.
      context: (_: unknown, [task]: [Task]) => task.runInAsyncScope(active),
    },
  ],
});
