import { define } from '../src/define.ts';
import { noteFailure } from '../src/semconv/framework.ts';

/** `app.emit('error', error, ctx)`: what Koa does with an error that nobody caught, and apps with those that they catch. */
function emitWrapper(original: Function): Function {
  return function (this: unknown, event: unknown, ...args: unknown[]) {
    if (event === 'error') {
      const request = (args[1] as { req?: object } | undefined)?.req;
      if (request !== undefined) noteFailure(request, args[0]);
    }
    return Reflect.apply(original, this, [event, ...args]);
  };
}

export default define({
  name: 'koa',
  module: 'koa',
  versions: '>=2 <4',
  spans: 'none of its own: the exception on the server span; the route comes from the router',
  points: [{ file: 'lib/application.js', target: 'prototype.emit', wrap: emitWrapper }],
});
