import { define, guarded, observePromise, type Point } from '../src/define.ts';
import { activeServed, enterPrefix, noteFailure, noteRoute, type Served } from '../src/semconv/framework.ts';

type Handler = (context: Context, next: unknown) => unknown;

interface Context {
  /** An error that the app's `onError` has answered. */
  error?: unknown;
}

/** What Hono gives its router for each handler. */
type Entry = [handler: Handler, route: { path: string; method: string }];

/** A path that says nothing: middleware for all requests has it. */
const EVERYTHING = /^\/?\*?$/;

/** Middleware that answers or fails, where no route did: its path is the route, unless what it found out is that there is nothing. */
function noteAnswer(served: Served, path: string, error: unknown, result: unknown): void {
  if (served.route !== undefined || EVERYTHING.test(path)) return;
  const answered = result instanceof Response && result.status !== 404;
  if (answered || error !== undefined) noteRoute(served, path);
}

/**
 * A handler that tells its route, or middleware, which has one only if it answers itself; both tell how they fail. The handler is called from here and not by a
 * settling function: each function between is a line of ten in the stacks of the app's errors.
 */
function traced(handler: Handler, path: string, isMiddleware: boolean): Handler {
  return function (this: unknown, context, next) {
    const served = activeServed();
    if (served?.span === undefined) return Reflect.apply(handler, this, [context, next]);
    if (!isMiddleware) noteRoute(served, path);
    const settled = (error: unknown, value?: unknown): void => {
      noteFailure(served, error ?? context.error);
      if (isMiddleware) noteAnswer(served, path, error, value);
    };
    let result: unknown;
    try {
      result = Reflect.apply(handler, this, [context, next]);
    } catch (error) {
      settled(error);
      throw error;
    }
    return observePromise(result, settled);
  };
}

const known = new WeakSet<object>();

const entryFor = guarded('hono', (entry: Entry): Entry => {
  if (!Array.isArray(entry) || typeof entry[0] !== 'function' || known.has(entry)) return entry;
  const [handler, route, ...rest] = entry;
  // Middleware by Hono's own rule: for all methods, and with a parameter for `next`.
  const isMiddleware = route.method === 'ALL' && handler.length > 1;
  // The route object, which apps can list, keeps the handler as it is.
  const result: unknown[] = [traced(handler, route.path, isMiddleware), route, ...rest];
  known.add(result);
  return result as Entry;
});

/** `router.add(method, path, [handler, route])`. A SmartRouter hands the same entries on to the routers inside. */
function addWrapper(original: Function): Function {
  return function (this: unknown, method: string, path: string, entry: Entry) {
    return Reflect.apply(original, this, [method, path, entryFor(entry) ?? entry]);
  };
}

/** `app.mount(path, handler)`: another app below the path, which sees paths without it. */
function mountWrapper(original: Function): Function {
  return function (this: { _basePath?: string }, path: string, handler: Function, ...rest: unknown[]) {
    const prefix = `${this._basePath ?? ''}/${path}`.replaceAll(/\/+/g, '/');
    const mounted = function (this: unknown, ...args: unknown[]): unknown {
      const leave = enterPrefix(activeServed(), prefix);
      let result: unknown;
      try {
        result = Reflect.apply(handler, this, args);
      } catch (error) {
        leave();
        throw error;
      }
      return observePromise(result, leave);
    };
    return Reflect.apply(original, this, [path, mounted, ...rest]);
  };
}

const routers: [folder: string, className: string][] = [
  ['smart-router', 'SmartRouter'],
  ['reg-exp-router', 'RegExpRouter'],
  ['trie-router', 'TrieRouter'],
  ['linear-router', 'LinearRouter'],
  ['pattern-router', 'PatternRouter'],
];

export default define({
  name: 'hono',
  module: 'hono',
  versions: '>=4 <5',
  esm: true,
  spans:
    'none of its own: the route, with all prefixes, and the exception on the server span (Node.js server)',
  points: ['dist', 'dist/cjs'].flatMap((build): Point[] => [
    { file: `${build}/hono-base.js`, target: 'HonoBase.prototype.mount', wrap: mountWrapper },
    ...routers.map(([folder, className]) => ({
      file: `${build}/router/${folder}/router.js`,
      target: `${className}.prototype.add`,
      wrap: addWrapper,
    })),
  ]),
});
