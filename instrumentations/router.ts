import { define, guarded, mimic, type Point, reportFailure, runIn, scope } from '../src/define.ts';
import { beginStep, type Step, type StepFacts, stepFacts } from '../src/semconv/middleware.ts';
import { servedOf } from '../src/semconv/framework.ts';
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
import { stepping } from './steps.ts';

interface Request {
  baseUrl?: string;
  url: string;
  route?: Route;
}

/** A layer of a router's stack, under the names of router 2 (`handleRequest`), of Express 4.6 (`handle_request`) and before. */
interface Layer {
  match(path: string): unknown;
  handleRequest?: Function;
  handle_request?: Function;
  handle: Function & Partial<Router>;
  /** Of a route's own layers. */
  method?: string;
  route?: unknown;
}

type LayerConstructor = new (path: string | RegExp, options: { end: boolean }, fn: () => void) => Layer;

type Next = (error?: unknown) => unknown;

interface Router {
  stack: Layer[];
}

interface Route {
  path: Path;
  stack?: readonly Layer[];
}

/** Looks at a request on its way to what handles it, and returns what that gets for `next`. */
type Enter = (self: never, request: Request, response: object, next: Next) => Next;

/**
 * By hand, unlike all else: these are on the way of every request, where an array of its arguments would be 72 bytes more each time on Node
 * 20 and 22. The literal below is none to V8's optimizing compiler.
 */
function handling(enter: Enter): (original: Function) => Function {
  return (original) =>
    function (this: unknown, request: Request, response: object, next: Next) {
      let passed = next;
      let lost: ReturnType<typeof lostContext>;
      try {
        passed = enter(this as never, request, response, next);
        lost = lostContext(request);
      } catch (failure) {
        reportFailure('express', failure);
      }
      return lost === undefined
        ? Reflect.apply(original, this, [request, response, passed])
        : runIn(lost, Reflect.apply, original, this, [request, response, passed]);
    };
}

/** `router.use(path, …)`: watches the layers that it has made, if they are below a path. Middleware without one, which is most, stays as it is. */
const use: Omit<Point, 'target'> = {
  before: ({ stack }: Router) => stack?.length ?? 0,
  after({ stack }: Router, [first]: [unknown], error: unknown, _: unknown, before: number) {
    const path = pathOf(first);
    if (error !== undefined || path === undefined || path === '/' || path === '') return;
    for (const layer of stack.slice(before)) watchMount(layer, path);
  },
};

/** The first argument of `use`, if it is a path and not a handler. */
function pathOf(first: unknown): Path | undefined {
  let innermost = first;
  while (Array.isArray(innermost) && innermost.length > 0) innermost = innermost[0];
  return typeof innermost === 'function' ? undefined : (first as Path);
}

function watchMount(layer: Layer, path: Path): void {
  const method = (['handleRequest', 'handle_request', 'handle'] as const).find((name) => name in layer);
  const handle = method && layer[method];
  // Express before 4.6 tells error handlers by their length.
  if (method === undefined || handle === undefined || handle.length > 3) return;
  // What a router passes on, its own routes and mounts have seen.
  const isRouter = Array.isArray(layer.handle.stack);
  const enter: Enter = (_, request, response, next) =>
    enterMount(request, path) && !isRouter ? leavingMount(request, response, next) : next;
  // Not by `replacement`: what all layers share may have one already, for its steps.
  const value = handling(enter)(handle);
  mimic(value as never, handle as never);
  Object.defineProperty(layer, method, { configurable: true, writable: true, value });
}

const leaveMounted = guarded('express', leaveMount);

function leavingMount(request: Request, response: object, next: Next): Next {
  return (error) => {
    leaveMounted(request, response, error);
    return next(error);
  };
}

/** The paths of a route that has several, each with a layer that can tell whether it matches. */
const alternatives = new WeakMap<Route, { template: string; layer: Layer }[]>();

/** `router.route(path)`: prepares the telling apart of several paths. */
const route: Omit<Point, 'target'> = {
  after({ stack }: Router, [path]: [Path], error: unknown, made: Route) {
    if (error !== undefined || !Array.isArray(path)) return;
    const LayerClass = stack[stack.length - 1].constructor as LayerConstructor;
    const layers = flatten(path).map((one) => ({
      template: String(one),
      layer: new LayerClass(one, { end: true }, () => {}),
    }));
    alternatives.set(made, layers);
  },
};

/** The template of a route; of one with several paths the one that matches the request. */
function templateOf(matched: Route, { url }: Request): string {
  const { path } = matched;
  if (typeof path === 'string') return path;
  const question = url.indexOf('?');
  const pathname = question === -1 ? url : url.slice(0, question);
  return alternatives.get(matched)?.find(({ layer }) => layer.match(pathname))?.template ?? String(path);
}

/** `route.dispatch`: called when a route has matched, before its handlers. */
const dispatch: Omit<Point, 'target'> = {
  wrap: handling((matched: Route, request, response, done) =>
    leavingRoute(request, response, enterRoute(request, templateOf(matched, request)), done),
  ),
};

const leaveMatched = guarded(
  'express',
  (request: Request, response: object, outer: string | undefined, error: unknown) => {
    if (isError(error)) noteHandlerError(request, error);
    else leaveRoute(request, response, outer);
  },
);

function leavingRoute(request: Request, response: object, outer: string | undefined, done: Next): Next {
  return (error) => {
    leaveMatched(request, response, outer, error);
    return done(error);
  };
}

/** `layer.handleError`: called for each layer that an error passes. */
const handleError: Omit<Point, 'target'> = {
  before: (_: unknown, [error, request]: [unknown, Request]) => noteHandlerError(request, error),
};

const express = scope('foretrace.express');

/** What only leads to others: Express itself, and apps that are mounted. */
const OWN = new Set(['query', 'expressInit', 'mounted_app']);

const factsOf = new WeakMap<Layer, StepFacts>();

function factsOfLayer(layer: Layer, route: Route | undefined): StepFacts {
  let facts = factsOf.get(layer);
  if (facts === undefined) {
    const { handle } = layer;
    const type =
      handle.length > 3 ? 'error_handler' : isHandler(layer, route) ? 'request_handler' : 'middleware';
    factsOf.set(layer, (facts = stepFacts('express', type, handle.name)));
  }
  return facts;
}

/** The last function that a route has for a method; what comes before it is middleware. */
function isHandler(layer: Layer, route: Route | undefined): boolean {
  return route?.stack?.findLast(({ method }) => method === layer.method) === layer;
}

/** A layer that is called for a request: middleware, or a function of a route. */
function beginLayer(layer: Layer, [request]: [Request]): Step | undefined {
  const { handle } = layer;
  // Handlers of errors are passed by; a route and a router lead to layers of their own.
  if (handle.length > 3 || layer.route !== undefined || Array.isArray(handle.stack) || OWN.has(handle.name))
    return undefined;
  return beginStep(express, servedOf(request), () => factsOfLayer(layer, request.route));
}

function beginErrorHandler(layer: Layer, [, request]: [unknown, Request]): Step | undefined {
  if (layer.handle.length !== 4) return undefined;
  return beginStep(express, servedOf(request), () => factsOfLayer(layer, request.route));
}

const handleLayer: Omit<Point, 'target'> = { wrap: stepping('express', beginLayer, { next: 2 }) };
const handleLayerError: Omit<Point, 'target'> = { wrap: stepping('express', beginErrorHandler, { next: 3 }) };

/** The points of a router, wherever a version has it. */
export const routing = { use, route, dispatch, handleError, handleLayer, handleLayerError };

export default define({
  // Not `router`: to OpenTelemetry's agent that is something beside Express, and without it Express 5 keeps its routes.
  name: 'express',
  neededBy: ['router'],
  module: 'router',
  versions: '>=2 <3',
  spans:
    'none of its own: the route, with all mount prefixes, or the mount path of what answers, and the exception on the server span',
  points: [
    { target: 'prototype.use', ...use },
    { target: 'prototype.route', ...route },
    { file: 'lib/route.js', target: 'prototype.dispatch', ...dispatch },
    { file: 'lib/layer.js', target: 'prototype.handleError', ...handleError },
  ],
  steps: [
    { file: 'lib/layer.js', target: 'prototype.handleRequest', ...handleLayer },
    { file: 'lib/layer.js', target: 'prototype.handleError', ...handleLayerError },
  ],
});
