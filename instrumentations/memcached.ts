import { begin, define, endingCallback, guarded, scope, UNTRACED } from '../src/define.ts';
import { memcachedClient } from '../src/semconv/memcached.ts';

/** The parts of memcached that are touched. */
interface Client {
  servers: readonly string[];
  HashRing: { get(key: string): string };
}

interface Query {
  type: string;
  key?: string | readonly string[];
  value?: unknown;
  callback?: unknown;
}

const command = memcachedClient<Client, [Query, server: string | undefined]>({
  scope: scope('foretrace.memcached'),
  operation({ servers, HashRing }, [{ type, key, value }, server]) {
    const keys = key === undefined ? [] : ([key].flat() as string[]);
    const [first] = keys;
    return {
      name: type,
      keys,
      hasValue: value !== undefined,
      server: server ?? (servers.length === 1 || !first ? servers[0] : HashRing.get(first)),
    };
  },
  failure(error) {
    // What `add` and `replace` say of a key that is there or not: an answer, not a failure.
    const { notStored } = (error ?? {}) as { notStored?: boolean };
    return error === undefined || notStored === true ? undefined : { error };
  },
});

const watch = guarded('memcached', (client: Client, query: Query, server: string | undefined): void => {
  const { callback } = query;
  // The library refuses other kinds of functions, such as async ones; ours would hide what it is.
  if (Object.prototype.toString.call(callback) !== '[object Function]') return;
  query.callback = endingCallback(callback as Function, begin(command, client, [query, server]) ?? UNTRACED);
});

/** `command(compile, server)`: `compile` makes the query, once for the answer and once for each redundant server. */
function watchFirst(client: Client, args: [compile: () => Query, server?: string]): void {
  const [compile, server] = args;
  let isWatched = false;
  args[0] = function (this: unknown) {
    const query: Query = Reflect.apply(compile, this, arguments);
    if (!isWatched) watch(client, query, server);
    isWatched = true;
    return query;
  };
}

export default define({
  name: 'memcached',
  module: 'memcached',
  versions: '>=2.2 <3',
  spans: 'a client span for each command, for `getMulti` one for each server',
  points: [
    { target: 'prototype.command', before: watchFirst },
    { target: 'prototype.connect', context: 'none' },
  ],
});
