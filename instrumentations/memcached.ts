import { define, detached, endingCallback, endOnce, guarded, bind, scope } from '../src/define.ts';
import { failDb } from '../src/semconv/db.ts';
import { startMemcached } from '../src/semconv/memcached.ts';

/** The parts of memcached that are touched. */
interface Client {
  servers: readonly string[];
  HashRing: { get(key: string): string };
}

interface Query {
  type: string;
  key?: string | readonly string[];
  value?: unknown;
  callback?: Function;
}

const memcached = scope('foretrace.memcached');

const trace = guarded('memcached', (client: Client, query: Query, server: string | undefined) => {
  const { type, key, value, callback } = query;
  // The library refuses other kinds of functions, such as async ones; ours would hide what it is.
  if (Object.prototype.toString.call(callback) !== '[object Function]') return;
  const keys = key === undefined ? [] : [key].flat();
  const [first] = keys as string[];
  const found =
    server ?? (client.servers.length === 1 || !first ? client.servers[0] : client.HashRing.get(first));
  const span = startMemcached(memcached, {
    name: type,
    keys: keys as string[],
    hasValue: value !== undefined,
    server: found,
  });
  if (span === undefined) {
    query.callback = bind(callback as Function);
    return;
  }
  query.callback = endingCallback(
    callback as Function,
    endOnce(
      span,
      (_, error) => {
        // What `add` and `replace` say of a key that is there or not: an answer, not a failure.
        const { notStored } = (error ?? {}) as { notStored?: boolean };
        if (error !== undefined && notStored !== true) failDb(span, error, undefined);
      },
      'memcached',
    ),
  );
});

/** `compile` makes the query, once for the answer and once for each redundant server. */
function compileTraced(client: Client, compile: Function, server: string | undefined): Function {
  let traced = false;
  return function (this: unknown) {
    const query = Reflect.apply(compile, this, arguments) as Query;
    if (!traced) {
      traced = true;
      trace(client, query, server);
    }
    return query;
  };
}

function command(original: Function): Function {
  return function (this: Client, compile: Function, server?: string, ...rest: unknown[]) {
    return Reflect.apply(original, this, [compileTraced(this, compile, server), server, ...rest]);
  };
}

export default define({
  name: 'memcached',
  module: 'memcached',
  versions: '>=2.2 <3',
  spans: 'a client span for each command, for `getMulti` one for each server',
  points: [
    { target: 'prototype.command', wrap: command },
    { target: 'prototype.connect', wrap: detached },
  ],
});
