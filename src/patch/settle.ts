import { active, callIn } from '../context/active.ts';
import { isAbort } from '../abort.ts';
import { lastGiven } from './arguments.ts';
import { type End, type Settle, untraced } from './traced.ts';

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
