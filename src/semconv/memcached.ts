import type { Scope } from '../trace/scope.ts';
import { DB } from '../context/layers.ts';
import type { Facts, Role } from '../operation/operation.ts';
import { CLIENT } from '../trace/span.ts';
import { failDb, type Place, serverCache } from './db.ts';
import { DB_OPERATION_NAME, DB_QUERY_TEXT, DB_SYSTEM_NAME } from './keys.ts';

const SYSTEM = 'memcached';
const DEFAULT_PORT = 11_211;
const MAX_TEXT = 1_024;

const places = serverCache(DEFAULT_PORT);

/** One call of a Memcached client. */
export interface MemcachedOperation {
  /** The protocol's word: `get`, `set`, `incr`. */
  name: string;
  /** The keys, as the server gets them. */
  keys: readonly string[];
  /** True if something else follows the keys, which is not sent. */
  hasValue: boolean;
  /** `host:port`. */
  server: string | undefined;
}

interface MemcachedFacts extends Facts {
  readonly operation: MemcachedOperation;
  readonly place: Place | undefined;
}

/** The role of a Memcached client: one span per command; its text has the keys, but no value. */
export function memcachedClient<Self, Args extends unknown[]>(getters: {
  scope: Scope;
  operation(self: Self, args: Args): MemcachedOperation | undefined;
  /** How it failed, by the error or the answer; undefined for an answer such as that a key is not there. */
  failure(error: unknown, result: unknown): { error?: unknown; status?: string } | undefined;
}): Role<Self, Args, MemcachedFacts> {
  return {
    scope: getters.scope,
    kind: CLIENT,
    layer: DB,
    of(self, args) {
      const operation = getters.operation(self, args);
      if (operation === undefined) return undefined;
      const { name, server } = operation;
      const place = server === undefined ? undefined : places(server);
      return { name: place?.name === undefined ? name : `${name} ${place.name}`, operation, place };
    },
    start(span, { operation: { name, keys, hasValue }, place }) {
      span.add(DB_SYSTEM_NAME, SYSTEM);
      span.add(DB_OPERATION_NAME, name);
      span.add(DB_QUERY_TEXT, statement(name, keys, hasValue));
      if (place !== undefined) span.addBlock(place.block);
    },
    end(span, error, result) {
      const failure = getters.failure(error, result);
      if (failure !== undefined) failDb(span, failure.error, failure.status);
    },
  };
}

function statement(name: string, keys: readonly string[], hasValue: boolean): string {
  let text = name;
  for (const key of keys) {
    text += ` ${key}`;
    if (text.length > MAX_TEXT) return `${text.slice(0, MAX_TEXT)} ...`;
  }
  return hasValue ? `${text} ?` : text;
}
