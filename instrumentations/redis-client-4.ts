/** What versions before 5 need: no function of a client sees all its commands, only its queue does, which does not know its client. */
import { newPhase } from '../src/patch/phase.ts';
import { settled } from './redis-client-calls.ts';
import { type Arguments, beginBatch, beginCommand, type Client, UNKNOWN } from './redis-client-spans.ts';

/** The commands of one connection; the only place that all commands pass. */
type Queue = object;

interface Options {
  asap?: boolean;
}

/** What the library itself sends while it connects. */
const HANDSHAKE = new Set(['AUTH', 'HELLO', 'SELECT', 'CLIENT', 'READONLY']);

/** The clients of queues. */
const owners = new WeakMap<Queue, Client>();

/** Commands of a batch are queued while `multiExecutor` starts, and counted with it. */
const batch = newPhase();

/** The client that has just become ready: the next queue that is asked for something to send is its queue. */
let becameReady: Client | undefined;

export function addCommand(original: Function): Function {
  return function (this: Queue, ...args: unknown[]) {
    const [sent, options] = args as [Arguments, Options | undefined];
    if (batch.isRunning() || (options?.asap === true && HANDSHAKE.has(String(sent[0])))) {
      return Reflect.apply(original, this, args);
    }
    return settled(original, this, args, beginCommand(owners.get(this) ?? UNKNOWN, sent));
  };
}

export function multiExecutor(original: Function): Function {
  return function (this: Client, ...args: unknown[]) {
    const [commands] = args as [{ args: Arguments }[]];
    // The chain's symbol, which stands last in all versions, is what makes it a transaction.
    const end = beginBatch(this, commands, typeof args.at(-1) === 'symbol');
    return batch.run(() => settled(original, this, args, end));
  };
}

function noteReady(client: Client): void {
  becameReady = client;
  queueMicrotask(() => {
    becameReady = undefined;
  });
}

export function emit(original: Function): Function {
  return function (this: Client, ...args: unknown[]) {
    const result = Reflect.apply(original, this, args);
    if (args[0] === 'ready') noteReady(this);
    return result;
  };
}

export function getCommandToSend(original: Function): Function {
  return function (this: Queue) {
    if (becameReady !== undefined) {
      owners.set(this, becameReady);
      becameReady = undefined;
    }
    return Reflect.apply(original, this, arguments);
  };
}
