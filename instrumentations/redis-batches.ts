/** Batches and transactions of node-redis 2 and 3. */
import { begin, type Ending, endingCallback, type Point } from '../src/define.ts';
import { redisBatch, type Sent } from '../src/semconv/redis.ts';
import { type Client, type Command, depth, getters, type Queue, watch } from './redis-commands.ts';

interface Multi {
  _client: Client;
  queue: Queue;
}

const batch = redisBatch<Client>(getters);

/** What sends a batch; methods of it are made of each other. */
const sends = (isChained: boolean) =>
  ({
    before(multi: Multi, args: unknown[]) {
      if (depth.batching === 0) start(multi, args, isChained);
      depth.batching++;
    },
    after: () => void depth.batching--,
  }) satisfies Partial<Point>;

export const pipeline = sends(false);
export const transaction = sends(true);

function start({ _client: client, queue }: Multi, args: unknown[], isChained: boolean): void {
  const ending = begin(batch, client, [sentOf(queue, isChained)]);
  if (ending === undefined) return;
  const [callback] = args;
  if (typeof callback === 'function') args[0] = endingCallback(callback, ending);
  else if (isChained) args[0] = silent(client, ending);
  else watch(queue.get(queue.length - 1) as Command, ending);
}

function sentOf(queue: Queue, isChained: boolean): Sent[] {
  const sent: Sent[] = [];
  for (let i = 0; i < queue.length; i++) {
    const { command: name, args } = queue.get(i) as Command;
    sent.push({ name, args });
  }
  if (isChained && sent.length > 0) sent.push({ name: 'exec', args: [] });
  return sent;
}

/** For a transaction without callback: does what the library does then. */
function silent(client: Client, ending: Ending): Function {
  return (error: { code?: unknown } | null, replies: unknown) => {
    ending.end(error ?? undefined, replies);
    if (error && error.code !== 'CONNECTION_BROKEN') client.emit('error', error);
  };
}
