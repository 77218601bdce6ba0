import { define } from '../src/define.ts';
import { lostContext, noteFailure, noteRoute, servedOf } from '../src/semconv/framework.ts';

interface Request {
  raw: { req: object };
  route: { path: string; method: string };
}

/** The routes that answer with 404 and 400 are of hapi's own making. */
function lookup({ raw, route }: Request, _: unknown[], error: unknown): void {
  if (error === undefined && route.method !== '_special') noteRoute(servedOf(raw.req), route.path);
}

/** Whatever fails in the life of a request ends up as its response: a Boom around the error. */
function setResponse({ raw }: Request, [response]: [{ isBoom?: boolean } | null]): void {
  if (response?.isBoom === true) noteFailure(servedOf(raw.req), response);
}

export default define({
  name: 'hapi',
  module: '@hapi/hapi',
  versions: '>=20 <22',
  spans: 'none of its own: the route, with all prefixes, and the exception on the server span',
  points: [
    {
      file: 'lib/request.js',
      target: 'prototype._execute',
      context: ({ raw }: Request) => lostContext(raw.req),
    },
    { file: 'lib/request.js', target: 'prototype._lookup', after: lookup },
    { file: 'lib/request.js', target: 'prototype._setResponse', before: setResponse },
  ],
});
