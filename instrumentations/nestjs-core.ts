import { callIn, define, guarded } from '../src/define.ts';
import { lostContext, noteFailure, noteHandler, servedOf } from '../src/semconv/framework.ts';

/** Node's request, or Fastify's around it. */
type Request = object & { raw?: object };

function rawOf(request: Request): object {
  return request.raw ?? request;
}

const noteController = guarded('nestjs-core', (request: object, name: string) =>
  noteHandler(servedOf(request), name),
);

/** Makes the function that serves a route from a controller's method. */
function createWrapper(original: Function): Function {
  return function (
    this: unknown,
    instance: object,
    callback: Function,
    methodName: string,
    ...rest: unknown[]
  ) {
    const handler = Reflect.apply(original, this, [instance, callback, methodName, ...rest]);
    const name = `${instance.constructor.name}.${methodName}`;
    return function (this: unknown, request: Request, response: unknown, next: unknown) {
      const raw = rawOf(request);
      noteController(raw, name);
      const lost = lostContext(raw);
      if (lost !== undefined) return callIn(lost, handler, this, [request, response, next]);
      return Reflect.apply(handler, this, [request, response, next]);
    };
  };
}

interface Host {
  getArgs(): unknown[];
}

const noteException = guarded('nestjs-core', (exception: unknown, host: Host) => {
  const request = host.getArgs()[0];
  if (typeof request === 'object' && request !== null) noteFailure(servedOf(rawOf(request)), exception);
});

/** Called for each exception, whichever filter answers it. */
function exceptionWrapper(original: Function): Function {
  return function (this: unknown, exception: unknown, host: Host) {
    noteException(exception, host);
    return Reflect.apply(original, this, [exception, host]);
  };
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
      wrap: createWrapper,
    },
    {
      file: 'exceptions/exceptions-handler.js',
      target: 'ExceptionsHandler.prototype.next',
      wrap: exceptionWrapper,
    },
  ],
});
