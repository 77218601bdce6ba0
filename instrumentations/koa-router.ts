import { define, guarded, type Instrumentation, observePromise, wrap } from '../src/define.ts';
import { servedOf } from '../src/semconv/http-server.ts';
import { callForRequest, enterPrefix, noteFailure, noteRoute } from '../src/semconv/framework.ts';

interface Layer {
  path: string | RegExp;
  /** Empty for middleware. */
  methods: string[];
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
  const question = originalUrl.indexOf('?');
  const whole = question === -1 ? originalUrl : originalUrl.slice(0, question);
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
    const result = callForRequest(context.req, original, this, [context, next]);
    if (context.matched === undefined || context.matched.length === 0) return result;
    noteLayer(context);
    return observePromise(result, (error) => {
      noteLayer(context);
      noteFailure(context.req, error);
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

const common = {
  name: 'koa-router',
  spans: 'none of its own: the route, with all prefixes, and the exception on the server span',
  esm: true,
} satisfies Partial<Instrumentation>;

const old = { file: 'lib/router.js', wrap: routesWrapper };

export default define({
  ...common,
  module: '@koa/router',
  versions: '>=8 <16',
  points: [
    { ...old, target: 'prototype.routes', versions: '<13' },
    { ...old, target: 'prototype.middleware', versions: '<15' },
    { target: 'Router.prototype.middleware', versions: '>=15', wrap: routesWrapper },
  ],
});

/** The same code under its older name. */
export const koaRouter = define({
  ...common,
  module: 'koa-router',
  versions: '>=7 <15',
  esm: false,
  points: [
    { ...old, target: 'prototype.routes', versions: '<13' },
    { ...old, target: 'prototype.middleware', versions: '<15' },
  ],
});
