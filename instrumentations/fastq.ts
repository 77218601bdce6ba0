import { active, bind, current, define, type Point, runIn } from '../src/define.ts';

/** A value on its way through a queue, and where it comes from. */
class Carried {
  readonly value: unknown;
  readonly context = active();

  constructor(value: unknown) {
    this.value = value;
  }
}

const valueOf = (value: unknown): unknown => (value instanceof Carried ? value.value : value);

/** The next task is started by whoever ends one: one that comes from nowhere runs outside of any context. */
function inContextOfTask(worker: Function): Function {
  return function (this: unknown, ...args: unknown[]) {
    const [carried] = args;
    const context = carried instanceof Carried ? carried.context : undefined;
    args[0] = valueOf(carried);
    if (context === current()) return Reflect.apply(worker, this, args);
    return runIn(context, Reflect.apply, worker, this, args);
  };
}

/** `fastq(context?, worker, concurrency)` */
function bindWorker(_: unknown, args: unknown[]): void {
  const at = typeof args[0] === 'function' ? 0 : 1;
  const worker = args[at];
  if (typeof worker === 'function') args[at] = inContextOfTask(worker);
}

/** `push(value, done)`. Outside of any context (Fastify's start is a queue) nothing is carried. */
function carry(_: unknown, args: unknown[]): void {
  if (current() === undefined) return;
  const [value, done] = args;
  args[0] = new Carried(value);
  if (typeof done === 'function') args[1] = bind(done);
}

/** What the handler of errors is called with: it gets the value too. */
function unpack(_: unknown, args: unknown[]): Carried['context'] | undefined {
  const [, carried] = args;
  if (!(carried instanceof Carried)) return undefined;
  args[1] = carried.value;
  return carried.context;
}

const queue = {
  before: bindWorker,
  opens: [
    { target: 'push', before: carry },
    { target: 'unshift', before: carry },
    {
      target: 'getQueue',
      // The one point that changes what a call returns.
      wrap: (getQueue) =>
        function (this: unknown) {
          return (Reflect.apply(getQueue, this, arguments) as unknown[]).map(valueOf);
        },
    },
    { target: 'error', argument: '0', context: unpack },
  ],
} satisfies Partial<Point>;

export default define({
  name: 'fastq',
  keepsContext: true,
  module: 'fastq',
  versions: '>=1.4 <2',
  spans: 'none of its own: a task runs in the context of who pushed it',
  points: [
    { target: '', ...queue },
    { target: 'promise', versions: '>=1.11', ...queue },
  ],
});
