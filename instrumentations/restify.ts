import { define, guarded } from '../src/define.ts';
import { servedOf } from '../src/semconv/http-server.ts';
import { callForRequest, noteFailure, noteRoute } from '../src/semconv/framework.ts';

type Request = object & { route?: { path?: string | RegExp } };

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
    return callForRequest(request, original, this, [request, ...rest]);
  };
}

function errorWrapper(original: Function): Function {
  return function (this: unknown, error: unknown, request: Request, ...rest: unknown[]) {
    noteFailure(request, error);
    return Reflect.apply(original, this, [error, request, ...rest]);
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
  ],
});
