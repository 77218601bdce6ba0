import { define, noteFetched, notePosted, noteWorker } from '../src/define.ts';

export default define({
  name: 'worker_threads',
  keepsContext: true,
  module: 'worker_threads',
  rare: true,
  spans:
    'none of its own: a thread, and its listener to a message, goes on with the trace of who starts or sends it',
  subscriptions: [{ channel: 'worker_threads', receive: noteWorker }],
  points: [
    {
      target: 'Worker.prototype.postMessage',
      before: notePosted,
      after(_: unknown, __: unknown, error: unknown, ___: unknown, takeBack: (() => void) | undefined) {
        if (error !== undefined) takeBack?.();
      },
    },
    {
      target: 'receiveMessageOnPort',
      after(_: unknown, [port]: [unknown], error: unknown, message: unknown) {
        if (error === undefined) noteFetched(port, message);
      },
    },
  ],
});
