import { define, replacement } from '../src/define.ts';
import { lostContext, noteFailure, noteRoute, servedOf } from '../src/semconv/framework.ts';

type Request = object & { route?: { path?: string | RegExp } };

interface Chain {
  _stack: Function[];
}

/** `router.lookup(request, response)` finds the route and leaves it on the request. */
function lookup(_: unknown, [request]: [Request]): void {
  const path = request.route?.path;
  if (path !== undefined) noteRoute(servedOf(request), String(path));
}

const handlerOfErrors = {
  before(_: unknown, [error, request]: [unknown, Request]) {
    // `next(false)` stops the chain, it is no error.
    if (error !== false) noteFailure(servedOf(request), error);
  },
};

/**
 * `chain.add(handler)`, of routes, `pre` and `use`: an error that a handler in the chain answers never reaches the server. By restify's own
 * rule a handler of errors has four parameters.
 */
function add({ _stack }: Chain, _: unknown[], error: unknown): void {
  const last = _stack.length - 1;
  if (error === undefined && _stack[last].length === 4)
    _stack[last] = replacement(_stack[last], handlerOfErrors, 'restify');
}

export default define({
  name: 'restify',
  module: 'restify',
  versions: '>=11 <13',
  spans: 'none of its own: the route and the exception on the server span',
  points: [
    { file: 'lib/router.js', target: 'prototype.lookup', after: lookup },
    {
      file: 'lib/server.js',
      target: 'prototype._runRoute',
      context: (_: unknown, [request]: [Request]) => lostContext(request),
    },
    { file: 'lib/server.js', target: 'prototype._onHandlerError', ...handlerOfErrors },
    { file: 'lib/chain.js', target: 'prototype.add', after: add },
  ],
});
