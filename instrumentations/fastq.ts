import { active, callIn, current, define, outside, wrap } from '../src/define.ts';

/** A value on its way through a queue, and where it comes from. */
class Carried {
  readonly value: unknown;
  readonly context = active();

  constructor(value: unknown) {
    this.value = value;
  }
}

const valueOf = (value: unknown): unknown => (value instanceof Carried ? value.value : value);

/** The next task is started by whoever ends one. */
function worker(original: Function): Function {
  return function (this: unknown, value: unknown, ...rest: unknown[]) {
    if (value instanceof Carried) return callIn(value.context, original, this, [value.value, ...rest]);
    if (current() === undefined) return Reflect.apply(original, this, [value, ...rest]);
    return outside(() => Reflect.apply(original, this, [value, ...rest]));
  };
}

/** `push` and `unshift`. Outside of any context (Fastify's start is a queue) nothing is carried. */
function push(original: Function): Function {
  return function (this: unknown, value: unknown, ...rest: unknown[]) {
    const [done] = rest;
    if (current() === undefined) return Reflect.apply(original, this, [value, ...rest]);
    const carried = new Carried(value);
    if (typeof done === 'function') {
      rest[0] = function (this: unknown) {
        return callIn(carried.context, done, this, arguments);
      };
    }
    return Reflect.apply(original, this, [carried, ...rest]);
  };
}

function getQueue(original: Function): Function {
  return function (this: unknown) {
    return (Reflect.apply(original, this, arguments) as unknown[]).map(valueOf);
  };
}

/** `queue.error(handler)`: the handler gets the value too. */
function error(original: Function): Function {
  return function (this: unknown, handler: unknown) {
    if (typeof handler !== 'function') return Reflect.apply(original, this, arguments);
    return Reflect.apply(original, this, [
      function (this: unknown, failure: unknown, value: unknown) {
        if (!(value instanceof Carried)) return Reflect.apply(handler, this, arguments);
        return callIn(value.context, handler, this, [failure, value.value]);
      },
    ]);
  };
}

const METHODS = { push, unshift: push, getQueue, error };

/** `fastq(context?, worker, concurrency)` */
function factory(original: Function): Function {
  return function (this: unknown, ...args: unknown[]) {
    const at = typeof args[0] === 'function' ? 0 : 1;
    if (typeof args[at] !== 'function') return Reflect.apply(original, this, args);
    args[at] = worker(args[at]);
    const queue = Reflect.apply(original, this, args);
    for (const [name, wrapper] of Object.entries(METHODS)) {
      if (typeof queue[name] === 'function') wrap(queue, name, wrapper as never);
    }
    return queue;
  };
}

export default define({
  name: 'fastq',
  keepsContext: true,
  module: 'fastq',
  versions: '>=1.4 <2',
  spans: 'none of its own: a task runs in the context of who pushed it',
  points: [
    { target: '', wrap: factory },
    { target: 'promise', versions: '>=1.11', wrap: factory },
  ],
});
