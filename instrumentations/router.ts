import { callIn, define, guarded } from '../src/define.ts';
import {
  lostContext,
  enterMount,
  enterRoute,
  flatten,
  isError,
  leaveMount,
  leaveRoute,
  noteHandlerError,
  type Path,
} from '../src/semconv/route.ts';

interface Request {
  baseUrl?: string;
  url: string;
  route?: Route;
}

/** A layer of a router's stack, under the names of router 2 (`handleRequest`), of Express 4.6 (`handle_request`) and before. */
interface Layer {
  path?: string;
  match(path: string): unknown;
  handleRequest?: Handle;
  handle_request?: Handle;
  handle: Handle;
}

type Next = (error?: unknown) => unknown;
type Handle = (this: Layer, request: Request, response: unknown, next: Next) => unknown;

interface Router {
  stack: Layer[];
}

interface Route {
  path: Path;
}

const mount = guarded('router', (router: Router, from: number, first: unknown) => {
  const path = pathOf(first);
  if (path === undefined || path === '/' || path === '') return;
  for (const layer of router.stack.slice(from)) {
    const method = (['handleRequest', 'handle_request', 'handle'] as const).find((name) => name in layer);
    const handle = method && layer[method];
    // Express before 4.6 tells error handlers by their length.
    if (method === undefined || handle === undefined || handle.length > 3) continue;
    // What a router passes on, its own routes and mounts have seen.
    const isRouter = Array.isArray((layer.handle as Partial<Router>).stack);
    // On the one layer that is a mount: middleware without a path, which is most, stays as it is.
    Object.defineProperty(layer, method, {
      configurable: true,
      writable: true,
      value: function (this: Layer, request: Request, response: object, next: Next) {
        const recorded = enter(request, path);
        const passed = isRouter || recorded !== true ? next : leavingMount(request, response, next);
        return Reflect.apply(handle, this, [request, response, passed]);
      },
    });
  }
});

const enter = guarded('router', enterMount);
const leaveMounted = guarded('router', leaveMount);

function leavingMount(request: Request, response: object, next: Next): Next {
  return (error) => {
    leaveMounted(request, response, error);
    return next(error);
  };
}

/** The first argument of `use`, if it is a path and not a handler. */
function pathOf(first: unknown): Path | undefined {
  let innermost = first;
  while (Array.isArray(innermost) && innermost.length > 0) innermost = innermost[0];
  return typeof innermost === 'function' ? undefined : (first as Path);
}

/** `router.use(path, …)`: remembers the path of what it mounts. */
export function useWrapper(original: Function): Function {
  return function (this: Router, ...args: unknown[]) {
    const from = this.stack?.length ?? 0;
    const result = Reflect.apply(original, this, args);
    mount(this, from, args[0]);
    return result;
  };
}

/** The paths of a route that has several, each with a layer that can tell whether it matches. */
const alternatives = new WeakMap<Route, { template: string; layer: Layer }[]>();

const noteAlternatives = guarded('router', (router: Router, route: Route) => {
  const { path } = route;
  if (typeof path === 'string' || path instanceof RegExp) return;
  const LayerClass = router.stack[router.stack.length - 1].constructor as LayerConstructor;
  const layers = flatten(path).map((one) => ({
    template: String(one),
    layer: new LayerClass(one, { end: true }, () => {}),
  }));
  alternatives.set(route, layers);
});

type LayerConstructor = new (path: string | RegExp, options: { end: boolean }, fn: () => void) => Layer;

/** `router.route(path)`: prepares the telling apart of several paths. */
export function routeWrapper(original: Function): Function {
  return function (this: Router, ...args: unknown[]) {
    const route = Reflect.apply(original, this, args);
    if (Array.isArray(args[0])) noteAlternatives(this, route);
    return route;
  };
}

/** The template of a route; of one with several paths the one that matches the request. */
function templateOf(route: Route, { url }: Request): string {
  const { path } = route;
  if (typeof path === 'string') return path;
  const question = url.indexOf('?');
  const pathname = question === -1 ? url : url.slice(0, question);
  return alternatives.get(route)?.find(({ layer }) => layer.match(pathname))?.template ?? String(path);
}

const enterTemplate = guarded('router', (route: Route, request: Request) =>
  enterRoute(request, templateOf(route, request)),
);

const leave = guarded(
  'router',
  (request: Request, response: object, outer: string | undefined, error: unknown) => {
    if (isError(error)) noteHandlerError(request, error);
    else leaveRoute(request, response, outer);
  },
);

/** `route.dispatch`: called when a route has matched, before its handlers. */
export function dispatchWrapper(original: Function): Function {
  return function (this: Route, request: Request, response: object, done: Next) {
    const outer = enterTemplate(this, request);
    const passed = (error?: unknown): unknown => {
      leave(request, response, outer, error);
      return done(error);
    };
    const lost = lostContext(request);
    if (lost !== undefined) return callIn(lost, original, this, [request, response, passed]);
    return Reflect.apply(original, this, [request, response, passed]);
  };
}

const note = guarded('router', noteHandlerError);

/** `layer.handleError`: called for each layer that an error passes. */
export function errorWrapper(original: Function): Function {
  return function (this: Layer, error: unknown, request: Request, response: unknown, next: unknown) {
    note(request, error);
    return Reflect.apply(original, this, [error, request, response, next]);
  };
}

export default define({
  // Not `router`: to OpenTelemetry's agent that is something beside Express, and without it Express 5 keeps its routes.
  name: 'express',
  neededBy: ['router'],
  module: 'router',
  versions: '>=2 <3',
  spans:
    'none of its own: the route, with all mount prefixes, or the mount path of what answers, and the exception on the server span',
  points: [
    { target: 'prototype.use', wrap: useWrapper },
    { target: 'prototype.route', wrap: routeWrapper },
    { file: 'lib/route.js', target: 'prototype.dispatch', wrap: dispatchWrapper },
    { file: 'lib/layer.js', target: 'prototype.handleError', wrap: errorWrapper },
  ],
});
