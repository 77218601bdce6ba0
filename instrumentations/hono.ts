import { define, isWrapped, type Point, promise, replacement, scope, UNTRACED } from '../src/define.ts';
import { activeServed, enterPrefix, noteFailure, noteRoute, type Served } from '../src/semconv/framework.ts';
import { areStepsWanted, beginStep, stepFacts } from '../src/semconv/middleware.ts';
import { stepped, stepping } from './steps.ts';

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

/** A handler tells its route; middleware has one only if it answers itself. Both tell how they fail. */
const handlerAt = (path: string, isMiddleware: boolean): Omit<Point, 'target'> => ({
  before() {
    const served = activeServed();
    if (served?.span === undefined) return UNTRACED;
    if (!isMiddleware) noteRoute(served, path);
    return served;
  },
  after(_: unknown, [context]: [Context], error: unknown, result: unknown, served: Served) {
    noteFailure(served, error ?? context.error);
    if (isMiddleware) noteAnswer(served, path, error, result);
  },
  ends: promise,
});

const hono = scope('foretrace.hono');

function asStep(given: Handler, path: string, isMiddleware: boolean): Handler {
  if (!areStepsWanted()) return given;
  const facts = stepFacts('hono', isMiddleware ? 'middleware' : 'request_handler', given.name, path);
  const begin = () => beginStep(hono, activeServed(), () => facts);
  return stepped(given, stepping('hono', begin, { next: 1, isAround: true }));
}

/** `router.add(method, path, [handler, route])`. A SmartRouter hands the same entries on to the routers inside. */
function add(_: unknown, args: [method: string, path: string, entry: Entry]): void {
  const [, , entry] = args;
  if (!Array.isArray(entry) || typeof entry[0] !== 'function' || isWrapped(entry[0])) return;
  const [handler, route] = entry;
  // Middleware by Hono's own rule: for all methods, and with a parameter for `next`.
  const isMiddleware = route.method === 'ALL' && handler.length > 1;
  // A copy: the route object, which apps can list, keeps the handler as it is.
  args[2] = entry.with(
    0,
    replacement(asStep(handler, route.path, isMiddleware), handlerAt(route.path, isMiddleware), 'hono'),
  ) as Entry;
}

/** `app.mount(path, handler)`: another app below the path, which sees paths without it. */
function mount({ _basePath }: { _basePath?: string }, args: [path: string, handler: Function]): void {
  const [path, handler] = args;
  if (typeof handler !== 'function') return;
  const prefix = `${_basePath ?? ''}/${path}`.replaceAll(/\/+/g, '/');
  const mounted: Omit<Point, 'target'> = {
    before() {
      const served = activeServed();
      return served?.span === undefined ? UNTRACED : enterPrefix(served, prefix);
    },
    after(_: unknown, _args: unknown, _error: unknown, _result: unknown, leave: () => void) {
      leave();
    },
    ends: promise,
  };
  args[1] = replacement(handler, mounted, 'hono');
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
    { file: `${build}/hono-base.js`, target: 'HonoBase.prototype.mount', before: mount },
    ...routers.map(([folder, className]) => ({
      file: `${build}/router/${folder}/router.js`,
      target: `${className}.prototype.add`,
      before: add,
    })),
  ]),
});
