import { define, type Ends, type Point, promise, replacement, UNTRACED } from '../src/define.ts';
import { enterPrefix, lostContext, noteFailure, noteRoute, servedOf } from '../src/semconv/framework.ts';
import { asStep, middleware } from './koa.ts';

interface Layer {
  path: string | RegExp;
  /** Empty for middleware. */
  methods: string[];
}

interface Router {
  stack: (Layer & { stack: Function[] })[];
}

interface Context {
  req: object;
  method: string;
  path: string;
  /** Set by koa-mount. */
  mountPath?: string;
  originalUrl: string;
  /** The layers whose path matched, of all routers so far. */
  matched?: Layer[];
  /** Of the layer that runs; since koa-router 7.2. */
  _matchedRoute?: unknown;
}

/** What koa-mount took off the path: its prefixes have no parameters, so the text is the template. */
function enterMounts({ req, mountPath, originalUrl, path }: Context): void {
  if (mountPath === undefined || mountPath === '/') return;
  const [whole] = originalUrl.split('?', 1);
  const prefix = whole.endsWith(path) ? whole.slice(0, whole.length - path.length) : whole;
  const served = servedOf(req);
  if (prefix.endsWith(mountPath) && served?.mounts === undefined) enterPrefix(served, prefix);
}

/** Before version 10 a nested `/` keeps its slash, which makes no difference for requests. */
function templateOf({ path }: Layer): string {
  if (typeof path !== 'string') return String(path);
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

/** Notes the layer that runs; while that is middleware, the route that it leads to. */
function noteLayer(context: Context): void {
  const { req, matched = [], _matchedRoute: path, method } = context;
  const routes = matched.filter(({ methods }) => methods.includes(method));
  const layer = routes.find((route) => route.path === path) ?? routes[routes.length - 1];
  if (layer === undefined) return;
  enterMounts(context);
  noteRoute(servedOf(req), templateOf(layer));
}

/** What ran is known when the first of it has returned, and again before Koa answers. A request that nothing matched is left alone. */
const passed: Ends = {
  watch(result, ending, self, args) {
    const [context] = args as [Context];
    if (ending === UNTRACED || context.matched === undefined || context.matched.length === 0) return result;
    noteLayer(context);
    return promise.watch?.(result, ending, self, args);
  },
};

/** The middleware that `router.routes()` returns. */
const dispatch: Omit<Point, 'target'> = {
  before: (_: unknown, [{ req }]: [Context]) => (servedOf(req)?.span === undefined ? UNTRACED : undefined),
  context: (_: unknown, [{ req }]: [Context]) => lostContext(req),
  ends: passed,
  after(_: unknown, [context]: [Context], error: unknown) {
    noteLayer(context);
    noteFailure(servedOf(context.req), error);
  },
};

/** `router.register(path, methods, middleware)`, of routes and of `use`: the router's own middleware may answer an error. */
const register: Omit<Point, 'target'> = {
  after({ stack }: Router, _: unknown, error: unknown) {
    if (error !== undefined) return;
    const layer = stack[stack.length - 1];
    const functions = layer.stack;
    // What comes before the last function of a route is middleware, as is all of `use`.
    const handler = layer.methods.length > 0 ? functions.length - 1 : -1;
    for (const [i, one] of functions.entries()) {
      const step = asStep(one, i === handler ? 'request_handler' : 'middleware', templateOf(layer));
      functions[i] = replacement(step, middleware, 'koa-router');
    }
  },
};

const routes: Omit<Point, 'target'> = { opens: [{ target: '', ...dispatch }] };

const spans = 'none of its own: the route, with all prefixes, and the exception on the server span';

/** Until 12 `routes` and `middleware` are two names of one function, from 13 on the one calls the other. */
const points: Point[] = [
  { file: 'lib/router.js', target: 'prototype.register', versions: '<15', ...register },
  { file: 'lib/router.js', target: 'prototype.routes', versions: '<13', ...routes },
  { file: 'lib/router.js', target: 'prototype.middleware', versions: '<15', ...routes },
];

export default define({
  name: 'koa-router',
  aliases: ['koa'],
  module: '@koa/router',
  versions: '>=8 <16',
  esm: true,
  spans,
  points: [
    ...points,
    { target: 'Router.prototype.register', versions: '>=15', ...register },
    { target: 'Router.prototype.middleware', versions: '>=15', ...routes },
  ],
});

/** The same code under its older name. */
export const koaRouter = define({
  name: 'koa-router',
  aliases: ['koa'],
  module: 'koa-router',
  versions: '>=7 <15',
  spans,
  points,
});
