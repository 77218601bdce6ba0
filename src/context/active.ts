import type { Context as ApiContext, Span as ApiSpan } from '@opentelemetry/api';
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Baggage } from '@opentelemetry/api';
import { standsFor } from '../trace/stand-in.ts';
import { ALL, NONE } from './layers.ts';
import { BAGGAGE_KEY, Context, ROOT, SPAN_KEY, SUPPRESS_KEY } from './context.ts';

/** The agent's only AsyncLocalStorage: each further one costs 45 ns per promise on Node 20 and 22. */
const storage = new AsyncLocalStorage<Context>();

/** What is active outside of any: see {@link setGround}. */
let ground = ROOT;

/**
 * The context of all that runs outside of any. A variable and not one more entered context: what a preload enters is left again before
 * the app's entry runs, and what the app starts at first would keep it for ever.
 */
export function setGround(context: Context): void {
  ground = context;
}

/** The active context; outside of any, that of what started this process or thread while it counts, else ROOT. */
export function active(): Context {
  return storage.getStore() ?? ground;
}

/** The active context; undefined outside of any. */
export function current(): Context | undefined {
  return storage.getStore();
}

/** Makes `context` (or none) active for the rest of the current synchronous execution and all that starts in it. */
export function attach(context: Context | undefined): void {
  storage.enterWith(context as Context);
}

/** Calls `fn` with `context` active. */
export function run<A extends unknown[], R>(context: Context, fn: (...args: A) => R, ...args: A): R {
  return storage.run(context, fn, ...args);
}

/**
 * `runIn(context, Reflect.apply, fn, self, args)` calls a function of the app's with `context` active, or outside of any if that is
 * undefined. Bound, since a function of ours around it would be one more frame in the stacks of the app's errors.
 */
export const runIn: <R>(
  context: Context | undefined,
  apply: (fn: Function, self: unknown, args: ArrayLike<unknown>) => R,
  fn: Function,
  self: unknown,
  args: ArrayLike<unknown>,
) => R = storage.run.bind(storage) as never;

/** Calls `fn` outside of any context: for what outlives a request (connections, timers of pools). */
export function outside<R>(fn: () => R): R {
  // `exit` takes the promise hook away and puts it back: 1.2 µs on Node 20 and 22, this 0.05.
  return storage.run(undefined as never, fn);
}

/** Calls an app's callback as a function of the app, in `context` if that is not active already. */
export function callIn(context: Context, fn: Function, self: unknown, args: ArrayLike<unknown>): unknown {
  if (active() === context) return Reflect.apply(fn, self, args);
  return storage.run(context, Reflect.apply, fn, self, args);
}

/** Our form of any context of the API. */
export function adopt(context: ApiContext): Context {
  if (context instanceof Context) return context;
  if (typeof context?.getValue !== 'function') return ROOT;
  return new Context(
    standsFor(context.getValue(SPAN_KEY) as ApiSpan | undefined),
    active().entry,
    context.getValue(BAGGAGE_KEY) as Baggage | undefined,
    context.getValue(SUPPRESS_KEY) === true ? ALL : NONE,
    foreignValues(context),
    context,
  );
}

/** Values of a foreign context are asked for one by one: its storage is private. */
function foreignValues(context: ApiContext): ReadonlyMap<symbol, unknown> {
  const inner = (context as { _currentContext?: ReadonlyMap<symbol, unknown> })._currentContext;
  return inner instanceof Map ? inner : new Map();
}

/**
 * A callback of the app that runs in the context of now, wherever it is called from.
 *
 * A function of its own, because a closure made inside a wrapper that also has its arguments as an array kept 2.5 KB of
 * each request alive past two scavenges (V8 on Node 24: 9 % of the allocated bytes survived instead of 3 %, and new space grew to 128 MB).
 */
export function bind(callback: Function): Function {
  const context = active();
  return function (this: unknown, ...args: unknown[]): unknown {
    return callIn(context, callback, this, args);
  };
}
