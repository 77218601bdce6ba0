import type { Scope } from '../trace/scope.ts';
import type { Span } from '../trace/span.ts';
import { recordedIn, startClient } from './client.ts';
import { serverCache } from './db.ts';
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

/** Starts the span of an operation; its text has the keys, but no value. */
export function startMemcached(
  scope: Scope,
  { name, keys, hasValue, server }: MemcachedOperation,
): Span | undefined {
  const context = recordedIn(scope);
  if (context === undefined) return undefined;
  const place = server === undefined ? undefined : places(server);
  const span = startClient(scope, place?.name === undefined ? name : `${name} ${place.name}`, context);
  if (span === undefined) return undefined;
  span.add(DB_SYSTEM_NAME, SYSTEM);
  span.add(DB_OPERATION_NAME, name);
  span.add(DB_QUERY_TEXT, statement(name, keys, hasValue));
  if (place !== undefined) span.addBlock(place.block);
  return span;
}

function statement(name: string, keys: readonly string[], hasValue: boolean): string {
  let text = name;
  for (const key of keys) {
    text += ` ${key}`;
    if (text.length > MAX_TEXT) return `${text.slice(0, MAX_TEXT)} ...`;
  }
  return hasValue ? `${text} ?` : text;
}
