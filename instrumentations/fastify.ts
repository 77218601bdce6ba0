import { define, guarded } from '../src/define.ts';
import { noteFailure, noteRoute, servedOf } from '../src/semconv/framework.ts';

interface Fastify {
  version: string;
  addHook(name: string, hook: Function): void;
}

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
  if (served?.span === undefined) return;
  const { url } = request.routeOptions ?? request.context?.config ?? {};
  if (url !== undefined) noteRoute(served, url);
});

/** The first hook of every route: what fails before the handler (authentication, body) has its route too. */
function onRequest(request: Request, _reply: Reply, done: () => void): void {
  noteUrl(request);
  done();
}

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
  subscriptions: [
    {
      channel: 'fastify.initialization',
      receive: ({ fastify }: { fastify: Fastify }) => {
        // Fastify 3 publishes it as well.
        if (/^[45]\./.test(fastify.version)) fastify.addHook('onRequest', onRequest);
      },
    },
  ],
  // The `onError` hook does not see errors that the app's own error handler answers.
  points: [{ file: 'lib/error-handler.js', target: 'handleError', wrap: errorWrapper }],
});
