import { active, callIn } from '../context/active.ts';
import type { Context } from '../context/context.ts';
import { isAbort } from '../abort.ts';
import { reportFailure } from '../guard.ts';
import type { Ending } from '../operation/operation.ts';
import { lastGiven } from './arguments.ts';

/**
 * How a traced call ends. Neither function calls the original: the wrapper does, so that there is one frame of ours in the app's stacks.
 * What they do themselves is guarded by the wrapper.
 */
export interface Ends {
  /** It has something to do even for calls that are no operation, outside of any context: what they send carries the decision on. */
  always?: true;
  /**
   * Before the call; may replace what is in `args`, which is the call's own array, but nothing in the app's objects. True if that
   * arranges the end: the result is not looked at then. `context` is what the call runs in, if not the active one.
   */
  arm?(self: unknown, args: unknown[], ending: Ending, context?: Context): boolean;
  /** After the call: returns the result, or what the app gets in its place. */
  watch?(result: unknown, ending: Ending, self: unknown, args: unknown[], context?: Context): unknown;
}

/** Stands for the end of a call that has no operation: its callbacks have to keep the context all the same. */
export const UNTRACED: Ending = { end: () => undefined };

/** Stands for a thrown `undefined` or `null`: the call failed all the same. */
export const UNKNOWN = new Error('a value that is not an error');

/** The call is over when it returns or throws. */
export const sync: Ends = {
  watch(result, ending) {
    ending.end(undefined, result);
    return result;
  },
};

/**
 * The call is over when the native promise that it returns settles; any other value ends it at once.
 *
 * The app gets the derived promise: watching the original from the side would mark a rejection as handled and silence the
 * app's `unhandledRejection`. Thenables that are not native promises (query builders, lazy clients) are left alone, since
 * calling `then` on them may run the query; such libraries need another way to end.
 */
export const promise: Ends = { watch: (result, ending) => observePromise(result, ending) };

/** The same for a promise whose value goes on as a stream, an iterator, …: it is over when that is. */
export function promised(ends: Ends): Ends {
  return {
    watch(result, ending, self, args) {
      if (ending === UNTRACED) return result;
      if (!isNative(result)) return ends.watch?.(result, ending, self, args) ?? result;
      return result.then(
        (value) => watched(ends, value, ending, self, args),
        (error: unknown) => {
          ending.end(error ?? UNKNOWN);
          throw error;
        },
      );
    },
  };
}

export function observePromise(result: unknown, ending: Ending): unknown {
  if (ending === UNTRACED) return result;
  if (!isNative(result)) {
    ending.end(undefined, result);
    return result;
  }
  return result.then(
    (value) => {
      ending.end(undefined, value);
      return value;
    },
    (error: unknown) => {
      ending.end(error ?? UNKNOWN);
      throw error;
    },
  );
}

function isNative(result: unknown): result is Promise<unknown> {
  return result instanceof Promise && result.constructor === Promise;
}

/**
 * The call is over when what it returns, a promise of a class of its own, settles for the first who waits for it; its value may go on as
 * `ends` says. The app gets the very object, which sends nothing before somebody waits.
 */
export function thenable(ends: Ends = sync): Ends {
  return {
    watch(result, ending, self, args) {
      if (ending === UNTRACED) return result;
      const then = (result as { then?: unknown } | undefined)?.then;
      if (typeof then !== 'function' || !(result instanceof Object))
        return ends.watch?.(result, ending, self, args);
      // oxlint-disable-next-line unicorn/no-thenable -- it has one already
      Object.defineProperty(result, 'then', {
        configurable: true,
        writable: true,
        value: function (this: unknown, fulfilled?: unknown, rejected?: unknown) {
          return Reflect.apply(then, this, [
            (value: unknown) => {
              const given = watched(ends, value, ending, self, args);
              return typeof fulfilled === 'function' ? fulfilled(given) : given;
            },
            (error: unknown) => {
              ending.end(error ?? UNKNOWN);
              if (typeof rejected === 'function') return rejected(error);
              throw error;
            },
          ]);
        },
      });
      return result;
    },
  };
}

/** A value of the app's on its way: whatever fails in watching it, it goes on. */
export function watched(ends: Ends, value: unknown, ending: Ending, self: unknown, args: unknown[]): unknown {
  try {
    return ends.watch === undefined ? value : ends.watch(value, ending, self, args);
  } catch (failure) {
    reportFailure('watching a result', failure);
    return value;
  }
}

/** The call is over when its last argument, a callback, is called with `(error, result)`; without one as `otherwise` says. */
export function callbackOr(otherwise: Ends): Ends {
  return {
    arm(self, args, ending) {
      const last = lastGiven(args);
      const callback = args[last];
      if (typeof callback !== 'function') return otherwise.arm?.(self, args, ending) ?? false;
      args[last] = endingCallback(callback, ending);
      return true;
    },
    watch: otherwise.watch,
  };
}

/** An app's callback that ends the operation first, then runs in the context of the call: pools call it from anywhere. */
export function endingCallback(callback: Function, ending: Ending): Function {
  const context = active();
  return function (this: unknown, ...results: unknown[]): unknown {
    // Success is whatever is falsy: some libraries call back with `false` or `0`.
    ending.end(results[0] || undefined, results[1]);
    return callIn(context, callback, this, results);
  };
}

/**
 * The call is over when the functions `resolve` or `reject` of an object are called, which the library keeps there for its promise.
 * No `then` of ours: it would change which rejections count as handled.
 */
export function resolvers(of: (self: never, args: never) => object | undefined): Ends {
  return {
    arm(self, args, ending) {
      if (ending === UNTRACED) return true;
      const holder = of(self as never, args as never) as Resolvers | undefined;
      if (typeof holder?.resolve !== 'function' || typeof holder.reject !== 'function') return false;
      holder.resolve = endingResolve(holder.resolve, ending);
      holder.reject = endingReject(holder.reject, ending);
      return true;
    },
    watch: sync.watch,
  };
}

interface Resolvers {
  resolve: Function;
  reject: Function;
}

function endingResolve(resolve: Function, ending: Ending): Function {
  return function (this: unknown, value: unknown) {
    ending.end(undefined, value);
    return resolve.call(this, value);
  };
}

function endingReject(reject: Function, ending: Ending): Function {
  return function (this: unknown, error: unknown) {
    ending.end(error ?? UNKNOWN);
    return reject.call(this, error);
  };
}

/** The call is over when the function in a property of an object of the library's is called with `(error, result)`. */
export function property(name: string, of: (self: never, args: never) => object | undefined): Ends {
  return {
    arm(self, args, ending) {
      const holder = of(self as never, args as never) as Record<string, unknown> | undefined;
      const callback = holder?.[name];
      if (holder === undefined || typeof callback !== 'function') return false;
      holder[name] = endingCallback(callback, ending);
      return true;
    },
    watch: sync.watch,
  };
}

/**
 * The call is over when the emitter that it returns emits `error` or one of `events`, which may bring an error too, and its listeners run
 * in the context of the call. Its own `emit` is replaced: a listener of ours would make an error handled that is not, and the app may
 * count its listeners.
 */
export function emitter(...events: string[]): Ends {
  return {
    watch(result, ending) {
      const emit = (result as { emit?: unknown } | undefined)?.emit;
      if (typeof emit !== 'function') {
        ending.end(undefined, result);
        return result;
      }
      watchEmitter(result as object, emit, events, ending);
      return result;
    },
  };
}

/**
 * The call is over when an emitter that it was given emits `last`, with the emitter as its result. Its listeners run in the context of what
 * the call does, whoever lets it emit.
 */
export function givenEmitter(last: string, of: (self: never, args: never) => object | undefined): Ends {
  return {
    arm(self, args, ending, context = active()) {
      const emitter = of(self as never, args as never) as { emit?: unknown } | undefined;
      const emit = emitter?.emit;
      if (emitter === undefined || typeof emit !== 'function') return false;
      Object.defineProperty(emitter, 'emit', {
        configurable: true,
        writable: true,
        value: function (this: unknown, event: unknown) {
          if (event === last) ending.end(undefined, emitter);
          return callIn(context, emit, this, arguments);
        },
      });
      return true;
    },
    watch: sync.watch,
  };
}

function watchEmitter(emitter: object, emit: Function, events: readonly string[], ending: Ending): void {
  const context = active();
  Object.defineProperty(emitter, 'emit', {
    configurable: true,
    writable: true,
    value: function (this: unknown, event: unknown, first?: unknown) {
      if (event === 'error') ending.end(isAbort(first) ? undefined : (first ?? UNKNOWN));
      else if (events.includes(event as string))
        ending.end(first instanceof Error ? first : undefined, first);
      return callIn(context, emit, this, arguments);
    },
  });
}

/** The call is over when the stream that it returns is: read to its end, closed or failed. */
export const stream: Ends = {
  watch(result, ending) {
    if (typeof result === 'object' && result !== null) endWithStream(result, ending);
    else ending.end(undefined, result);
    return result;
  },
};

/**
 * Ends with a stream. Its `_destroy` is called once at the end, closed or failed, without a listener of ours: those of the app can be
 * counted.
 */
export function endWithStream(stream: object, ending: Ending): void {
  if (ending === UNTRACED) return;
  const destroy = (stream as { _destroy?: unknown })._destroy;
  if (typeof destroy !== 'function') {
    ending.end(undefined);
    return;
  }
  Object.defineProperty(stream, '_destroy', {
    configurable: true,
    writable: true,
    value: function (this: unknown, error: unknown, ...rest: unknown[]) {
      ending.end(isAbort(error) ? undefined : (error ?? undefined));
      return Reflect.apply(destroy, this, [error, ...rest]);
    },
  });
}

/** The call is over when the iterator that it returns is drained, closed or fails. */
export const iterator: Ends = {
  watch(result, ending) {
    if (ending !== UNTRACED) watchIterator(result, ending, stepped);
    return result;
  },
};

/**
 * The call is over when the asynchronous iterator that it returns (or those that `Symbol.asyncIterator` makes of what it returns) is
 * drained, closed or fails. `onItem` sees each item on its way to the app; `result` of the end is what it last returned.
 */
export function asyncIterator(onItem?: OnItem): Ends {
  return {
    watch(result, ending) {
      if (ending === UNTRACED) return result;
      const iterable = result as { [Symbol.asyncIterator]?: unknown } | undefined;
      const make = iterable?.[Symbol.asyncIterator];
      if (typeof make !== 'function' || iterable === undefined) {
        ending.end(undefined, result);
        return result;
      }
      Object.defineProperty(iterable, Symbol.asyncIterator, {
        configurable: true,
        writable: true,
        value: function (this: unknown) {
          const made: unknown = Reflect.apply(make, this, []);
          // An asynchronous generator is its own iterator.
          watchOnce(made, ending, onItem);
          return made;
        },
      });
      if (typeof (iterable as { next?: unknown }).next === 'function') watchOnce(iterable, ending, onItem);
      return result;
    },
  };
}

/** Looks at what a method of an iterator has returned, and returns it or what the app gets in its place. */
type Stepped = (step: unknown, isNext: boolean, ending: Ending) => unknown;

const stepped: Stepped = (step, isNext, ending) => {
  if (!isNext || (step as IteratorResult<unknown> | undefined)?.done === true) ending.end(undefined);
  return step;
};

function steppedLater(onItem: OnItem | undefined, reading: Reading): Stepped {
  const look = (step: unknown, isNext: boolean, ending: Ending): void => {
    try {
      const { done, value } = (step ?? {}) as IteratorResult<unknown>;
      if (!isNext || done === true) ending.end(undefined, reading.seen);
      else if (onItem !== undefined) reading.seen = onItem(value as never, reading.seen as never);
    } catch (failure) {
      reportFailure('looking at an item', failure);
    }
  };
  return (step, isNext, ending) => {
    if (!isNative(step)) {
      reading.pending--;
      look(step, isNext, ending);
      return step;
    }
    return step.then(
      (value) => {
        reading.pending--;
        look(value, isNext, ending);
        return value;
      },
      (error: unknown) => {
        reading.pending--;
        ending.end(isAbort(error) ? undefined : (error ?? UNKNOWN), reading.seen);
        throw error;
      },
    );
  };
}

export type OnItem = (item: never, before: never) => unknown;

/** How far asynchronous iterators have been read. */
export interface Reading {
  /** Calls whose promises have not settled. */
  pending: number;
  /** What `onItem` returned last. */
  seen: unknown;
}

const watchedOnce = new WeakSet<object>();

/** Watches an asynchronous iterator. One that is its own iterator, and given out again, is watched once. */
export function watchOnce(
  made: unknown,
  ending: Ending,
  onItem: OnItem | undefined,
  reading: Reading = { pending: 0, seen: undefined },
): void {
  if (typeof made !== 'object' || made === null || watchedOnce.has(made)) return;
  watchedOnce.add(made);
  watchIterator(made, ending, steppedLater(onItem, reading), reading);
}

function watchIterator(made: unknown, ending: Ending, step: Stepped, reading?: Reading): void {
  const iterator = made as Record<string, unknown> | undefined;
  if (typeof iterator?.next !== 'function') {
    ending.end(undefined, made);
    return;
  }
  for (const name of ['next', 'return', 'throw']) {
    const method = iterator[name];
    if (typeof method !== 'function') continue;
    // False for a frozen iterator, whose end then goes unseen.
    Reflect.defineProperty(iterator, name, {
      configurable: true,
      writable: true,
      value: function (this: unknown, ...args: unknown[]) {
        let result: unknown;
        if (reading !== undefined) reading.pending++;
        try {
          result = Reflect.apply(method, this, args);
        } catch (error) {
          if (reading !== undefined) reading.pending--;
          ending.end(error ?? UNKNOWN);
          throw error;
        }
        return step(result, name === 'next', ending);
      },
    });
  }
}
