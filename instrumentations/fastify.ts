import { define, guarded } from '../src/define.ts';
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
