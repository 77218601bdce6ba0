// Goes when every library has moved to the points of `point.ts`.
import { active, bind, callIn, current, outside, run } from '../context/active.ts';
import { SPAN_KEY } from '../context/context.ts';
import { isAbort } from '../abort.ts';
import { guarded, reportFailure } from '../guard.ts';
import type { Span } from '../trace/span.ts';
import { lastGiven } from './arguments.ts';

/**
 * What a traced call means: a role of `src/semconv` with the getters of one library.
 *
 * `start` returns undefined when there is nothing to record (no sampled parent, suppressed, not a real operation). `end` is
 * called once; `error` is undefined on success.
 */
export interface Role<Self = unknown, Args extends unknown[] = unknown[], Result = unknown> {
  readonly name: string;
  start(self: Self, args: Args): Span | undefined;
  end(span: Span, error: unknown, result: Result | undefined): void;
}

/** Ends the span of one call, once. `undefined` as error means success. */
export type End = (error: unknown, result?: unknown) => void;

/**
 * How a traced call ends: calls the original exactly as the app did, passes on what it returns or throws, and calls `end` when
 * the operation is over. Everything in it that is ours is guarded; the original is not.
 */
export type Settle = (original: Function, self: unknown, args: unknown[], end: End) => unknown;

/** Stands for the end of a call that is not traced: its callbacks have to keep the context all the same. */
export const untraced: End = () => undefined;

/** The wrapper of a traced function. */
export function traced(role: Role<never, never, never>, settle: Settle): (original: Function) => Function {
  const { name, start, end } = role as unknown as Role;
  return (original) =>
    function (this: unknown, ...args: unknown[]): unknown {
      let span: Span | undefined;
      try {
        span = start(this, args);
      } catch (error) {
        reportFailure(name, error);
      }
      if (span === undefined) {
        // Under an unsampled parent a callback that loses the context would start traces of its own.
        return current() === undefined
          ? Reflect.apply(original, this, args)
          : settle(original, this, args, untraced);
      }
      return settle(original, this, args, endOnce(span, end, name));
    };
}

/** The same for a library that sends by another traced one: what it starts is below the span. */
export function tracedAsParent(
  role: Role<never, never, never>,
  settle: Settle,
): (original: Function) => Function {
  const { name, start, end } = role as unknown as Role;
  const begin = guarded(name, start);
  return (original) =>
    function (this: unknown, ...args: unknown[]): unknown {
      const span = begin(this, args);
      if (span === undefined) return Reflect.apply(original, this, args);
      const inside = (...inner: unknown[]): unknown =>
        run(active().setValue(SPAN_KEY, span), () => Reflect.apply(original, this, inner));
      return settle(inside, this, args, endOnce(span, end, name));
    };
}

/** A guarded `end` for one span. */
export function endOnce(span: Span, end: Role['end'], name: string): End {
  return (error, result) => {
    if (span.ended) return;
    try {
      end(span, error, result);
    } catch (failure) {
      reportFailure(name, failure);
    }
    span.end();
  };
}

/** Stands for a thrown `undefined` or `null`: the call failed all the same. */
const UNKNOWN = new Error('a value that is not an error');

/** Calls the original as the app did; what it throws ends the span and goes on to the app. */
export function attempt(original: Function, self: unknown, args: unknown[], end: End): unknown {
  try {
    return Reflect.apply(original, self, args);
  } catch (error) {
    end(error ?? UNKNOWN);
    throw error;
  }
}

/** The call is over when it returns or throws. */
export const sync: Settle = (original, self, args, end) => {
  const result = attempt(original, self, args, end);
  end(undefined, result);
  return result;
};

/**
 * The call is over when the native promise that it returns settles; any other value ends it at once.
 *
 * The app gets the derived promise: watching the original from the side would mark a rejection as handled and silence the
 * app's `unhandledRejection`. Thenables that are not native promises (query builders, lazy clients) are left alone, since
 * calling `then` on them may run the query; such libraries need another way to settle.
 */
export const promise: Settle = (original, self, args, end) => {
  const result = attempt(original, self, args, end);
  return observePromise(result, end);
};

export function observePromise(result: unknown, end: End): unknown {
  if (end === untraced) return result;
  if (!(result instanceof Promise) || result.constructor !== Promise) {
    end(undefined, result);
    return result;
  }
  return result.then(
    (value) => {
      end(undefined, value);
      return value;
    },
    (error: unknown) => {
      end(error ?? UNKNOWN);
      throw error;
    },
  );
}

/** The call is over when its last argument, a callback, is called with `(error, result)`; without one as `otherwise` says. */
export function callbackOr(otherwise: Settle): Settle {
  return (original, self, args, end) => {
    const last = lastGiven(args);
    const callback = args[last];
    if (typeof callback !== 'function') return otherwise(original, self, args, end);
    args[last] = endingCallback(callback, end);
    return attempt(original, self, args, end);
  };
}

/** An app's callback that ends the span first, then runs in the context of the call: pools call it from anywhere. */
export function endingCallback(callback: Function, end: End): Function {
  const context = active();
  return function (this: unknown, ...results: unknown[]): unknown {
    // Success is whatever is falsy: some libraries call back with `false` or `0`.
    end(results[0] || undefined, results[1]);
    return callIn(context, callback, this, results);
  };
}

/** The call is over when the iterator that it returns is drained, closed or fails. */
export const iterator: Settle = (original, self, args, end) => {
  const result = attempt(original, self, args, end);
  if (end === untraced) return result;
  if (typeof (result as Iterator<unknown> | undefined)?.next !== 'function') {
    end(undefined, result);
    return result;
  }
  watchIterator(result as Iterator<unknown>, end);
  return result;
};

function watchIterator(iterator: Iterator<unknown>, end: End): void {
  const methods = { next: iterator.next, return: iterator.return, throw: iterator.throw };
  for (const [name, method] of Object.entries(methods)) {
    if (typeof method !== 'function') continue;
    // False for a frozen iterator, whose end then goes unseen.
    Reflect.defineProperty(iterator, name, {
      configurable: true,
      writable: true,
      value: function (this: unknown, ...args: unknown[]) {
        let step: IteratorResult<unknown>;
        try {
          step = Reflect.apply(method as Function, this, args);
        } catch (error) {
          end(error ?? UNKNOWN);
          throw error;
        }
        if (name !== 'next' || step?.done === true) end(undefined);
        return step;
      },
    });
  }
}

/**
 * Ends the span of a result that is read or written as a stream, when the stream is over. Its `_destroy` is called once at
 * the end, closed or failed, without a listener of ours: those of the app can be counted.
 */
export function endWithStream(stream: object, end: End): void {
  if (end === untraced) return;
  const destroy = (stream as { _destroy?: unknown })._destroy;
  if (typeof destroy !== 'function') {
    end(undefined);
    return;
  }
  Object.defineProperty(stream, '_destroy', {
    configurable: true,
    writable: true,
    value: function (this: unknown, error: unknown, ...rest: unknown[]) {
      end(isAbort(error) ? undefined : (error ?? undefined));
      return Reflect.apply(destroy, this, [error, ...rest]);
    },
  });
}

/**
 * For a function that opens what outlives its caller, such as a connection: runs it outside of any context, so that what it
 * starts belongs to no request, and a callback at the end of the arguments in the caller's.
 */
export function detached(original: Function): Function {
  return function (this: unknown, ...args: unknown[]) {
    keepContext(args);
    return outside(() => Reflect.apply(original, this, args));
  };
}

/** For a function that calls its last argument from elsewhere, such as a queue: it runs in the context of the call. */
export function attached(original: Function): Function {
  return function (this: unknown, ...args: unknown[]) {
    keepContext(args);
    return Reflect.apply(original, this, args);
  };
}

/** Makes a callback at the end of `args` run in the context that is active now. */
export function keepContext(args: unknown[]): void {
  const last = lastGiven(args);
  const callback = args[last];
  if (typeof callback === 'function') args[last] = bind(callback);
}

/**
 * For a function that queues a task, the first function among its arguments: the task runs in the context of the call, not in
 * that of whoever made room for it.
 */
export function queued(original: Function): Function {
  return function (this: unknown, ...args: unknown[]) {
    const index = args.findIndex((arg) => typeof arg === 'function');
    if (index !== -1) args[index] = bind(args[index] as Function);
    return Reflect.apply(original, this, args);
  };
}

/** For a function of a pool that serves whoever waits: what it starts for others is not its caller's. */
export function apart(original: Function): Function {
  return function (this: unknown) {
    return outside(() => Reflect.apply(original, this, arguments));
  };
}
