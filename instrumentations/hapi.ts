import { define, scope } from '../src/define.ts';
import { lostContext, noteFailure, noteRoute, servedOf } from '../src/semconv/framework.ts';
import { beginStep, type StepFacts, stepFacts } from '../src/semconv/middleware.ts';
import { stepping } from './steps.ts';

interface Request {
  raw: { req: object };
  route: { path: string; method: string; settings?: { handler?: unknown } };
}

/** The routes that answer with 404 and 400 are of hapi's own making. */
function lookup({ raw, route }: Request, _: unknown[], error: unknown): void {
  if (error === undefined && route.method !== '_special') noteRoute(servedOf(raw.req), route.path);
}

/** Whatever fails in the life of a request ends up as its response: a Boom around the error. */
function setResponse({ raw }: Request, [response]: [{ isBoom?: boolean } | null]): void {
  if (response?.isBoom === true) noteFailure(servedOf(raw.req), response);
}

const hapi = scope('foretrace.hapi');

interface Options {
  /** Of an extension: `onPreHandler`. */
  name?: string;
  auth?: boolean;
  /** Of what is called with an error. */
  args?: unknown[];
}

function factsOf(method: Function, { route }: Request, { name, auth, args }: Options): StepFacts {
  if (name !== undefined) return stepFacts('hapi', 'hook', hookName(name, method));
  if (method === route.settings?.handler)
    return stepFacts('hapi', 'request_handler', method.name, route.path);
  if (auth === true) return stepFacts('hapi', 'hook', hookName('authenticate', method));
  return stepFacts('hapi', args === undefined ? 'middleware' : 'error_handler', method.name);
}

function hookName(hook: string, { name }: Function): string {
  return name === '' || name === hook ? hook : `${hook} - ${name}`;
}

/** `toolkit.execute(method, request, options)` calls all that the app has for a request. */
function execute(_: unknown, args: [Function, Request, Options]): void {
  const [method, request, options] = args;
  const served = servedOf(request?.raw?.req);
  if (served?.span === undefined || typeof method !== 'function' || request.route.method === '_special')
    return;
  const begin = () => beginStep(hapi, served, () => factsOf(method, request, options));
  args[0] = stepping('hapi', begin, { next: Infinity, isAround: true })(method);
  Object.defineProperty(args[0], 'name', { value: method.name });
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
  steps: [{ file: 'lib/toolkit.js', target: 'Manager.prototype.execute', before: execute }],
});
