import { runIn } from '../context/active.ts';
import type { Context } from '../context/context.ts';
import { reportFailure } from '../guard.ts';
import { looksLike } from '../patch/arguments.ts';
import { endingCallback, observePromise, sync, thenable, UNKNOWN } from '../patch/ends.ts';
import { Span } from '../trace/span.ts';
import { contextOfCall, type Method, MethodCall } from './call.ts';
import { generatorWrapper } from './generators.ts';
import { callbackPosition } from './parameters.ts';

const KIND = /^\[object (Async)?(GeneratorFunction)?/;

/** What stands in for a function that has spans. */
export function tracedFunction(original: Function, method: Method): Function {
  const [, isAsync, isGenerator] = KIND.exec(Object.prototype.toString.call(original)) ?? [];
  if (isGenerator !== undefined) return generatorWrapper(original, method, isAsync !== undefined);
  return callWrapper(original, method, isAsync === undefined ? callbackPosition(original) : undefined);
}

function callWrapper(original: Function, method: Method, callbackAt: number | undefined): Function {
  const where = method.scope.name;
  return function traced(this: unknown): unknown {
    if (new.target !== undefined)
      return Reflect.construct(
        original,
        arguments,
        new.target.prototype === original.prototype ? original : new.target,
      );
    let args: ArrayLike<unknown> = arguments;
    let context: Context | undefined;
    let call: MethodCall | undefined;
    let isArmed = false;
    try {
      context = contextOfCall(method);
      const span = context?.span;
      if (span instanceof Span) {
        call = new MethodCall(span);
        if (callbackAt !== undefined) {
          const armed = withCallback(args, callbackAt, call);
          isArmed = armed !== undefined;
          args = armed ?? args;
        }
      }
    } catch (failure) {
      reportFailure(where, failure);
    }
    if (context === undefined) return Reflect.apply(original, this, args);
    if (call === undefined) return runIn(context, Reflect.apply, original, this, args);
    let result: unknown;
    try {
      result = runIn(context, Reflect.apply, original, this, args);
    } catch (error) {
      call.end(error ?? UNKNOWN);
      throw error;
    }
    return isArmed ? result : watchResult(result, call, where);
  };
}

/** A copy of the arguments with a callback that ends the call; undefined if none was given. */
function withCallback(args: ArrayLike<unknown>, at: number, call: MethodCall): unknown[] | undefined {
  const callback = args[at];
  if (typeof callback !== 'function') return undefined;
  const copy = Array.from(args);
  copy[at] = looksLike(callback, endingCallback(callback, call));
  return copy;
}

const later = thenable(sync);

function watchResult(result: unknown, call: MethodCall, where: string): unknown {
  try {
    if (result instanceof Promise && result.constructor === Promise) return observePromise(result, call);
    return later.watch?.(result, call, undefined, []);
  } catch (failure) {
    // A thenable that is frozen, a proxy that refuses.
    call.end(undefined);
    reportFailure(where, failure);
    return result;
  }
}
