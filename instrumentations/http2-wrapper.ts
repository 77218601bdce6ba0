import { define, guarded, bind } from '../src/define.ts';

interface Listener {
  resolve: Function;
  reject: Function;
}

const keep = guarded('http2-wrapper', (listeners: unknown): unknown => {
  if (!Array.isArray(listeners)) return listeners;
  return (listeners as Listener[]).map(({ resolve, reject }) => ({
    resolve: bind(resolve),
    reject: bind(reject),
  }));
});

/** Requests wait for a session in a queue, and are made by its listeners when another request has opened or freed one. */
function getSession(original: Function): Function {
  return function (this: unknown, origin: unknown, options: unknown, listeners: unknown) {
    return Reflect.apply(original, this, [origin, options, keep(listeners)]);
  };
}

export default define({
  name: 'http2-wrapper',
  module: 'http2-wrapper',
  versions: '>=1 <3',
  spans:
    'none of its own, its requests are spans of `http2`: keeps the context of requests that wait for a session (`got` with `http2: true`)',
  keepsContext: true,
  points: [{ file: 'source/agent.js', target: 'Agent.prototype.getSession', wrap: getSession }],
});
