import { type Call, define, scope } from '../src/define.ts';
import { activeServed, lostContext, noteFailure, noteHandler, servedOf } from '../src/semconv/framework.ts';
import { beginStep, type StepFacts, stepFacts } from '../src/semconv/middleware.ts';
import { stepping } from './steps.ts';

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

const nest = scope('foretrace.nestjs-core');

function asStep(type: StepFacts['type'], name: string, fn: Function): Function {
  const begin = () => beginStep(nest, activeServed(), () => stepFacts('nestjs', type, name));
  return stepping('nestjs-core', begin, { next: Infinity, isAround: true })(fn);
}

/** What stands in for a guard, an interceptor or a pipe while it is called; the app's object is not touched. */
function standIn(type: StepFacts['type'], method: string, one: Record<string, unknown>): unknown {
  const own = one?.[method];
  if (typeof own !== 'function') return one;
  return { [method]: asStep(type, one.constructor?.name ?? '', own.bind(one)) };
}

/** Before a consumer that is given a list of them at this place. */
const listOf =
  (place: number, type: StepFacts['type'], method: string) =>
  (_: unknown, args: unknown[]): void => {
    const list = args[place];
    if (activeServed()?.span === undefined || !Array.isArray(list)) return;
    args[place] = list.map((one: Record<string, unknown>) => standIn(type, method, one));
  };

const interceptors = listOf(0, 'interceptor', 'intercept');

/** `intercept(interceptors, args, instance, callback, next)`: `next` applies the pipes and calls the handler. */
function intercept(self: unknown, args: [unknown, unknown, object, Function, Function]): void {
  const [, , instance, callback, next] = args;
  if (activeServed()?.span === undefined) return;
  interceptors(self, args);
  if (typeof next === 'function')
    args[4] = asStep('handler', `${instance.constructor.name}.${callback.name}`, next);
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
  steps: [
    {
      file: 'guards/guards-consumer.js',
      target: 'GuardsConsumer.prototype.tryActivate',
      before: listOf(0, 'guard', 'canActivate'),
    },
    {
      file: 'interceptors/interceptors-consumer.js',
      target: 'InterceptorsConsumer.prototype.intercept',
      before: intercept,
    },
    {
      file: 'pipes/pipes-consumer.js',
      target: 'PipesConsumer.prototype.applyPipes',
      before: listOf(2, 'pipe', 'transform'),
    },
  ],
});
