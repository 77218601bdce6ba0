import { active, callIn, define } from '../src/define.ts';

/** The parts of mongoose's collections that are touched. */
interface Collection {
  /** Calls that wait for the connection: a method's name or a function, and its arguments. */
  queue: Entry[];
}

type Entry = [call: string | Function, args?: unknown[]];

const contexts = new WeakMap<Entry, ReturnType<typeof active>>();

/** Notes for a call that has to wait which context it comes from. */
function noteContext({ queue }: Collection): void {
  const entry = queue.at(-1);
  if (entry !== undefined && !contexts.has(entry)) contexts.set(entry, active());
}

/** Before the queue is worked off. The entries stay as they are while they wait: the library looks for them by what they consist of. */
function bindQueue(collection: Collection): void {
  collection.queue = collection.queue.map((entry): Entry => {
    const context = contexts.get(entry);
    if (context === undefined) return entry;
    const [call, args] = entry;
    const method =
      typeof call === 'function' ? call : (collection as unknown as Record<string, Function>)[call];
    return [
      function (this: unknown) {
        return callIn(context, method, this, arguments);
      },
      args,
    ];
  });
}

export default define({
  name: 'mongoose',
  keepsContext: true,
  module: 'mongoose',
  versions: '>=6 <10',
  spans:
    'none of its own, the operations are spans of `mongodb`: keeps the context while waiting for the connection',
  points: [
    { file: 'lib/collection.js', target: 'prototype.addQueue', after: noteContext },
    { file: 'lib/collection.js', target: 'prototype.doQueue', before: bindQueue },
  ],
});
