import { define, isWrapped, ownSymbol, type Point, replacement, scope } from '../src/define.ts';
import { enterPath, noteFailure, noteRoute, servedOf } from '../src/semconv/framework.ts';
import { beginStep, stepFacts } from '../src/semconv/middleware.ts';
import { stepping } from './steps.ts';

interface Request {
  raw: object;
  /** Since 4.10. */
  routeOptions?: { url?: string };
  /** Before; from then on a getter that warns. */
  context?: { config?: { url?: string } };
}

interface Reply {
  raw: object;
}

/** Before a function of Fastify's that has the request among its arguments. */
const noteUrl =
  (position: number) =>
  (_: unknown, args: Request[]): void => {
    const request = args[position];
    const served = servedOf(request.raw);
    if (served?.span === undefined || served.route !== undefined) return;
    const { url } = request.routeOptions ?? request.context?.config ?? {};
    if (url !== undefined) noteRoute(served, url);
  };

const noteErrorOf = (_: unknown, [reply, error]: [Reply, unknown]): void =>
  noteFailure(servedOf(reply.raw), error);

const fastify = scope('foretrace.fastify');

/** The functions of hooks as steps, by the list that Fastify has of them. */
const steps = new WeakMap<readonly Function[], Function[]>();

/** `…HookRunner(functions, request, reply, …)`. They call back at the end of their arguments, or return a promise. */
const hook =
  (name: string) =>
  (_: unknown, args: [Function[], Request]): void => {
    const [functions, request] = args;
    if (servedOf(request.raw)?.span === undefined || !Array.isArray(functions)) return;
    let made = steps.get(functions);
    if (made === undefined) {
      made = functions.map((one) => {
        const own = one.name.replace(/^bound /, '');
        const facts = stepFacts('fastify', 'hook', own === '' ? name : `${name} - ${own}`);
        const begin = (_: unknown, [{ raw }]: [Request]) => beginStep(fastify, servedOf(raw), () => facts);
        return stepping('fastify', begin, { next: 'last' })(one);
      });
      steps.set(functions, made);
    }
    args[0] = made;
  };

/** `handleRequest(error, request, reply)`: the handler is in the context of the route, bound already, and is no function of the app's. */
function handler(_: unknown, [, request]: [unknown, Request]): void {
  if (servedOf(request.raw)?.span === undefined) return;
  const key = ownSymbol(request, 'fastify.context');
  const context = key && (request as unknown as Record<symbol, { handler?: Function } | undefined>)[key];
  if (typeof context?.handler !== 'function' || isWrapped(context.handler)) return;
  // Of Fastify itself, for what is not found.
  if (context.handler.name === 'basic404') return;
  const facts = stepFacts('fastify', 'request_handler', context.handler.name);
  const begin = (_: unknown, [{ raw }]: [Request]) => beginStep(fastify, servedOf(raw), () => facts);
  const wrap = stepping('fastify', begin, { next: Infinity });
  context.handler = replacement(context.handler, { wrap }, 'fastify');
}

const hooks: Point[] = [
  'onRequest',
  'preParsing',
  'preValidation',
  'preHandler',
  'preSerialization',
  'onSend',
].map((name) => ({
  file: 'lib/hooks.js',
  target: `${name}HookRunner`,
  versions: '>=4.23',
  before: hook(name),
}));

export default define({
  name: 'fastify',
  module: 'fastify',
  versions: '>=4 <6',
  spans: 'none of its own: the route, with all prefixes, and the exception on the server span',
  points: [
    // A request passes hooks or not, then `handleRequest`. Not by a hook of ours: apps and plugins list and count them.
    { file: 'lib/hooks.js', target: 'hookRunner', versions: '<4.20', before: noteUrl(2) },
    { file: 'lib/hooks.js', target: 'onRequestHookRunner', versions: '>=4.20', before: noteUrl(1) },
    { file: 'lib/hooks.js', target: 'preParsingHookRunner', versions: '>=4.20', before: noteUrl(1) },
    { file: 'lib/handleRequest.js', target: '', before: noteUrl(1) },
    // The same within version 5.
    { file: 'lib/handle-request.js', target: '', before: noteUrl(1) },
    // The `onError` hook does not see errors that the app's own error handler answers.
    { file: 'lib/error-handler.js', target: 'handleError', before: noteErrorOf },
  ],
  steps: [
    ...hooks,
    { file: 'lib/handleRequest.js', target: '', before: handler },
    { file: 'lib/handle-request.js', target: '', before: handler },
  ],
});

type Handled = [request: object, response: object, next: () => unknown];

/** The mount path is the route of a request for which Fastify has none. */
function mounted(path: string, handler: unknown): unknown {
  if (Array.isArray(handler)) return handler.map((one) => mounted(path, one));
  if (typeof handler !== 'function') return handler;
  const before = (_: unknown, args: Handled): void => {
    const served = servedOf(args[0]);
    if (served?.route === undefined) args[2] = enterPath(served, path, args[2]);
  };
  return replacement(handler, { before }, 'fastify');
}

/** `engine.use(path, handler)`: without a path the handler comes first. The engine keeps what it is given to itself. */
function use(_: unknown, args: unknown[]): void {
  const [path, handler] = args;
  if (typeof path === 'string' && path !== '/' && path !== '') args[1] = mounted(path, handler);
}

export const fastifyMiddie = define({
  name: 'fastify',
  module: '@fastify/middie',
  versions: '>=8 <10',
  spans: 'none of its own: the mount path as route where Fastify has none',
  points: [{ file: 'lib/engine.js', target: '', opens: [{ target: 'use', before: use }] }],
});
