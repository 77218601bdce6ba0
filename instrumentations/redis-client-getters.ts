import { current, scope, UNTRACED } from '../src/define.ts';
import type { RedisTarget, Sent } from '../src/semconv/redis.ts';

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

/** A command's name and its arguments. */
export type Arguments = readonly unknown[];

export type Commands = readonly { args: Arguments }[];

const redis = scope('foretrace.redis-client');

/** The selected database of a connection, once `SELECT` has changed it. */
const selected = new WeakMap<Client, number>();

export function targetOf({ options }: Client): RedisTarget {
  const { host, port, path } = options?.socket ?? {};
  return path === undefined ? { address: host ?? 'localhost', port } : { address: path };
}

/** The getters of what belongs to a client, which may not be known yet. */
export function gettersOf<Self>(clientOf: (self: Self) => Client | undefined) {
  return {
    scope: redis,
    command: (_: Self, [[name]]: [Arguments]): string => String(name),
    arguments: (_: Self, [args]: [Arguments]): Arguments => args.slice(1),
    database(self: Self): number | undefined {
      const client = clientOf(self);
      return client && (selected.get(client) ?? client.options?.database ?? 0);
    },
    target(self: Self): RedisTarget {
      const client = clientOf(self);
      return client === undefined ? {} : targetOf(client);
    },
    /** The name of a script among those that the app has made the client with. */
    script(self: Self, digest: string): string | undefined {
      const scripts = clientOf(self)?.options?.scripts;
      for (const name in scripts) if (scripts[name]?.SHA1 === digest) return name;
      return undefined;
    },
  };
}

/**
 * PINGs that keep a connection alive, and look-ups of the topology, belong to nobody. `ASKING` goes ahead of a redirected
 * command.
 */
export function isOwn(args: Arguments): boolean {
  const [name] = args;
  if (name === 'ASKING') return true;
  if (name !== 'PING' && name !== 'SENTINEL' && name !== 'CLUSTER') return false;
  return current() === undefined && (name !== 'PING' || args.length === 1);
}

/** The commands of a batch; those of a transaction are chained. */
export function sentOf(commands: Commands, isChained: boolean): readonly Sent[] {
  const sent: Sent[] = commands.map(({ args: [name, ...args] }) => ({ name: String(name), args }));
  return isChained && sent.length > 0 ? [...sent, { name: 'EXEC', args: [] }] : sent;
}

type Selection = [Client, number];

/** For `SELECT`: what is selected if it succeeds. */
export function selection(client: Client | undefined, [name, database]: Arguments): unknown {
  if (client === undefined || String(name).toUpperCase() !== 'SELECT') return UNTRACED;
  return [client, Number(database)] satisfies Selection;
}

/** For a batch, which may contain `SELECT`: the library says which database it ends in. */
export function batchSelection(client: Client, database: unknown): unknown {
  return typeof database === 'number' ? ([client, database] satisfies Selection) : UNTRACED;
}

export function select(
  _: unknown,
  __: unknown,
  error: unknown,
  ___: unknown,
  [client, database]: Selection,
): void {
  if (error === undefined) selected.set(client, database);
}
