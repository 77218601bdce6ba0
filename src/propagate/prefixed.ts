import type { Baggage } from '@opentelemetry/api';
import { baggagePair, limitBaggage, MAX_BAGGAGE_BYTES, MAX_PAIRS } from './baggage.ts';
import { type HeaderGetter, type HeaderSetter, onlyLine } from './types.ts';

/** What a header may be called after its prefix. */
const TOKEN = /^[\w!#$%&'*+\-.^`|~]+$/;

/** What a header costs besides: colon, blank, end of the line. */
const HEADER = 4;

/** The baggage in headers of their own, whose names begin with `prefix`, as a text of W3C Baggage. */
export function extractPrefixed<C>(
  carrier: C,
  get: HeaderGetter<C>,
  prefix: string,
  decode: (text: string) => string,
): string | undefined {
  const pairs: string[] = [];
  let length = 0;
  for (const name of get.keys?.(carrier) ?? []) {
    if (!name.toLowerCase().startsWith(prefix)) continue;
    const value = onlyLine(get(carrier, name));
    if (value === undefined || value.length > MAX_BAGGAGE_BYTES) continue;
    const pair = baggagePair(name.slice(prefix.length), decode(value));
    if (pair === undefined || length + pair.length > MAX_BAGGAGE_BYTES) continue;
    length += pair.length + 1;
    if (pairs.push(pair) === MAX_PAIRS) break;
  }
  return pairs.length === 0 ? undefined : limitBaggage(pairs.join(','));
}

/** Writes baggage into headers of their own, at most `max` characters, what was set last first. */
export function injectPrefixed<C>(
  carrier: C,
  set: HeaderSetter<C>,
  baggage: Baggage,
  max: number,
  prefix: string,
  encode: (text: string) => string | undefined,
): void {
  const entries = baggage.getAllEntries();
  let left = max;
  for (let i = entries.length - 1, count = 0; i >= 0 && count < MAX_PAIRS; i--) {
    const [key, { value }] = entries[i];
    const text = TOKEN.test(key) && typeof value === 'string' ? encode(value) : undefined;
    if (text === undefined) continue;
    const size = prefix.length + key.length + text.length + HEADER;
    if (size > left) continue;
    left -= size;
    count++;
    set(carrier, prefix + key, text);
  }
}
