/** Batches and transactions of node-redis 2 and 3. */
import { type End, endingCallback, endOnce, guarded } from '../src/define.ts';
import { redisBatch } from '../src/semconv/redis.ts';
import {
  batching,
  type Client,
  type Command,
  database,
  type Queue,
  redis,
  socket,
  target,
  watch,
} from './redis-3-commands.ts';

interface Multi {
  _client: Client;
  queue: Queue;
}

const batch = redisBatch<Client>({ scope: redis, database, target, socket });

const beginBatch = guarded('redis', ({ _client, queue }: Multi, chained: boolean): End | undefined => {
  if (queue.length === 0) return undefined;
  const sent = [];
  for (let i = 0; i < queue.length; i++) {
    const { command: name, args } = queue.get(i) as Command;
    sent.push({ name, args });
  }
  if (chained) sent.push({ name: 'exec', args: [] });
  const span = batch.start(_client, [sent]);
  return span && endOnce(span, batch.end, 'redis');
});

export function execute(chained: boolean): (original: Function) => Function {
  return (original) =>
    function (this: Multi, ...args: unknown[]) {
      if (batching.isRunning()) return Reflect.apply(original, this, args);
      const end = beginBatch(this, chained);
      if (end !== undefined) {
        const [callback] = args;
        const last = this.queue.get(this.queue.length - 1) as Command;
        if (typeof callback === 'function') args[0] = endingCallback(callback, end);
        else if (chained) args[0] = silent(this._client, end);
        else watch(last, end);
      }
      return batching.run(() => Reflect.apply(original, this, args));
    };
}

/** For a transaction without callback: does what the library does then. */
function silent(client: Client, end: End): Function {
  return (error: { code?: unknown } | null, replies: unknown) => {
    end(error ?? undefined, replies);
    if (error && error.code !== 'CONNECTION_BROKEN') client.emit('error', error);
  };
}
