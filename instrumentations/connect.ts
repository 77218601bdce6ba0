import { callIn, define, guarded, wrap } from '../src/define.ts';
import { lostContext, noteFailure, servedOf } from '../src/semconv/framework.ts';
import { answeredRoute } from '../src/semconv/mounts.ts';

interface App {
  stack: { route: string; handle: Function }[];
}

/** Goes below a mount path, which is all the route that there is in connect; undone when the handler passes on, unless with an error. */
const enter = guarded('connect', (request: object, route: string): (() => void) | undefined => {
  const served = servedOf(request);
  if (route === '' || served?.span === undefined) return undefined;
  const before = served.route;
  served.route = (before ?? answeredRoute(served, 0) ?? '') + route;
  return () => {
    served.route = before;
  };
});

function handlerWrapper(route: string): (original: Function) => Function {
  return (original) =>
    function (this: unknown, request: object, response: unknown, next: (error?: unknown) => unknown) {
      const leave = enter(request, route);
      const pass = (error?: unknown): unknown => {
        noteFailure(servedOf(request), error);
        if (error === undefined || error === null) leave?.();
        return next(error);
      };
      try {
        const lost = lostContext(request);
        if (lost !== undefined) return callIn(lost, original, this, [request, response, pass]);
        return Reflect.apply(original, this, [request, response, pass]);
      } catch (error) {
        noteFailure(servedOf(request), error);
        throw error;
      }
    };
}

/** `app.use(…)`: handlers of errors, which take four arguments, have nothing to tell. */
function useWrapper(original: Function): Function {
  return function (this: App, ...args: unknown[]) {
    const result = Reflect.apply(original, this, args);
    const layer = this.stack[this.stack.length - 1];
    if (layer?.handle.length < 4) wrap(layer, 'handle', handlerWrapper(layer.route) as never);
    return result;
  };
}

function factoryWrapper(original: Function): Function {
  return function (this: unknown, ...args: unknown[]) {
    const app = Reflect.apply(original, this, args);
    wrap(app, 'use', useWrapper as never);
    return app;
  };
}

export default define({
  name: 'connect',
  module: 'connect',
  versions: '>=3 <4',
  spans: 'none of its own: the mount path as route, and the exception on the server span',
  points: [{ target: '', wrap: factoryWrapper }],
});
