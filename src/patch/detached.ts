import { bind, outside } from '../context/active.ts';
import { lastGiven } from './arguments.ts';

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
