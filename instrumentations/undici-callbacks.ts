import { type active, opening } from '../src/define.ts';
import { abandon, type Outgoing } from '../src/semconv/http-client.ts';

/** The context in which the app made a request. */
export const CONTEXT = Symbol('foretrace.context');
export const OUTGOING = Symbol('foretrace.outgoing');

type Context = ReturnType<typeof active>;

interface Made {
  [CONTEXT]?: Context;
  [OUTGOING]?: Outgoing;
  body?: unknown;
}

/**
 * What a connection tells a request, in all versions. It tells it in its own context, which is that of the request that opened it:
 * there the app's handlers would run, the listeners of a body, and the second attempts of those who send again.
 */
const TOLD = [
  'onHeaders',
  'onData',
  'onUpgrade',
  'onComplete',
  'onError',
  'onResponseStart',
  'onResponseData',
  'onRequestUpgrade',
  'onResponseEnd',
  'onResponseError',
];

/** With these a request is handed the function to abort it with. */
const STARTED = ['onConnect', 'onRequestStart'];

const contextOf = ({ [CONTEXT]: context }: Made): Context | undefined => context;

/** Makes what happens to requests happen in the context of the app's call. Their class is private: an instance gives it away. */
export const keepCallbacks = opening('undici', [
  ...TOLD.map((name) => ({ target: `constructor.prototype.${name}`, context: contextOf })),
  ...STARTED.map((name) => ({
    target: `constructor.prototype.${name}`,
    before(request: Made, args: unknown[]) {
      const { [OUTGOING]: outgoing } = request;
      // Only who made the request gets this function; what fails on the connection does not pass by.
      if (outgoing !== undefined) args[0] = noting(request, outgoing, args[0] as Function);
    },
    context: contextOf,
  })),
]);

function noting(request: Made, outgoing: Outgoing, abort: Function): Function {
  return function (this: unknown, reason: unknown) {
    // A body that breaks ends its request in the same way, but nobody wanted that.
    const { errored } = (request.body ?? {}) as { errored?: unknown };
    if (errored === undefined || errored === null || errored !== reason) abandon(outgoing);
    return Reflect.apply(abort, this, arguments);
  };
}
