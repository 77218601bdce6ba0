/** Commands of node-redis 2 and 3. */
import { begin, bind, type Ending, endingCallback, scope, UNTRACED } from '../src/define.ts';
import type { RemoteEnd } from '../src/semconv/address.ts';
import { redisClient, type RedisTarget } from '../src/semconv/redis.ts';

/** The parts of node-redis 2 and 3 that are touched. */
export interface Client {
  connection_options?: { host?: string; port?: number; path?: string };
  selected_db?: number;
  connected?: boolean;
  stream?: RemoteEnd;
  command_queue: Queue;
  offline_queue?: Queue;
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
  [ENDING]?: Ending;
}

const SEEN = Symbol('foretrace.seen');
const ENDING = Symbol('foretrace.ending');

/** What the library itself sends while it connects. */
const HANDSHAKE = new Set(['auth', 'info', 'select', 'client', 'monitor', 'subscribe', 'psubscribe']);

export const getters = {
  scope: scope('foretrace.redis'),
  database: ({ selected_db: selected }: Client): number => selected ?? 0,
  target({ connection_options: { host, port, path } = {} }: Client): RedisTarget {
    return path === undefined ? { address: host, port } : { address: path };
  },
  socket: ({ connected, stream }: Client): RemoteEnd | undefined => (connected === true ? stream : undefined),
};

const command = redisClient<Client, [Command]>({
  ...getters,
  command: (_, [sent]) => sent.command,
  arguments: (_, [{ args }]) => args,
});

/** How deep it is, while it runs, in what connects and in what sends the commands of a batch, which are counted with it. */
export const depth = { connecting: 0, batching: 0 };

export const connecting = {
  before: () => void depth.connecting++,
  after: () => void depth.connecting--,
};

export function sendCommand(client: Client, [sent]: [Command]): void {
  // A command comes by again when the connection was not there yet: still one operation.
  if (sent[SEEN] === true) return;
  sent[SEEN] = true;
  if (depth.batching > 0) {
    if (typeof sent.callback === 'function') sent.callback = bind(sent.callback);
  } else if (depth.connecting === 0 || !HANDSHAKE.has(sent.command)) {
    watch(sent, begin(command, client, [sent]) ?? UNTRACED);
  }
}

/**
 * The connection calls back, from wherever it is. Without a callback the command stays without one: the library then tells errors by the
 * event `error`, several lost commands by one event.
 */
export function watch(sent: Command, ending: Ending): void {
  if (typeof sent.callback === 'function') sent.callback = endingCallback(sent.callback, ending);
  else sent[ENDING] = ending;
}

/** The command that an answer is about is the first of the queue. */
function answer({ command_queue: queue }: Client, error: unknown, result?: unknown): void {
  const sent = queue?.get(0);
  sent?.[ENDING]?.end(error, result);
}

export const answerReply = (client: Client, [reply]: [unknown]): void => answer(client, undefined, reply);
export const answerError = (client: Client, [error]: [unknown]): void => answer(client, error);

const QUEUES: readonly ('command_queue' | 'offline_queue')[] = ['command_queue', 'offline_queue'];

/** `flush_and_error(attributes, { queues })`: the connection is lost. */
export function flush(client: Client, args: [{ code?: string }?, { queues?: typeof QUEUES }?]): void {
  const [{ code } = {}, { queues = QUEUES } = {}] = args;
  for (const name of queues) {
    const queue = client[name];
    for (let i = 0; i < (queue?.length ?? 0); i++) queue?.get(i)?.[ENDING]?.end({ name: 'AbortError', code });
  }
}
