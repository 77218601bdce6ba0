import { type active, callIn, wrap } from '../src/define.ts';
import { abandon, type Outgoing } from '../src/semconv/http-client.ts';

/** The context in which the app made a request. */
export const CONTEXT = Symbol('foretrace.context');
export const OUTGOING = Symbol('foretrace.outgoing');

interface Made {
  [CONTEXT]?: ReturnType<typeof active>;
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

const known = new WeakSet<object>();

/** Makes what happens to requests of this class happen in the context of the app's call. The class is private: an instance gives it away. */
export function keepCallbacks(request: object): void {
  const prototype = Object.getPrototypeOf(request) as Record<string, unknown>;
  if (known.has(prototype)) return;
  known.add(prototype);
  for (const name of TOLD)
    if (typeof prototype[name] === 'function') wrap(prototype, name, inCallersContext as never);
  for (const name of STARTED)
    if (typeof prototype[name] === 'function') wrap(prototype, name, noticeAbort as never);
}

function inCallersContext(original: Function): Function {
  return function (this: Made) {
    const context = this[CONTEXT];
    if (context === undefined) return Reflect.apply(original, this, arguments);
    return callIn(context, original, this, arguments);
  };
}

/** Only who made the request gets this function; what fails on the connection does not pass by. */
function noticeAbort(original: Function): Function {
  return function (this: Made, abort: Function, ...rest: unknown[]) {
    const context = this[CONTEXT];
    if (context === undefined) return Reflect.apply(original, this, arguments);
    const outgoing = this[OUTGOING];
    const given = outgoing === undefined ? abort : noting(this, outgoing, abort);
    return callIn(context, original, this, [given, ...rest]);
  };
}

function noting(request: Made, outgoing: Outgoing, abort: Function): Function {
  return function (this: unknown, reason: unknown) {
    // A body that breaks ends its request in the same way, but nobody wanted that.
    const { errored } = (request.body ?? {}) as { errored?: unknown };
    if (errored === undefined || errored === null || errored !== reason) abandon(outgoing);
    return Reflect.apply(abort, this, arguments);
  };
}
