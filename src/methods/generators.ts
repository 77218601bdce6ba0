import { runIn } from '../context/active.ts';
import type { Context } from '../context/context.ts';
import { reportFailure } from '../guard.ts';
import { UNKNOWN } from '../patch/ends.ts';
import { Span } from '../trace/span.ts';
import { contextOfCall, type Method, MethodCall } from './call.ts';

/** A generator on its way. */
interface Running {
  /** Undefined until the first `next`. */
  context: Context | undefined;
  call: MethodCall | undefined;
  hasBegun: boolean;
}

/**
 * Stands in for a generator function: the span begins with the first `next` and ends when the generator does, and the body runs below it
 * however far apart it is asked. The generator itself stays what it is, with methods of its own.
 */
export function generatorWrapper(original: Function, method: Method, isAsync: boolean): Function {
  return function traced(this: unknown): unknown {
    const generator = Reflect.apply(original, this, arguments) as object;
    try {
      watchGenerator(generator, method, isAsync);
    } catch (failure) {
      reportFailure(method.scope.name, failure);
    }
    return generator;
  };
}

function watchGenerator(generator: object, method: Method, isAsync: boolean): void {
  const running: Running = { context: undefined, call: undefined, hasBegun: false };
  for (const name of ['next', 'return', 'throw'] as const) {
    const step = (generator as Record<string, Function>)[name] as Function;
    Object.defineProperty(generator, name, {
      configurable: true,
      writable: true,
      value: function (this: unknown): unknown {
        if (name === 'next') begin(running, method);
        const { context, call } = running;
        if (context === undefined) return Reflect.apply(step, this, arguments);
        let result: unknown;
        try {
          result = runIn(context, Reflect.apply, step, this, arguments);
        } catch (error) {
          call?.end(error ?? UNKNOWN);
          throw error;
        }
        if (call === undefined) return result;
        return isAsync ? stepped(result as Promise<IteratorResult<unknown>>, call) : look(result, call);
      },
    });
  }
}

function begin(running: Running, method: Method): void {
  if (running.hasBegun) return;
  running.hasBegun = true;
  try {
    running.context = contextOfCall(method);
    const span = running.context?.span;
    if (span instanceof Span) running.call = new MethodCall(span);
  } catch (failure) {
    reportFailure(method.scope.name, failure);
  }
}

function look(step: unknown, call: MethodCall): unknown {
  if ((step as IteratorResult<unknown>).done === true) call.end(undefined);
  return step;
}

function stepped(step: Promise<IteratorResult<unknown>>, call: MethodCall): Promise<unknown> {
  return step.then(
    (value) => look(value, call),
    (error: unknown) => {
      call.end(error ?? UNKNOWN);
      throw error;
    },
  );
}
