import { callIn, define, guarded, observePromise, type Point, wrap } from '../src/define.ts';
import { enterPrefix, lostContext, noteFailure, noteRoute, servedOf } from '../src/semconv/framework.ts';
import { middlewareWrapper } from './koa.ts';

interface Layer {
  path: string | RegExp;
  /** Empty for middleware. */
  methods: string[];
}

interface Router {
  stack: { stack: Function[] }[];
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
const noteLayer = guarded('koa-router', (context: Context) => {
  const { req, matched, _matchedRoute: path, method } = context;
  if (matched === undefined) return;
  const routes = matched.filter(({ methods }) => methods.includes(method));
  const layer = routes.find((route) => route.path === path) ?? routes[routes.length - 1];
  if (layer === undefined) return;
  enterMounts(context);
  noteRoute(servedOf(req), templateOf(layer));
});

/** The middleware that `router.routes()` returns. Its promise has passed before Koa answers, so what ran is known in time. */
function dispatchWrapper(original: Function): Function {
  return function (this: unknown, context: Context, next: unknown) {
    const lost = lostContext(context.req);
    const result =
      lost === undefined
        ? Reflect.apply(original, this, [context, next])
        : callIn(lost, original, this, [context, next]);
    if (context.matched === undefined || context.matched.length === 0) return result;
    noteLayer(context);
    return observePromise(result, (error) => {
      noteLayer(context);
      noteFailure(servedOf(context.req), error);
    });
  };
}

function routesWrapper(original: Function): Function {
  return function (this: unknown, ...args: unknown[]) {
    const holder = { dispatch: Reflect.apply(original, this, args) };
    wrap(holder, 'dispatch', dispatchWrapper as never);
    return holder.dispatch;
  };
}

const watchLayer = guarded('koa-router', ({ stack }: Router) => {
  const functions = stack[stack.length - 1].stack;
  for (const index of functions.keys()) wrap(functions, String(index), middlewareWrapper as never);
});

/** `router.register(path, methods, middleware)`, of routes and of `use`: the router's own middleware may answer an error. */
function registerWrapper(original: Function): Function {
  return function (this: Router, ...args: unknown[]) {
    const result = Reflect.apply(original, this, args);
    watchLayer(this);
    return result;
  };
}

const spans = 'none of its own: the route, with all prefixes, and the exception on the server span';

/** Until 12 `routes` and `middleware` are two names of one function, from 13 on the one calls the other. */
const points: Point[] = [
  { file: 'lib/router.js', target: 'prototype.register', versions: '<15', wrap: registerWrapper },
  { file: 'lib/router.js', target: 'prototype.routes', versions: '<13', wrap: routesWrapper },
  { file: 'lib/router.js', target: 'prototype.middleware', versions: '<15', wrap: routesWrapper },
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
    { target: 'Router.prototype.register', versions: '>=15', wrap: registerWrapper },
    { target: 'Router.prototype.middleware', versions: '>=15', wrap: routesWrapper },
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
