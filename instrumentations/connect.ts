import { define, type Point, replacement, scope } from '../src/define.ts';
import { enterPath, lostContext, noteFailure, servedOf } from '../src/semconv/framework.ts';
import { areStepsWanted, beginStep, stepFacts } from '../src/semconv/middleware.ts';
import { stepped, stepping } from './steps.ts';

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

const connect = scope('foretrace.connect');

/** Handlers of errors have one argument before the request. */
function asStep(handle: Function): Function {
  const at = handle.length < 4 ? 0 : 1;
  const facts = stepFacts('connect', at === 0 ? 'middleware' : 'error_handler', handle.name);
  const begin = (_: unknown, args: object[]) => beginStep(connect, servedOf(args[at]), () => facts);
  return stepped(handle, stepping('connect', begin, { next: at + 2 }));
}

/** `app.use(…)`: handlers of errors, which take four arguments, have nothing to tell. */
function use({ stack }: { stack: Layer[] }, _: unknown[], error: unknown): void {
  const layer = stack[stack.length - 1];
  if (error === undefined && areStepsWanted()) layer.handle = asStep(layer.handle);
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
