import { active, attached, callIn, define, bind, mimic, type Point, ROOT, wrap } from '../src/define.ts';

const CONTEXT = Symbol('foretrace.context');

/** What a queue keeps of a task: an object of the queue's own. */
interface Item {
  callback?: unknown;
  [CONTEXT]?: ReturnType<typeof active>;
}

/** Of the tasks taken out for the worker that is called next; ROOT if they come from several contexts, as in a cargo. */
let taken: ReturnType<typeof active> | undefined;

function put(original: Function): Function {
  return function (this: unknown, item: Item) {
    item[CONTEXT] = active();
    if (typeof item.callback === 'function') item.callback = bind(item.callback);
    return Reflect.apply(original, this, arguments);
  };
}

function take(original: Function): Function {
  return function (this: unknown) {
    const item = Reflect.apply(original, this, arguments) as Item | undefined;
    const context = item?.[CONTEXT] ?? ROOT;
    taken = taken === undefined || taken === context ? context : ROOT;
    return item;
  };
}

function work(original: Function): Function {
  const worker = function (this: unknown) {
    const context = taken;
    taken = undefined;
    // A queue made of a queue has two of these around its worker.
    if (context === undefined) return Reflect.apply(original, this, arguments);
    return callIn(context, original, this, arguments);
  };
  // async asks for `Symbol.toStringTag` whether it gets a callback.
  mimic(worker as never, original as never);
  return worker;
}

/** `queue(worker, …)` and its kin. */
function factory(original: Function): Function {
  return function (this: unknown, ...args: unknown[]) {
    if (typeof args[0] === 'function') args[0] = work(args[0]);
    const queue = Reflect.apply(original, this, args);
    const tasks = queue?._tasks;
    for (const [name, wrapper] of [
      ['push', put],
      ['unshift', put],
      ['shift', take],
    ] as const) {
      if (typeof tasks?.[name] === 'function') wrap(tasks, name, wrapper as never);
    }
    return queue;
  };
}

/** `memoize(fn)`: who asks while the answer is on its way is called by who asked first. */
function memoize(original: Function): Function {
  return function (this: unknown) {
    const holder = { memoized: Reflect.apply(original, this, arguments) };
    if (typeof holder.memoized === 'function') wrap(holder, 'memoized', attached as never);
    return holder.memoized;
  };
}

/** As a property of the whole library, of its default export, and as a file of its own. */
function everywhere(name: string, wrapper: (original: Function) => Function, versions?: string): Point[] {
  return [
    { target: name, versions, wrap: wrapper },
    { target: `default.${name}`, versions, wrap: wrapper },
    { file: `${name}.js`, target: '', versions, wrap: wrapper },
  ];
}

export default define({
  name: 'async',
  keepsContext: true,
  module: 'async',
  versions: '>=2 <4',
  spans:
    'none of its own: a task of `queue`, `priorityQueue` or `cargo` runs in the context of who pushed it',
  points: [
    ...everywhere('queue', factory),
    ...everywhere('priorityQueue', factory),
    ...everywhere('cargo', factory),
    ...everywhere('cargoQueue', factory, '>=3'),
    ...everywhere('memoize', memoize),
  ],
});
