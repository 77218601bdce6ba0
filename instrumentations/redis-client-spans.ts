import { current, type End, endOnce, guarded, type Role, scope } from '../src/define.ts';
import { endAt, redisBatch, redisClient, type RedisTarget } from '../src/semconv/redis.ts';

/** The parts of @redis/client that are touched. */
export interface Client {
  options?: {
    database?: number;
    scripts?: Record<string, { SHA1?: string } | undefined>;
    socket?: { host?: string; port?: number; path?: string };
  };
  /** Variants of a client, with other options, share its connection. */
  _self?: Client;
}

export type Arguments = readonly unknown[];

const redis = scope('foretrace.redis-client');

/** The selected database of a connection, once `SELECT` has changed it. */
const selected = new WeakMap<object, number>();

/** In place of the client of a queue that has not been connected yet. */
export const UNKNOWN: Client = {};

function target(self: Client): RedisTarget {
  if (self === UNKNOWN) return {};
  const { host, port, path } = self.options?.socket ?? {};
  return path === undefined ? { address: host ?? 'localhost', port } : { address: path };
}

function database(self: Client): number | undefined {
  return self === UNKNOWN ? undefined : (selected.get(self) ?? self.options?.database ?? 0);
}

/** The name of a script among those that the app has made the client with. */
function scriptName({ options }: Client, digest: string): string | undefined {
  const scripts = options?.scripts;
  for (const name in scripts) if (scripts[name]?.SHA1 === digest) return name;
  return undefined;
}

const getters = {
  scope: redis,
  command: (_: Client, [[name]]: [Arguments]) => String(name),
  arguments: (_: Client, [args]: [Arguments]) => args.slice(1),
  database,
  target,
  script: scriptName,
};
const command = redisClient<Client, [Arguments]>(getters);
const batch = redisBatch<Client>(getters);

/** What a cluster or a sentinel client hands to one of its clients; after a redirection or failover to another one. */
export interface Route {
  client?: Client;
  end?: End;
}

/** Where a routed operation went is added at the end. */
const routedCommand = redisClient<Client, [Arguments]>({ ...getters, target: () => ({}) });
const routedBatch = redisBatch<Client>({ ...getters, target: () => ({}) });

function ending(role: Pick<Role, 'end'>, way: Route | undefined): Role['end'] {
  return way === undefined ? role.end : endAt(role, () => way.client && target(way.client));
}

/**
 * PINGs that keep a connection alive, and look-ups of the topology, belong to nobody. `ASKING` goes ahead of a redirected
 * command.
 */
function isOwn(args: Arguments): boolean {
  const [name] = args;
  if (name === 'ASKING') return true;
  if (name !== 'PING' && name !== 'SENTINEL' && name !== 'CLUSTER') return false;
  return current() === undefined && (name !== 'PING' || args.length === 1);
}

export const beginCommand = guarded(
  'redis-client',
  (self: Client, args: Arguments, way?: Route): End | undefined => {
    if (isOwn(args)) return undefined;
    const role = way === undefined ? command : routedCommand;
    const span = role.start(self, [args]);
    const end = span && endOnce(span, ending(role, way), 'redis-client');
    if (String(args[0]).toUpperCase() !== 'SELECT') return end;
    return (error, result) => {
      if (error === undefined && self !== UNKNOWN) selected.set(self, Number(args[1]));
      end?.(error, result);
    };
  },
);

export const beginBatch = guarded(
  'redis-client',
  (
    self: Client,
    commands: readonly { args: Arguments }[],
    chained: boolean,
    way?: Route,
  ): End | undefined => {
    if (commands.length === 0) return undefined;
    const sent = commands.map(({ args: [name, ...args] }) => ({ name: String(name), args }));
    if (chained) sent.push({ name: 'EXEC', args: [] });
    const role = way === undefined ? batch : routedBatch;
    const span = role.start(self, [sent]);
    return span && endOnce(span, ending(role, way), 'redis-client');
  },
);

/** A batch may contain `SELECT`; the library says which database it ends in. */
export function selecting(self: object, database: unknown, end: End | undefined): End | undefined {
  if (typeof database !== 'number') return end;
  return (error, result) => {
    if (error === undefined) selected.set(self, database);
    end?.(error, result);
  };
}
