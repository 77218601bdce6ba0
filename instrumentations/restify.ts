import { callIn, define, guarded, wrap } from '../src/define.ts';
import { lostContext, noteFailure, noteRoute, servedOf } from '../src/semconv/framework.ts';

type Request = object & { route?: { path?: string | RegExp } };

interface Chain {
  _stack: Function[];
}

const note = guarded('restify', (request: Request) => {
  const path = request.route?.path;
  if (path !== undefined) noteRoute(servedOf(request), String(path));
});

/** `router.lookup(request, response)` finds the route and leaves it on the request. */
function lookupWrapper(original: Function): Function {
  return function (this: unknown, request: Request, ...rest: unknown[]) {
    const result = Reflect.apply(original, this, [request, ...rest]);
    note(request);
    return result;
  };
}

function routeWrapper(original: Function): Function {
  return function (this: unknown, request: Request, ...rest: unknown[]) {
    const lost = lostContext(request);
    if (lost !== undefined) return callIn(lost, original, this, [request, ...rest]);
    return Reflect.apply(original, this, [request, ...rest]);
  };
}

function errorWrapper(original: Function): Function {
  return function (this: unknown, error: unknown, request: Request, ...rest: unknown[]) {
    // `next(false)` stops the chain, it is no error.
    if (error !== false) noteFailure(servedOf(request), error);
    return Reflect.apply(original, this, [error, request, ...rest]);
  };
}

/** By restify's own rule a handler of errors has four parameters. */
const watchLast = guarded('restify', ({ _stack }: Chain) => {
  const last = _stack.length - 1;
  if (_stack[last]?.length === 4) wrap(_stack, String(last), errorWrapper as never);
});

/** `chain.add(handler)`, of routes, `pre` and `use`: an error that a handler in the chain answers never reaches the server. */
function addWrapper(original: Function): Function {
  return function (this: Chain, ...args: unknown[]) {
    const result = Reflect.apply(original, this, args);
    watchLast(this);
    return result;
  };
}

export default define({
  name: 'restify',
  module: 'restify',
  versions: '>=11 <13',
  spans: 'none of its own: the route and the exception on the server span',
  points: [
    { file: 'lib/router.js', target: 'prototype.lookup', wrap: lookupWrapper },
    { file: 'lib/server.js', target: 'prototype._runRoute', wrap: routeWrapper },
    { file: 'lib/server.js', target: 'prototype._onHandlerError', wrap: errorWrapper },
    { file: 'lib/chain.js', target: 'prototype.add', wrap: addWrapper },
  ],
});
