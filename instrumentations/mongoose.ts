import { active, callIn, define } from '../src/define.ts';

/** The parts of mongoose's collections that are touched. */
interface Collection {
  /** Calls that wait for the connection: a method's name or a function, and its arguments. */
  queue: Entry[];
}

type Entry = [call: string | Function, args?: unknown[]];

const contexts = new WeakMap<Entry, ReturnType<typeof active>>();

/** Notes for a call that has to wait which context it comes from. */
function addQueue(original: Function): Function {
  return function (this: Collection) {
    const result = Reflect.apply(original, this, arguments);
    const entry = this.queue.at(-1);
    if (entry !== undefined && !contexts.has(entry)) contexts.set(entry, active());
    return result;
  };
}

/** The entries stay as they are while they wait: the library looks for them by what they consist of. */
function doQueue(original: Function): Function {
  return function (this: Collection) {
    this.queue = this.queue.map((entry): Entry => {
      const context = contexts.get(entry);
      if (context === undefined) return entry;
      const [call, args] = entry;
      const method = typeof call === 'function' ? call : (this as unknown as Record<string, Function>)[call];
      return [
        function (this: unknown) {
          return callIn(context, method, this, arguments);
        },
        args,
      ];
    });
    return Reflect.apply(original, this, arguments);
  };
}

export default define({
  name: 'mongoose',
  keepsContext: true,
  module: 'mongoose',
  versions: '>=6 <10',
  spans:
    'none of its own, the operations are spans of `mongodb`: keeps the context while waiting for the connection',
  points: [
    { file: 'lib/collection.js', target: 'prototype.addQueue', wrap: addQueue },
    { file: 'lib/collection.js', target: 'prototype.doQueue', wrap: doQueue },
  ],
});
