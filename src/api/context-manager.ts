import type { Context as ApiContext, ContextManager } from '@opentelemetry/api';
import type { EventEmitter } from 'node:events';
import { active, adopt, attach, run } from '../context/active.ts';
import { ROOT } from '../context/context.ts';

type Listener = (...args: unknown[]) => void;

/** The API's `ContextManager` over our storage; implements `attach` of API 1.10. */
export const contextManager: ContextManager = {
  active(): ApiContext {
    const context = active();
    return context.foreign ?? context;
  },

  with(context, fn, thisArg, ...args) {
    const bound = thisArg === undefined || thisArg === null ? fn : fn.bind(thisArg);
    return run(adopt(context), bound as (...args: unknown[]) => ReturnType<typeof fn>, ...args);
  },

  bind<T>(context: ApiContext, target: T): T {
    if (typeof target === 'function') return bindFunction(context, target) as T;
    if (isEmitter(target)) return bindEmitter(context, target) as T;
    return target;
  },

  attach(context) {
    const previous = active();
    attach(adopt(context));
    let disposed = false;
    return {
      dispose() {
        if (disposed) return;
        disposed = true;
        attach(previous);
      },
    };
  },

  enable() {
    return this;
  },

  disable() {
    attach(ROOT);
    return this;
  },
};

function bindFunction(context: ApiContext, target: Function): Function {
  const adopted = adopt(context);
  const bound = function (this: unknown, ...args: unknown[]): unknown {
    return run(adopted, () => Reflect.apply(target, this, args));
  };
  Object.defineProperty(bound, 'length', { configurable: true, value: target.length });
  return bound;
}

function isEmitter(target: unknown): target is EventEmitter {
  return (
    typeof target === 'object' &&
    target !== null &&
    typeof (target as EventEmitter).on === 'function' &&
    typeof (target as EventEmitter).removeListener === 'function'
  );
}

/**
 * Listeners added from now on run in `context`. An app asked for this through the API; the agent itself never binds an
 * emitter, since it changes what `listeners()` returns.
 */
function bindEmitter(context: ApiContext, emitter: EventEmitter): EventEmitter {
  const bound = new WeakMap<Listener, Listener>();
  for (const method of ['on', 'addListener', 'once', 'prependListener', 'prependOnceListener'] as const) {
    const original = emitter[method];
    if (typeof original !== 'function') continue;
    emitter[method] = function (this: EventEmitter, event: string, listener: Listener) {
      // What is no function is Node's to refuse.
      if (typeof listener !== 'function') return Reflect.apply(original, this, [event, listener]);
      let wrapped = bound.get(listener);
      if (wrapped === undefined) {
        wrapped = bindFunction(context, listener) as Listener;
        // `once` calls `on` with its own wrapper; removal looks for the listener under this name.
        Object.defineProperty(wrapped, 'listener', {
          configurable: true,
          value: (listener as { listener?: Listener }).listener ?? listener,
        });
        bound.set(listener, wrapped);
      }
      return Reflect.apply(original, this, [event, wrapped]);
    } as typeof original;
  }
  for (const method of ['off', 'removeListener'] as const) {
    const original = emitter[method];
    if (typeof original !== 'function') continue;
    emitter[method] = function (this: EventEmitter, event: string, listener: Listener) {
      return Reflect.apply(original, this, [event, bound.get(listener) ?? listener]);
    } as typeof original;
  }
  return emitter;
}
