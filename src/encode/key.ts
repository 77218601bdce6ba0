import { flatCopy } from './flat-copy.ts';

/**
 * An attribute key, encoded once.
 *
 * The bytes of the attribute last written under a key are remembered with it: methods, routes, statements and user agents
 * repeat from span to span, and copying ~30 bytes is cheaper than walking the characters again.
 */
export interface Key {
  readonly name: string;
  /** The start of the `KeyValue` message: field `key` with its text, then the tag of field `value`. */
  readonly prefix: Uint8Array;
  lastValue: string | undefined;
  lastBytes: Uint8Array | undefined;
  /** What tells most texts from the one that was last written, which is not kept itself: it may be a slice of a large one. */
  lastMark: number;
}

const utf8 = new TextEncoder();

/** Encodes an attribute name once, for use with every span. */
export function key(name: string): Key {
  const text = utf8.encode(name);
  const width = text.length < 0x80 ? 1 : 2;
  const prefix = new Uint8Array(2 + width + text.length);
  prefix[0] = 0x0a;
  if (width === 1) {
    prefix[1] = text.length;
  } else {
    prefix[1] = (text.length & 0x7f) | 0x80;
    prefix[2] = text.length >>> 7;
  }
  prefix.set(text, 1 + width);
  prefix[prefix.length - 1] = 0x12;
  return { name, prefix, lastValue: undefined, lastBytes: undefined, lastMark: -1 };
}

const MAX_USER_KEYS = 2_000;
const MAX_CACHED_NAME = 256;
const userKeys = new Map<string, Key>();

/** The encoded form of a key that an app chose; bounded, because an app may build keys from data. */
export function userKey(name: string): Key {
  let found = userKeys.get(name);
  if (found === undefined) {
    if (name.length > MAX_CACHED_NAME) return key(name.length > 0x3fff / 3 ? name.slice(0, 0x1000) : name);
    const own = flatCopy(name);
    found = key(own);
    if (userKeys.size >= MAX_USER_KEYS) userKeys.clear();
    userKeys.set(own, found);
  }
  return found;
}
