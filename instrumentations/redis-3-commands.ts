/** Commands of node-redis 2 and 3. */
import { type End, endingCallback, endOnce, guarded, bind, scope } from '../src/define.ts';
import { newPhase } from '../src/patch/phase.ts';
import type { RemoteEnd } from '../src/semconv/address.ts';
import { redisClient, type RedisTarget } from '../src/semconv/redis.ts';

/** The parts of node-redis 2 and 3 that are touched. */
export interface Client {
  connection_options?: { host?: string; port?: number; path?: string };
  selected_db?: number;
  connected?: boolean;
  stream?: RemoteEnd;
  command_queue: Queue;
  emit(event: string, error: unknown): void;
}

/** A double-ended queue: another library in version 2, with the same methods. */
export interface Queue {
  length: number;
  get(index: number): Command | undefined;
}

export interface Command {
  command: string;
  args: unknown[];
  callback?: Function;
  [SEEN]?: true;
  [END]?: End;
}

const SEEN = Symbol('foretrace.seen');
const END = Symbol('foretrace.end');

/** What the library itself sends while it connects. */
const HANDSHAKE = new Set(['auth', 'info', 'select', 'client', 'monitor', 'subscribe', 'psubscribe']);

export const redis = scope('foretrace.redis');

export function target({ connection_options: { host, port, path } = {} }: Client): RedisTarget {
  return path === undefined ? { address: host, port } : { address: path };
}

export const database = ({ selected_db: selected }: Client): number => selected ?? 0;

export const socket = ({ connected, stream }: Client): RemoteEnd | undefined =>
  connected === true ? stream : undefined;

const command = redisClient<Client, [Command]>({
  scope: redis,
  command: (_, [sent]) => sent.command,
  arguments: (_, [{ args }]) => args,
  database,
  target,
  socket,
});

/** While the library connects, and while it sends the commands of a batch, which are counted with it. */
const connecting = newPhase();
export const batching = newPhase();

const traceCommand = guarded('redis', (client: Client, sent: Command) => {
  // A command comes by again when the connection was not there yet: still one operation.
  if (sent[SEEN] === true) return;
  sent[SEEN] = true;
  if (batching.isRunning() || (connecting.isRunning() && HANDSHAKE.has(sent.command))) return;
  const span = command.start(client, [sent]);
  if (span === undefined) keepCallback(sent);
  else watch(sent, endOnce(span, command.end, 'redis'));
});

/**
 * Without a callback the command stays without one: the library then tells errors by the event `error`, several lost
 * commands by one event.
 */
export function watch(sent: Command, end: End): void {
  if (typeof sent.callback === 'function') sent.callback = endingCallback(sent.callback, end);
  else sent[END] = end;
}

/** The connection calls back, from wherever it is. */
function keepCallback(sent: Command): void {
  const { callback } = sent;
  if (typeof callback !== 'function') return;
  sent.callback = bind(callback);
}

export function sendCommand(original: Function): Function {
  return function (this: Client, sent: Command) {
    traceCommand(this, sent);
    return Reflect.apply(original, this, arguments);
  };
}

/** `return_reply(reply)` and `return_error(error)` take the command that they are about from the queue. */
export function answer(isError: boolean): (original: Function) => Function {
  return (original) =>
    function (this: Client, result: unknown) {
      const sent = this.command_queue?.get(0);
      const end = sent?.[END];
      if (sent !== undefined && end !== undefined) {
        sent[END] = undefined;
        if (isError) end(result);
        else end(undefined, result);
      }
      return Reflect.apply(original, this, arguments);
    };
}

const endLost = guarded(
  'redis',
  (client: Record<string, unknown>, { code }: { code?: string }, queues: readonly string[]) => {
    for (const name of queues) {
      const queue = client[name] as Queue | undefined;
      for (let i = 0; i < (queue?.length ?? 0); i++) queue?.get(i)?.[END]?.({ name: 'AbortError', code });
    }
  },
);

/** `flush_and_error(attributes, { queues })`: the connection is lost. */
export function flush(original: Function): Function {
  return function (this: Client, attributes: object, options?: { queues?: string[] }) {
    endLost(
      this as unknown as Record<string, unknown>,
      attributes ?? {},
      options?.queues ?? ['command_queue', 'offline_queue'],
    );
    return Reflect.apply(original, this, arguments);
  };
}

/** Called while the library connects. */
export function handshake(original: Function): Function {
  return function (this: unknown) {
    return connecting.run(() => Reflect.apply(original, this, arguments));
  };
}
