import { active, bind, define, mimic, type Point, ROOT, runIn } from '../src/define.ts';

type Context = ReturnType<typeof active>;

const CONTEXT = Symbol('foretrace.context');

/** What a queue keeps of a task: an object of the queue's own. */
interface Item {
  callback?: unknown;
  [CONTEXT]?: Context;
}

/** Of the tasks taken out for the worker that is called next; ROOT if they come from several contexts, as in a cargo. */
let taken: Context | undefined;

function put(_: unknown, [item]: [Item]): void {
  item[CONTEXT] = active();
  if (typeof item.callback === 'function') item.callback = bind(item.callback);
}

function take(_: unknown, __: unknown, ___: unknown, item: Item | undefined): void {
  const context = item?.[CONTEXT] ?? ROOT;
  taken = taken === undefined || taken === context ? context : ROOT;
}

type Worker = (...args: unknown[]) => unknown;

function inContextOfTaken(worker: Worker): Worker {
  const replacement = function (this: unknown): unknown {
    const context = taken;
    taken = undefined;
    // A queue made of a queue has two of these around its worker.
    if (context === undefined) return Reflect.apply(worker, this, arguments);
    return runIn(context, Reflect.apply, worker, this, arguments);
  };
  // async asks for `Symbol.toStringTag` whether it gets a callback.
  mimic(replacement, worker);
  return replacement;
}

/** `queue(worker, …)` and its kin. */
const queue = {
  before(_: unknown, args: [Worker | undefined]) {
    const [worker] = args;
    if (typeof worker === 'function') args[0] = inContextOfTaken(worker);
  },
  opens: [
    { target: '_tasks.push', before: put },
    { target: '_tasks.unshift', before: put },
    { target: '_tasks.shift', after: take },
  ],
} satisfies Partial<Point>;

/** `memoize(fn)`: who asks while the answer is on its way is called by who asked first. */
const memoize: Partial<Point> = { opens: [{ target: '', argument: 'last', context: 'caller' }] };

/** As a property of the whole library, of its default export, and as a file of its own. */
function everywhere(name: string, point: Partial<Point>): Point[] {
  return [
    { target: name, ...point },
    { target: `default.${name}`, ...point },
    { file: `${name}.js`, target: '', ...point },
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
    ...everywhere('queue', queue),
    ...everywhere('priorityQueue', queue),
    ...everywhere('cargo', queue),
    ...everywhere('cargoQueue', { ...queue, versions: '>=3' }),
    ...everywhere('memoize', memoize),
  ],
});
