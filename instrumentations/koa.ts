import { define, guarded, promise, wrap } from '../src/define.ts';
import { noteFailure, servedOf } from '../src/semconv/framework.ts';

interface App {
  middleware: Function[];
}

interface Context {
  req?: object;
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
    return promise(original, this, args, (error) => note(context, error));
  };
}

const watchLast = guarded('koa', ({ middleware }: App) => {
  wrap(middleware, String(middleware.length - 1), middlewareWrapper as never);
});

/** `app.use(middleware)`: an error that middleware further out answers itself is emitted nowhere. */
function useWrapper(original: Function): Function {
  return function (this: App, ...args: unknown[]) {
    const result = Reflect.apply(original, this, args);
    watchLast(this);
    return result;
  };
}

export default define({
  name: 'koa',
  module: 'koa',
  versions: '>=2 <4',
  spans: 'none of its own: the exception on the server span; the route comes from the router',
  points: [
    { file: 'lib/application.js', target: 'prototype.emit', wrap: emitWrapper },
    { file: 'lib/application.js', target: 'prototype.use', wrap: useWrapper },
  ],
});
