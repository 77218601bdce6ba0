import { define, replacement } from '../src/define.ts';
import { enterPath, noteFailure, noteRoute, servedOf } from '../src/semconv/framework.ts';

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
    if (served?.isWatched !== true || served.route !== undefined) return;
    const { url } = request.routeOptions ?? request.context?.config ?? {};
    if (url !== undefined) noteRoute(served, url);
  };

const noteErrorOf = (_: unknown, [reply, error]: [Reply, unknown]): void =>
  noteFailure(servedOf(reply.raw), error);

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
