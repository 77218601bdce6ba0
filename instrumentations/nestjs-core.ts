import { type Call, define } from '../src/define.ts';
import { lostContext, noteFailure, noteHandler, servedOf } from '../src/semconv/framework.ts';

/** Node's request, or Fastify's around it. */
type Request = object & { raw?: object };

interface Host {
  getArgs(): unknown[];
}

const rawOf = (request: Request): object => request.raw ?? request;

/** Before the function that serves a route, which `create` has made of a controller's method. */
function handler(_: unknown, [request]: [Request], { args }: Call): void {
  const [instance, , methodName] = args as [object, Function, string];
  const served = servedOf(rawOf(request));
  if (served?.span !== undefined) noteHandler(served, `${instance.constructor.name}.${methodName}`);
}

/** Called for each exception, whichever filter answers it. */
function exception(_: unknown, [error, host]: [unknown, Host]): void {
  const request = host.getArgs()[0];
  if (typeof request === 'object' && request !== null) noteFailure(servedOf(rawOf(request)), error);
}

export default define({
  name: 'nestjs-core',
  module: '@nestjs/core',
  versions: '>=10 <13',
  esm: true,
  spans:
    'none of its own: controller and method, and the exception on the server span; the route comes from Express or Fastify',
  points: [
    {
      file: 'router/router-execution-context.js',
      target: 'RouterExecutionContext.prototype.create',
      opens: [
        {
          target: '',
          before: handler,
          context: (_: unknown, [request]: [Request]) => lostContext(rawOf(request)),
        },
      ],
    },
    {
      file: 'exceptions/exceptions-handler.js',
      target: 'ExceptionsHandler.prototype.next',
      before: exception,
    },
  ],
});
