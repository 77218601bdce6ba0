import { define, noteFetched, notePosted, notePostedBy, noteWorker, UNTRACED } from '../src/define.ts';

type Post = [message: unknown, transfer?: unknown];

/** What could not be posted does not count. */
function afterPost(_: unknown, __: unknown, error: unknown, ___: unknown, takeBack: () => void): void {
  if (error !== undefined) takeBack();
}

export default define({
  name: 'worker_threads',
  keepsContext: true,
  module: 'worker_threads',
  rare: true,
  spans:
    'none of its own: a thread, and what listens to messages in it, goes on with the trace of who starts it, or sends one',
  subscriptions: [{ channel: 'worker_threads', receive: noteWorker }],
  points: [
    {
      target: 'Worker.prototype.postMessage',
      before: (worker: never, [, transfer]: Post) => notePosted(worker, transfer) ?? UNTRACED,
      after: afterPost,
    },
    {
      target: 'MessagePort.prototype.postMessage',
      before: (port: never) => notePostedBy(port) ?? UNTRACED,
      after: afterPost,
    },
    {
      target: 'receiveMessageOnPort',
      after(_: unknown, [port]: [never], error: unknown, message: unknown) {
        if (error === undefined) noteFetched(port, message);
      },
    },
  ],
});
