import { wrapFunction, type Wrapper } from '../wrap.ts';

/** What became of a target: undefined if it is replaced, otherwise what is wrong, as the end of a sentence. */
export interface Replaced {
  /** What the module exports from now on. */
  readonly exports: unknown;
  readonly problem: string | undefined;
}

/** Where a function is: a property of an object, or what the module exports as a whole (no holder). */
interface Place {
  readonly holder: object | undefined;
  readonly key: PropertyKey;
}

/**
 * Replaces the function at a dotted path of a module's exports; empty is what it exports as a whole or by default. A path may leave out the
 * default export, and begin with the name of a class that is exported as a whole.
 */
export function replaceAt(exports: unknown, path: string, wrapper: Wrapper): Replaced {
  for (const parts of pathsOf(exports, path)) {
    const place = find(exports, parts);
    if (place === undefined) continue;
    if (typeof place === 'string') return { exports, problem: place };
    return replaceIn(exports, place, wrapper);
  }
  return { exports, problem: 'is not there' };
}

function pathsOf(exports: unknown, path: string): string[][] {
  const parts = path === '' ? [] : path.split('.');
  const paths = [parts];
  const whole = isHolder(exports) ? read(exports, 'default') : undefined;
  if (isHolder(whole)) paths.push(['default', ...parts]);
  const [first, ...rest] = parts;
  if (rest.length > 0) {
    if (typeof exports === 'function' && exports.name === first) paths.push(rest);
    if (typeof whole === 'function' && whole.name === first) paths.push(['default', ...rest]);
  }
  return paths;
}

/** The place that a path leads to; what is wrong with it, if there is something; undefined if there is nothing. */
function find(exports: unknown, parts: readonly string[]): Place | string | undefined {
  let holder: unknown = undefined;
  let value = exports;
  for (const [depth, part] of parts.entries()) {
    if (!isHolder(value)) return undefined;
    holder = value;
    const descriptor = descriptorOf(holder as object, part);
    if (descriptor === undefined) return undefined;
    // Exports are got from modules by getters; a getter of the app's own may do anything.
    if (depth > 0 && descriptor.get !== undefined && holder !== exports) return 'is a getter';
    value = read(holder as object, part);
  }
  if (typeof value !== 'function')
    return parts.length === 0 && isHolder(value) ? undefined : 'is not a function';
  if (isClass(value))
    return 'is a class; a method of it is Class.prototype.method, or Class.method for a static one';
  return parts.length === 0
    ? { holder: undefined, key: '' }
    : { holder: holder as object, key: parts[parts.length - 1] as string };
}

function replaceIn(exports: unknown, { holder, key }: Place, wrapper: Wrapper): Replaced {
  if (holder === undefined) {
    const replaced = wrapFunction(exports as Function, wrapper) as Function & { default?: unknown };
    // `module.exports = fn; module.exports.default = fn`
    if (replaced.default === exports) replaced.default = replaced;
    return { exports: replaced, problem: undefined };
  }
  const original = read(holder, key) as Function;
  const replaced = wrapFunction(original, wrapper);
  if (replaced === original || set(holder, key, replaced)) return { exports, problem: undefined };
  if (holder !== exports || typeof exports !== 'object' || Object.getPrototypeOf(exports) === null)
    return { exports, problem: 'can not be replaced: it is read-only' };
  // Bundlers and compilers export by getters that can't be replaced.
  const copy = unlocked(holder);
  Object.defineProperty(copy, key, { configurable: true, enumerable: true, writable: true, value: replaced });
  return { exports: copy, problem: undefined };
}

function set(holder: object, key: PropertyKey, value: Function): boolean {
  const own = Object.getOwnPropertyDescriptor(holder, key);
  // By the module itself, or by whoever keeps the property.
  if (own?.set !== undefined) {
    try {
      own.set.call(holder, value);
    } catch {
      // A constant of the module.
      return false;
    }
    return read(holder, key) === value;
  }
  const { enumerable = false, writable = true } = own ?? descriptorOf(holder, key) ?? {};
  return Reflect.defineProperty(holder, key, {
    configurable: true,
    enumerable: own === undefined ? false : enumerable,
    writable,
    value,
  });
}

/** Stands in for a module's exports: the same properties, replaceable. */
function unlocked(exports: object): object {
  const copy: object = Object.create(Object.getPrototypeOf(exports) as object | null);
  for (const key of Reflect.ownKeys(exports)) {
    const descriptor = Object.getOwnPropertyDescriptor(exports, key) as PropertyDescriptor;
    Object.defineProperty(copy, key, { ...descriptor, configurable: true });
  }
  return copy;
}

function descriptorOf(holder: object, key: PropertyKey): PropertyDescriptor | undefined {
  for (let at: object | null = holder; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    const descriptor = Object.getOwnPropertyDescriptor(at, key);
    if (descriptor !== undefined) return descriptor;
  }
  return undefined;
}

function isHolder(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

function read(holder: object, key: PropertyKey): unknown {
  return (holder as Record<PropertyKey, unknown>)[key];
}

function isClass(value: Function): boolean {
  return /^class\b/.test(Function.prototype.toString.call(value));
}
