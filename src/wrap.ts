import shimmer from 'shimmer';
import { log } from './log.ts';

shimmer({ logger: (message: string) => log.debug(message) });

export type Wrapper = (original: Function) => Function;

type AnyFunction = (...args: never[]) => unknown;

const WRAPPED = Symbol.for('foretrace.wrapped');

/**
 * Replaces `holder[name]` by what `wrapper` makes of it. The replacement keeps the name, length, prototype and own properties of
 * the original (Express counts a handler's arity, `util.promisify` looks for a symbol), which shimmer alone drops. A
 * function is wrapped once, however often its module is seen. Returns an undo.
 */
export function wrap<F extends AnyFunction>(
  holder: object,
  name: PropertyKey,
  wrapper: (original: F) => F,
): () => void {
  const original = (holder as Record<PropertyKey, unknown>)[name] as F;
  if (isWrapped(original)) return () => {};
  const own = Object.hasOwn(holder, name);
  // Shimmer asks the holder itself what is enumerable; the namespace of an ES module has no such methods.
  const namespace = Object.getPrototypeOf(holder) === null;
  const target: object = namespace ? { [name]: original } : holder;
  const replacement: unknown = shimmer.wrap(target as Record<string, F>, name as string, (original) => {
    return marked(wrapper(own ? original : inherited<F>(holder, name)), original);
  });
  if (namespace) (holder as Record<PropertyKey, unknown>)[name] = replacement;
  return () => {
    if ((holder as Record<PropertyKey, unknown>)[name] !== replacement) return;
    (replacement as { __unwrap?: () => void }).__unwrap?.();
    if (namespace) (holder as Record<PropertyKey, unknown>)[name] = original;
    if (!own) delete (holder as Record<PropertyKey, unknown>)[name];
  };
}

/** What `wrapper` makes of a function that no property holds: what a call returns. Without shimmer's properties, it looks like the original. */
export function wrapFunction(original: Function, wrapper: Wrapper): Function {
  if (isWrapped(original)) return original;
  return marked(wrapper(original) as AnyFunction, original as AnyFunction);
}

function marked<F extends AnyFunction>(wrapped: F, original: F): F {
  mimic(wrapped, original);
  Object.defineProperty(wrapped, WRAPPED, { value: true });
  return wrapped;
}

/**
 * An inherited method, looked up at each call: `node:domain` and apps replace `EventEmitter.prototype.emit` later, and the classes
 * whose `emit` is wrapped have to follow.
 */
function inherited<F extends AnyFunction>(holder: object, name: PropertyKey): F {
  return function (this: unknown) {
    // `arguments`, passed straight on, is the one form that allocates nothing.
    return Object.getPrototypeOf(holder)[name].apply(this, arguments);
  } as F;
}

/** True for a replacement of ours; false for a method that the app has put over it. */
export function isWrapped(method: unknown): boolean {
  return typeof method === 'function' && (method as { [WRAPPED]?: true })[WRAPPED] === true;
}

/** Gives `wrapped` the looks of `original`. For load time only: `defineProperty` costs 0.3 µs. */
export function mimic(wrapped: AnyFunction, original: AnyFunction): void {
  for (const key of Reflect.ownKeys(original)) {
    if (key === 'arguments' || key === 'caller' || key === WRAPPED) continue;
    // Two agents in one process: the marks of the other's shimmer are not the library's properties.
    if (key === '__original' || key === '__unwrap' || key === '__wrapped') continue;
    const own = Object.getOwnPropertyDescriptor(wrapped, key);
    if (own !== undefined && !own.configurable && !own.writable) continue;
    const descriptor = Object.getOwnPropertyDescriptor(original, key) as PropertyDescriptor;
    if (own !== undefined && !own.configurable)
      (wrapped as unknown as Record<PropertyKey, unknown>)[key] = descriptor.value;
    else Object.defineProperty(wrapped, key, descriptor);
  }
  Object.setPrototypeOf(wrapped, Object.getPrototypeOf(original));
}

/**
 * The object that holds the last part of a dotted path, and that part; undefined if it is not a function there. A last part
 * `Symbol(name)` is the holder's own symbol of that description: a library's methods under symbols that it does not export.
 */
export function locate(exports: unknown, path: string): { holder: object; name: PropertyKey } | undefined {
  const parts = path.split('.');
  const last = parts.pop() as string;
  let holder: unknown = exports;
  for (const part of parts) {
    if (holder === undefined || holder === null) return undefined;
    holder = (holder as Record<string, unknown>)[part];
  }
  if ((typeof holder !== 'object' && typeof holder !== 'function') || holder === null) return undefined;
  const name = last.startsWith('Symbol(') ? ownSymbol(holder, last.slice(7, -1)) : last;
  if (name === undefined || typeof (holder as Record<PropertyKey, unknown>)[name] !== 'function')
    return undefined;
  return { holder, name };
}

/** An object's own symbol of that description. */
export function ownSymbol(holder: object, description: string): symbol | undefined {
  return Object.getOwnPropertySymbols(holder).find((symbol) => symbol.description === description);
}
