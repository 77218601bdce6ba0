import { define, environmentWithContext, opening, pairsWithContext, type Point } from '../src/define.ts';

/** What `ChildProcess#spawn` is given: the options of the app, checked and completed. */
interface Started {
  envPairs?: readonly string[];
}

function beforeSpawn(_: unknown, args: [Started?]): void {
  const [options] = args;
  if (!Array.isArray(options?.envPairs)) return;
  const envPairs = pairsWithContext(options.envPairs);
  if (envPairs !== undefined) args[0] = { ...options, envPairs };
}

/** `options.env` of a call that Node would not refuse, at a place among its arguments. */
function giveEnvironment(args: unknown[], place: number): void {
  const options = args[place] ?? {};
  if (args[place] === null || typeof options !== 'object' || Array.isArray(options)) return;
  const { env } = options as { env?: unknown };
  if (env !== undefined && env !== null && typeof env !== 'object') return;
  const value = environmentWithContext(env);
  if (value === undefined) return;
  // The app's may be frozen, and of a class.
  const properties = Object.getOwnPropertyDescriptors(options);
  args[place] = Object.create(Object.getPrototypeOf(options), {
    ...properties,
    env: { value, configurable: true, enumerable: true, writable: true },
  });
}

/** `spawnSync(file, args?, options?)` */
function beforeFile(_: unknown, args: unknown[]): void {
  const [file, second] = args;
  if (typeof file !== 'string') return;
  if (Array.isArray(second) || second === undefined || second === null) giveEnvironment(args, 2);
  else giveEnvironment(args, 1);
}

/** `execSync(command, options?)` */
function beforeCommand(_: unknown, args: unknown[]): void {
  if (typeof args[0] === 'string') giveEnvironment(args, 1);
}

/** All that is not synchronous ends up there, in the context of who called it, with an environment that is the child's alone. */
const spawn: Point = { target: 'constructor.prototype.spawn', before: beforeSpawn };
const openChild = opening('child_process', [spawn]);

export default define({
  name: 'child_process',
  keepsContext: true,
  module: 'child_process',
  rare: true,
  spans: 'none of its own: a process goes on with the trace of who starts it (`cluster` included)',
  // Published by the constructor, by whatever way Node has come to it: `cluster` and the test runner load theirs past every hook.
  subscriptions: [
    { channel: 'child_process', receive: ({ process }: { process?: object }) => openChild(process) },
  ],
  points: [
    { target: 'spawnSync', before: beforeFile },
    { target: 'execFileSync', before: beforeFile },
    { target: 'execSync', before: beforeCommand },
  ],
});
