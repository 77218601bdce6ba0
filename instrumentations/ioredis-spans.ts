import { endOnce, type End, scope } from '../src/define.ts';
import { type RemoteEnd, remoteEnd } from '../src/semconv/address.ts';
import { endAt, redisBatch, redisClient, type RedisTarget } from '../src/semconv/redis.ts';

/** The parts of ioredis that are touched, the same from version 4 on, a `Cluster` included. */
export interface Redis {
  /** Of a cluster only. */
  startupNodes?: unknown;
  status: string;
  options: { host?: string; port?: number; path?: string; db?: number; sentinels?: unknown };
  condition?: { select?: number };
  scriptsSet?: Record<string, { sha?: string } | undefined>;
  stream?: RemoteEnd;
}

export interface Command {
  name: string;
  args: unknown[];
  /** The node of a cluster that it was last sent to; null before that. */
  [NODE]?: Redis | null;
}

export const NODE = Symbol('foretrace.node');

const ioredis = scope('foretrace.ioredis');

function target({ options, stream }: Redis): RedisTarget {
  if (options.path !== undefined && options.path !== null) return { address: options.path };
  if (options.sentinels !== undefined && options.sentinels !== null) {
    const { remoteAddress: address, remotePort: port } = stream === undefined ? {} : remoteEnd(stream);
    return { address, port };
  }
  return { address: options.host, port: options.port };
}

/** The command that the app has made of a script. There are few of them, and a digest differs from another at its start. */
function scriptName({ scriptsSet }: Redis, digest: string): string | undefined {
  for (const name in scriptsSet) if (scriptsSet[name]?.sha === digest) return name;
  return undefined;
}

const database = ({ condition, options }: Redis): number => condition?.select ?? options.db ?? 0;

const getters = {
  scope: ioredis,
  command: (_: Redis, [{ name }]: [Command]) => name,
  arguments: (_: Redis, [{ args }]: [Command]) => args,
  database,
  target,
  socket: ({ status, stream }: Redis) => (status === 'ready' ? stream : undefined),
  script: scriptName,
};
const command = redisClient<Redis, [Command]>(getters);
const batch = redisBatch<Redis>(getters);

const routedGetters = { ...getters, target: () => ({}), socket: undefined };

/** Of a cluster, or of the master that sentinels name: the server is added at the end. */
const routedCommand = redisClient<Redis, [Command]>(routedGetters);
const routedBatch = redisBatch<Redis>(routedGetters);

export const isCluster = (redis: Redis): boolean => redis.startupNodes !== undefined;

const isRouted = (redis: Redis): boolean =>
  isCluster(redis) || (redis.options.sentinels !== undefined && redis.options.sentinels !== null);

/** The last command tells which node of a cluster has answered. */
function answering(redis: Redis, queue: readonly Command[]): () => RedisTarget | undefined {
  return () => {
    const server = isCluster(redis) ? queue.at(-1)?.[NODE] : redis;
    return server ? target(server) : undefined;
  };
}

/** Starts the span of a command. @returns what ends it; undefined if it is not recorded */
export function startCommand(redis: Redis, sent: Command): End | undefined {
  const role = isRouted(redis) ? routedCommand : command;
  const span = role.start(redis, [sent]);
  if (span === undefined) return undefined;
  return endOnce(span, role === command ? role.end : endAt(role, answering(redis, [sent])), 'ioredis');
}

/** The same for the commands of a pipeline or transaction together; `EXEC` joins its queue later. */
export function startBatch(redis: Redis, queue: readonly Command[]): End | undefined {
  const role = isRouted(redis) ? routedBatch : batch;
  const span = role.start(redis, [queue]);
  if (span === undefined) return undefined;
  return endOnce(span, role === batch ? role.end : endAt(role, answering(redis, queue)), 'ioredis');
}
