/** Before version 5 no function of a client sees all its commands, only its queue does, which does not know its client. */
import { type Point, promise } from '../src/define.ts';
import { redisBatch, redisClient } from '../src/semconv/redis.ts';
import {
  type Arguments,
  type Client,
  type Commands,
  gettersOf,
  isOwn,
  select,
  selection,
  sentOf,
} from './redis-client-getters.ts';

/** The commands of one connection; the only place that all commands pass. */
type Queue = object;

type Added = [command: Arguments, options?: { asap?: boolean }];

/** What the library itself sends while it connects. */
const HANDSHAKE = new Set(['AUTH', 'HELLO', 'SELECT', 'CLIENT', 'READONLY']);

/** The clients of queues. */
const owners = new WeakMap<Queue, Client>();

/** The client that has just become ready: the next queue that is asked for something to send is its queue. */
let becameReady: Client | undefined;

/** Commands of a batch are queued while `multiExecutor` starts, and counted with it: the outermost. */
export const addCommand = {
  outermost: true,
  trace: redisClient<Queue, Added>({
    ...gettersOf<Queue>((queue) => owners.get(queue)),
    isOwn: (_, [command, options]) =>
      isOwn(command) || (options?.asap === true && HANDSHAKE.has(String(command[0]))),
  }),
  before: (queue: Queue, [command]: Added) => selection(owners.get(queue), command),
  ends: promise,
  after: select,
} satisfies Partial<Point>;

export const multiExecutor = {
  outermost: true,
  trace: redisBatch<Client, [Commands, ...unknown[]]>({
    ...gettersOf<Client>((client) => client),
    // The chain's symbol, which stands last in all versions, is what makes it a transaction.
    sent: (_, args) => sentOf(args[0], typeof args.at(-1) === 'symbol'),
  }),
} satisfies Partial<Point>;

export function noteReady(client: Client, [event]: [unknown]): void {
  if (event !== 'ready') return;
  becameReady = client;
  queueMicrotask(() => {
    becameReady = undefined;
  });
}

export function noteOwner(queue: Queue): void {
  if (becameReady === undefined) return;
  owners.set(queue, becameReady);
  becameReady = undefined;
}
