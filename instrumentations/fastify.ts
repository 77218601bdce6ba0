import { define, guarded, wrap } from '../src/define.ts';
import { noteFailure, noteRoute, servedOf } from '../src/semconv/framework.ts';

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

const noteUrl = guarded('fastify', (request: Request) => {
  const served = servedOf(request.raw);
  if (served?.span === undefined || served.route !== undefined) return;
  const { url } = request.routeOptions ?? request.context?.config ?? {};
  if (url !== undefined) noteRoute(served, url);
});

/** For a function of Fastify's that has the request among its arguments. */
const noting =
  (position: number) =>
  (original: Function): Function =>
    function (this: unknown, ...args: unknown[]) {
      noteUrl(args[position] as Request);
      return Reflect.apply(original, this, args);
    };

function errorWrapper(original: Function): Function {
  return function (this: unknown, reply: Reply, error: unknown, ...rest: unknown[]) {
    noteFailure(servedOf(reply.raw), error);
    return Reflect.apply(original, this, [reply, error, ...rest]);
  };
}

export default define({
  name: 'fastify',
  module: 'fastify',
  versions: '>=4 <6',
  spans: 'none of its own: the route, with all prefixes, and the exception on the server span',
  points: [
    // A request passes hooks or not, then `handleRequest`. Not by a hook of ours: apps and plugins list and count them.
    { file: 'lib/hooks.js', target: 'hookRunner', versions: '<4.20', wrap: noting(2) },
    { file: 'lib/hooks.js', target: 'onRequestHookRunner', versions: '>=4.20', wrap: noting(1) },
    { file: 'lib/hooks.js', target: 'preParsingHookRunner', versions: '>=4.20', wrap: noting(1) },
    { file: 'lib/handleRequest.js', target: '', wrap: noting(1) },
    // The same within version 5.
    { file: 'lib/handle-request.js', target: '', wrap: noting(1) },
    // The `onError` hook does not see errors that the app's own error handler answers.
    { file: 'lib/error-handler.js', target: 'handleError', wrap: errorWrapper },
  ],
});

interface Engine {
  use(path: unknown, handler?: unknown): unknown;
}

/** Until the handler passes on, unless with an error, its mount path is the route of a request for which Fastify has none. */
const enterMount = guarded('fastify', (request: object, path: string): (() => void) | undefined => {
  const served = servedOf(request);
  if (served?.span === undefined || served.route !== undefined) return undefined;
  served.route = path;
  return () => {
    served.route = undefined;
  };
});

function mounted(path: string, handler: Function): Function {
  return function (this: unknown, request: object, response: unknown, next: (error?: unknown) => unknown) {
    const leave = enterMount(request, path);
    if (leave === undefined) return Reflect.apply(handler, this, [request, response, next]);
    const pass = (error?: unknown): unknown => {
      if (error === undefined || error === null) leave();
      return next(error);
    };
    return Reflect.apply(handler, this, [request, response, pass]);
  };
}

function mountedAt(path: unknown, handler: unknown): unknown {
  if (typeof path !== 'string' || path === '/' || path === '') return handler;
  if (Array.isArray(handler)) return handler.map((one) => mountedAt(path, one));
  return typeof handler === 'function' ? mounted(path, handler) : handler;
}

/** The engine of middie keeps what it is given to itself. */
function engineWrapper(original: Function): Function {
  return function (this: unknown, ...args: unknown[]) {
    const engine: Engine = Reflect.apply(original, this, args);
    wrap(
      engine,
      'use',
      (use) =>
        function (this: unknown, path: unknown, handler?: unknown) {
          // Without a path the handler comes first.
          return Reflect.apply(use, this, handler === undefined ? [path] : [path, mountedAt(path, handler)]);
        } as never,
    );
    return engine;
  };
}

export const fastifyMiddie = define({
  name: 'fastify',
  module: '@fastify/middie',
  versions: '>=8 <10',
  spans: 'none of its own: the mount path as route where Fastify has none',
  points: [{ file: 'lib/engine.js', target: '', wrap: engineWrapper }],
});
