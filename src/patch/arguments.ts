import { bind } from '../context/active.ts';

/** The place of the last argument that is not undefined: a helper with optional arguments passes on what it was not given. */
export function lastGiven(args: readonly unknown[]): number {
  let last = args.length - 1;
  while (last >= 0 && args[last] === undefined) last--;
  return last;
}

/** Makes a callback at the end of `args` run in the context that is active now. */
export function bindCallback(args: unknown[]): void {
  const last = lastGiven(args);
  const callback = args[last];
  if (typeof callback === 'function') args[last] = bind(callback);
}

/**
 * What replaces a function that calls are given: at a place such as `1`, in an option such as `0.eachMessage`, or the `first` or `last` that
 * is one. Options on the way are copied, they are the app's. An object of a class is left alone: a copy would lack its private fields.
 */
export function argumentAt(
  place: string,
): (args: unknown[], replaced: (given: Function) => Function) => void {
  const [first, ...rest] = place.split('.');
  return (args, replaced) => {
    const index = indexOf(args, first);
    const given = args[index];
    const found = rest.length === 0 ? given : within(given, rest);
    if (typeof found === 'function') args[index] = withReplaced(given, rest, replaced(found));
  };
}

function indexOf(args: readonly unknown[], first: string): number {
  if (first === 'first') return args.findIndex((arg) => typeof arg === 'function');
  return first === 'last' ? args.findLastIndex((arg) => typeof arg === 'function') : Number(first);
}

function within(given: unknown, path: readonly string[]): unknown {
  let value = given;
  for (const name of path) {
    if (!isPlain(value)) return undefined;
    value = value[name];
  }
  return value;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

function withReplaced(given: unknown, path: readonly string[], replacement: Function): unknown {
  if (path.length === 0) return replacement;
  const [name, ...rest] = path;
  const object = given as Record<string, unknown>;
  // The options may be frozen, and some of them may be getters.
  const descriptors = Object.getOwnPropertyDescriptors(object);
  const value = withReplaced(object[name], rest, replacement);
  descriptors[name] = { value, configurable: true, enumerable: true, writable: true };
  return Object.create(Object.getPrototypeOf(object), descriptors);
}

/** Gives a replacement the name and length of the function: libraries read how many parameters a handler has. */
export function looksLike(given: Function, replacement: Function): Function {
  for (const key of ['name', 'length'] as const) {
    Object.defineProperty(replacement, key, { value: given[key], configurable: true });
  }
  return replacement;
}
