import { callIn, mimic, promise, reportFailure, runIn } from '../src/define.ts';
import type { Step } from '../src/semconv/middleware.ts';

/** Begins the step that a call is; undefined if that is none. */
export type Begin<Self = unknown, Args extends unknown[] = never> = (
  self: Self,
  args: Args,
) => Step | undefined;

/** When a step is over: when the function at this place of its arguments is called (`last`: the last of them), or when it settles. */
interface Ends {
  readonly next: number | 'last';
  /** It goes on after `next`, until its promise settles; what comes next is inside of it. */
  readonly isAround?: true;
}

/**
 * Makes the calls of a function steps of the request. By hand: whatever is called next runs in the context of whoever called this, or inside
 * of it, by what `ends` says.
 */
export function stepping<Self, Args extends unknown[]>(
  library: string,
  begin: Begin<Self, Args>,
  { next: place, isAround }: Ends,
): (original: Function) => Function {
  return (original) =>
    function (this: unknown, ...args: unknown[]) {
      let step: Step | undefined;
      try {
        step = begin(this as Self, args as Args);
        const at = place === 'last' ? args.length - 1 : place;
        const next = args[at];
        if (step !== undefined && typeof next === 'function')
          args[at] = isAround === true ? inside(step, next) : leaving(step, next);
      } catch (failure) {
        reportFailure(library, failure);
      }
      if (step === undefined) return Reflect.apply(original, this, args);
      let result: unknown;
      try {
        result =
          step.context === undefined
            ? Reflect.apply(original, this, args)
            : runIn(step.context, Reflect.apply, original, this, args);
      } catch (error) {
        step.end(error ?? NOTHING);
        throw error;
      }
      return settled(library, step, result, isAround === true);
    };
}

const NOTHING = new Error('a value that is not an error');

function settled(library: string, step: Step, result: unknown, isAround: boolean): unknown {
  try {
    // What returns no promise ends by calling `next`, or with the request.
    return isAround || isPromise(result) ? promise.watch?.(result, step, undefined, []) : result;
  } catch (failure) {
    reportFailure(library, failure);
    return result;
  }
}

function isPromise(result: unknown): boolean {
  return result instanceof Promise;
}

function leaving(step: Step, next: Function): Function {
  return function (this: unknown, ...args: unknown[]) {
    const [error] = args;
    step.end(isSignal(error) ? undefined : error);
    const { outside } = step;
    return outside === undefined ? Reflect.apply(next, this, args) : callIn(outside, next, this, args);
  };
}

/** What stands for no error where one is expected: `next('route')` of Express, `null`. */
function isSignal(error: unknown): boolean {
  return error === undefined || error === null || error === 'route' || error === 'router' || error === false;
}

function inside(step: Step, next: Function): Function {
  return function (this: unknown) {
    return step.callNext(next, this, arguments);
  };
}

/** The same for a function that no property holds, for whoever wraps it further. */
export function stepped<F extends Function>(original: F, wrapper: (original: Function) => Function): F {
  const made = wrapper(original);
  mimic(made as never, original as never);
  return made as F;
}
