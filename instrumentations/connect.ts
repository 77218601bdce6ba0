import { define, type Point, replacement } from '../src/define.ts';
import { enterPath, lostContext, noteFailure, servedOf } from '../src/semconv/framework.ts';

interface Layer {
  route: string;
  handle: Function;
}

type Handled = [request: object, response: object, next: () => unknown];

const handler = (route: string): Omit<Point, 'target'> => ({
  before: (_: unknown, args: Handled) => void (args[2] = enterPath(servedOf(args[0]), route, args[2])),
  after: (_: unknown, [request]: Handled, error: unknown) => noteFailure(servedOf(request), error),
  context: (_: unknown, [request]: Handled) => lostContext(request),
});

/** `app.use(…)`: handlers of errors, which take four arguments, have nothing to tell. */
function use({ stack }: { stack: Layer[] }, _: unknown[], error: unknown): void {
  const layer = stack[stack.length - 1];
  if (error === undefined && layer.handle.length < 4)
    layer.handle = replacement(layer.handle, handler(layer.route), 'connect');
}

export default define({
  name: 'connect',
  module: 'connect',
  versions: '>=3 <4',
  spans: 'none of its own: the mount path as route, and the exception on the server span',
  points: [{ target: '', opens: [{ target: 'use', after: use }] }],
});
