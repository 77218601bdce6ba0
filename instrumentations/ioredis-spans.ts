import { scope } from '../src/define.ts';
import { type RemoteEnd, remoteEnd } from '../src/semconv/address.ts';
import { type AnsweredBy, redisBatch, redisClient, type RedisTarget } from '../src/semconv/redis.ts';

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

export const isCluster = (redis: Redis): boolean => redis.startupNodes !== undefined;

const isRouted = (redis: Redis): boolean =>
  isCluster(redis) || (redis.options.sentinels !== undefined && redis.options.sentinels !== null);

/** The last command tells which node of a cluster has answered. */
function answeredBy(redis: Redis, queue: readonly Command[]): AnsweredBy | undefined {
  if (!isRouted(redis)) return undefined;
  return () => {
    const server = isCluster(redis) ? queue.at(-1)?.[NODE] : redis;
    return server ? target(server) : undefined;
  };
}

const getters = {
  scope: ioredis,
  database,
  target,
  socket: ({ status, stream }: Redis) => (status === 'ready' ? stream : undefined),
};

export const command = redisClient<Redis, [Command]>({
  ...getters,
  command: (_, [{ name }]) => name,
  arguments: (_, [{ args }]) => args,
  script: scriptName,
  answeredBy,
});

/** The commands of a pipeline or transaction together; `EXEC` joins its queue later. */
export const batch = redisBatch<Redis>({
  ...getters,
  answeredBy: (redis, [queue]) => answeredBy(redis, queue as readonly Command[]),
});
