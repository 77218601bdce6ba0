import {
  define,
  guarded,
  isWrapped,
  type Point,
  promise,
  replacement,
  scope,
  UNTRACED,
} from '../src/define.ts';
import { noteFailure, type Served, servedOf } from '../src/semconv/framework.ts';
import { areStepsWanted, beginStep, stepFacts, type StepFacts } from '../src/semconv/middleware.ts';
import { stepped, stepping } from './steps.ts';

interface App {
  middleware: Function[];
}

interface Context {
  req?: object;
  path?: string;
  originalUrl?: string;
  status?: number;
  body?: unknown;
  /** False: the app answers past Koa. */
  respond?: boolean;
}

/** `app.emit('error', error, ctx)`: what Koa does with an error that nobody caught, and apps with those that they catch. */
function emit(_: unknown, [event, error, context]: [unknown, unknown, Context?]): void {
  if (event === 'error') noteFailure(servedOf(context?.req), error);
}

/** Middleware of an app, or of a router's layer: tells how it fails, whoever answers that. */
export const middleware: Omit<Point, 'target'> = {
  before(_: unknown, [context]: [Context?]) {
    const served = servedOf(context?.req);
    return served?.span === undefined ? UNTRACED : served;
  },
  after(_: unknown, _args: unknown, error: unknown, _result: unknown, served: Served) {
    noteFailure(served, error);
  },
  ends: promise,
};

const koa = scope('foretrace.koa');

/** Middleware that is a step of the request, if that is asked for. What it awaits of others is inside of it. */
export function asStep(given: Function, type: StepFacts['type'] = 'middleware', route?: string): Function {
  if (!areStepsWanted() || isWrapped(given)) return given;
  const facts = stepFacts('koa', type, given.name, route);
  const begin = (_: unknown, [context]: [Context?]) => beginStep(koa, servedOf(context?.req), () => facts);
  return stepped(given, stepping('koa', begin, { next: 1, isAround: true }));
}

const watching = new WeakMap<Function, Function>();

function watched(given: Function): Function {
  let made = watching.get(given);
  // A router's own function tells of failures itself, and stays as it is.
  if (made === undefined) watching.set(given, (made = replacement(asStep(given), middleware, 'koa')));
  return made;
}

/** A view of the array that `use` adds to, later too. The array itself stays the app's: it may look for its functions there. */
const view = (functions: Function[]): Function[] =>
  new Proxy(functions, {
    get(target, key, receiver) {
      const value = Reflect.get(target, key, receiver);
      return typeof value === 'function' && typeof key === 'string' && INDEX.test(key)
        ? watched(value)
        : value;
    },
  });
const INDEX = /^\d+$/;

/** `app.callback()` puts the middleware together: an error that middleware further out answers itself is emitted nowhere. */
const callback: Omit<Point, 'target'> = {
  before(app: App) {
    const own = app.middleware;
    app.middleware = view(own);
    return own;
  },
  after(app: App, _args: unknown, _error: unknown, _result: unknown, own: Function[]) {
    app.middleware = own;
  },
};

export default define({
  name: 'koa',
  module: 'koa',
  versions: '>=2 <4',
  spans: 'none of its own: the exception on the server span; the route comes from the router',
  points: [
    { file: 'lib/application.js', target: 'prototype.emit', before: emit },
    { file: 'lib/application.js', target: 'prototype.callback', ...callback },
  ],
});

/** What the mounts around this one took off the path: their prefixes have no parameters, so the text is the template. */
function outerPrefix({ originalUrl = '', path = '' }: Context): string {
  const [whole] = originalUrl.split('?', 1);
  return path !== '' && whole.endsWith(path) ? whole.slice(0, whole.length - path.length) : '';
}

/** Unless Koa itself answers, with 404. */
const hasAnswered = ({ status, respond, body }: Context): boolean =>
  status !== 404 || respond === false || (body ?? null) !== null;

interface Mounted {
  served: Served;
  template: string;
  hasPassed: boolean;
}

/** Mounted code that has not passed on: its prefix is the route where no router had one. */
const mountedAt = (prefix: string): Omit<Point, 'target'> => ({
  before(_: unknown, args: [Context, () => unknown]) {
    const [context, next] = args;
    const served = servedOf(context?.req);
    if (served?.span === undefined) return UNTRACED;
    const mounted: Mounted = { served, template: outerPrefix(context) + prefix, hasPassed: false };
    args[1] = () => {
      mounted.hasPassed = true;
      return next();
    };
    return mounted;
  },
  after(_: unknown, [context]: [Context], error: unknown, _result: unknown, mounted: Mounted) {
    const { served, template, hasPassed } = mounted;
    noteFailure(served, error);
    if (!hasPassed && (error !== undefined || hasAnswered(context))) served.route ??= template;
  },
  ends: promise,
});

const watchMounted = guarded('koa', (mounted: Function, prefix: unknown) =>
  typeof prefix === 'string' && prefix !== '/'
    ? replacement(mounted, mountedAt(prefix.replace(/\/$/, '')), 'koa')
    : mounted,
);

/** Not by `opens`: without a path `mount` returns what it was given, which has to stay that. */
function mountWrapper(mount: Function): Function {
  return function (this: unknown, ...args: unknown[]) {
    const mounted = Reflect.apply(mount, this, args);
    return watchMounted(mounted, args[0]) ?? mounted;
  };
}

export const koaMount = define({
  name: 'koa',
  module: 'koa-mount',
  versions: '>=3 <5',
  spans: 'none of its own: the mount path as route where no router has one',
  points: [{ target: '', wrap: mountWrapper }],
});
