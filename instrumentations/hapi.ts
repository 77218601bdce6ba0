import { callIn, define, guarded } from '../src/define.ts';
import { lostContext, noteFailure, noteRoute, servedOf } from '../src/semconv/framework.ts';

interface Request {
  raw: { req: object };
  route: { path: string; method: string };
}

const note = guarded('hapi', ({ raw, route }: Request) => {
  // The routes that answer with 404 and 400 are of hapi's own making.
  if (route.method !== '_special') noteRoute(servedOf(raw.req), route.path);
});

function lookupWrapper(original: Function): Function {
  return function (this: Request, ...args: unknown[]) {
    const result = Reflect.apply(original, this, args);
    note(this);
    return result;
  };
}

function executeWrapper(original: Function): Function {
  return function (this: Request, ...args: unknown[]) {
    const lost = lostContext(this.raw.req);
    if (lost !== undefined) return callIn(lost, original, this, args);
    return Reflect.apply(original, this, args);
  };
}

/** Whatever fails in the life of a request ends up as its response: a Boom around the error. */
function responseWrapper(original: Function): Function {
  return function (this: Request, response: unknown, ...rest: unknown[]) {
    if ((response as { isBoom?: boolean } | null)?.isBoom === true)
      noteFailure(servedOf(this.raw.req), response);
    return Reflect.apply(original, this, [response, ...rest]);
  };
}

export default define({
  name: 'hapi',
  module: '@hapi/hapi',
  versions: '>=20 <22',
  spans: 'none of its own: the route, with all prefixes, and the exception on the server span',
  points: [
    { file: 'lib/request.js', target: 'prototype._execute', wrap: executeWrapper },
    { file: 'lib/request.js', target: 'prototype._lookup', wrap: lookupWrapper },
    { file: 'lib/request.js', target: 'prototype._setResponse', wrap: responseWrapper },
  ],
});
