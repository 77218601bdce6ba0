import { bind, define } from '../src/define.ts';

interface Listener {
  resolve: Function;
  reject: Function;
}

/** Requests wait for a session in a queue, and are made by its listeners when another request has opened or freed one. */
function getSession(_: unknown, args: unknown[]): void {
  const listeners = args[2];
  if (!Array.isArray(listeners)) return;
  args[2] = (listeners as Listener[]).map(({ resolve, reject }) => ({
    resolve: bind(resolve),
    reject: bind(reject),
  }));
}

export default define({
  name: 'http2-wrapper',
  module: 'http2-wrapper',
  versions: '>=1 <3',
  spans:
    'none of its own, its requests are spans of `http2`: keeps the context of requests that wait for a session (`got` with `http2: true`)',
  keepsContext: true,
  points: [{ file: 'source/agent.js', target: 'Agent.prototype.getSession', before: getSession }],
});
