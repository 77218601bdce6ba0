import { define, guarded, isWrapped, mimic, observePromise, wrap } from '../src/define.ts';
import { noteFailure, servedOf } from '../src/semconv/framework.ts';

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

const note = guarded('koa', ({ req }: Context, error: unknown) => {
  if (req !== undefined) noteFailure(servedOf(req), error);
});

/** `app.emit('error', error, ctx)`: what Koa does with an error that nobody caught, and apps with those that they catch. */
function emitWrapper(original: Function): Function {
  return function (this: unknown, event: unknown, ...args: unknown[]) {
    if (event === 'error') note((args[1] ?? {}) as Context, args[0]);
    return Reflect.apply(original, this, [event, ...args]);
  };
}

/** Middleware of an app, or of a router's layer: tells how it fails, whoever answers that. */
export function middlewareWrapper(original: Function): Function {
  return function (this: unknown, context: Context, next: unknown) {
    const args = [context, next];
    if (context?.req === undefined || servedOf(context.req)?.span === undefined)
      return Reflect.apply(original, this, args);
    let result: unknown;
    try {
      // From here, not by a settling function: each function between is a line of ten in the stacks of the app's errors.
      result = Reflect.apply(original, this, args);
    } catch (error) {
      note(context, error);
      throw error;
    }
    return observePromise(result, (error) => note(context, error));
  };
}

const watching = new WeakMap<Function, Function>();

function watched(middleware: Function): Function {
  let wrapped = watching.get(middleware);
  if (wrapped === undefined) {
    wrapped = middlewareWrapper(middleware);
    mimic(wrapped as never, middleware as never);
    watching.set(middleware, wrapped);
  }
  return wrapped;
}

/** A view of the array that `use` adds to, later too. The array itself stays the app's: it may look for its functions there. */
const view = guarded(
  'koa',
  (middleware: Function[]) =>
    new Proxy(middleware, {
      get(target, key, receiver) {
        const value = Reflect.get(target, key, receiver);
        if (typeof value !== 'function' || typeof key !== 'string' || !INDEX.test(key)) return value;
        // A router's own function tells of failures itself.
        return isWrapped(value) ? value : watched(value);
      },
    }),
);
const INDEX = /^\d+$/;

/** `app.callback()` puts the middleware together: an error that middleware further out answers itself is emitted nowhere. */
function callbackWrapper(original: Function): Function {
  return function (this: App, ...args: unknown[]) {
    const { middleware } = this;
    this.middleware = view(middleware) ?? middleware;
    try {
      return Reflect.apply(original, this, args);
    } finally {
      this.middleware = middleware;
    }
  };
}

export default define({
  name: 'koa',
  module: 'koa',
  versions: '>=2 <4',
  spans: 'none of its own: the exception on the server span; the route comes from the router',
  points: [
    { file: 'lib/application.js', target: 'prototype.emit', wrap: emitWrapper },
    { file: 'lib/application.js', target: 'prototype.callback', wrap: callbackWrapper },
  ],
});

/** What the mounts around this one took off the path: their prefixes have no parameters, so the text is the template. */
function outerPrefix({ originalUrl = '', path = '' }: Context): string {
  const [whole] = originalUrl.split('?', 1);
  return path !== '' && whole.endsWith(path) ? whole.slice(0, whole.length - path.length) : '';
}

/** Mounted code that has not passed on: its prefix is the route where no router had one, unless Koa itself answers with 404. */
const noteMount = guarded('koa', (context: Context, template: string, error: unknown) => {
  const served = context.req && servedOf(context.req);
  const hasAnswered = context.status !== 404 || context.respond === false || (context.body ?? null) !== null;
  if (served !== undefined && (hasAnswered || error !== undefined)) served.route ??= template;
});

const outerOf = guarded('koa', outerPrefix);

function mountedWrapper(prefix: string): (original: Function) => Function {
  return (original) =>
    function (this: unknown, context: Context, next: () => unknown) {
      if (context?.req === undefined || servedOf(context.req)?.span === undefined)
        return Reflect.apply(original, this, [context, next]);
      const template = outerOf(context) + prefix;
      let hasPassed = false;
      const pass = (): unknown => {
        hasPassed = true;
        return next();
      };
      return observePromise(Reflect.apply(original, this, [context, pass]), (error) => {
        if (error !== undefined) note(context, error);
        if (!hasPassed) noteMount(context, template, error);
      });
    };
}

function mountWrapper(original: Function): Function {
  return function (this: unknown, ...args: unknown[]) {
    const mounted = Reflect.apply(original, this, args);
    const [prefix] = args;
    if (typeof prefix !== 'string' || prefix === '/') return mounted;
    const holder = { mounted };
    wrap(holder, 'mounted', mountedWrapper(prefix.replace(/\/$/, '')) as never);
    return holder.mounted;
  };
}

export const koaMount = define({
  name: 'koa',
  module: 'koa-mount',
  versions: '>=3 <5',
  spans: 'none of its own: the mount path as route where no router has one',
  points: [{ target: '', wrap: mountWrapper }],
});
