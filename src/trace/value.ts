import { bounded } from '../encode/flat-copy.ts';
import { MAX_TEXT_LENGTH } from '../encode/writer.ts';

const MAX_DEPTH = 8;
const MAX_VALUES = 1_024;
const MAX_NAME_LENGTH = 4_096;
/** Integers beyond this are not written out: the text of a bigint takes time with the square of its length. */
const MAX_BIGINT_BITS = 1_024;

/** How many more values the composite at hand may have, nested ones included. */
let valuesLeft = 0;

/**
 * An attribute's value as it is now; undefined if OTLP can't carry it. Arrays and objects are copied when the attribute is set: an app
 * may change them before the span ends, and their getters and proxies are the app's code, which must not run (and perhaps
 * end another span) in the middle of encoding. Never throws.
 */
export function snapshot(value: unknown): unknown {
  if (typeof value === 'string') return bounded(value, MAX_TEXT_LENGTH);
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  valuesLeft = MAX_VALUES;
  try {
    return copy(value, 0);
  } catch {
    return undefined;
  }
}

/** A property of an app's object; undefined if asking for it throws. */
export function propertyOf(source: object, name: string): unknown {
  try {
    return (source as Record<string, unknown>)[name];
  } catch {
    return undefined;
  }
}

/** The names of an app's attributes; none if asking for them throws. */
export function namesOf(source: unknown): string[] {
  if (typeof source !== 'object' || source === null) return [];
  try {
    return Object.keys(source);
  } catch {
    return [];
  }
}

/** Whether a text may be the name of an attribute: halves of surrogate pairs would make two names equal in UTF-8. */
export function isName(name: unknown): name is string {
  return typeof name === 'string' && name !== '' && name.length <= MAX_NAME_LENGTH && isWellFormed(name);
}

function isWellFormed(text: string): boolean {
  return (text as string & { isWellFormed(): boolean }).isWellFormed();
}

function copy(value: unknown, depth: number): unknown {
  switch (typeof value) {
    case 'string':
      return bounded(value, MAX_TEXT_LENGTH);
    case 'number':
    case 'boolean':
      return value;
    case 'bigint':
      return BigInt.asIntN(MAX_BIGINT_BITS, value) === value ? value : undefined;
    case 'object':
      return value === null || depth >= MAX_DEPTH ? undefined : copyComposite(value, depth);
    default:
      return undefined;
  }
}

function copyComposite(value: object, depth: number): unknown {
  if (value instanceof Uint8Array) return new Uint8Array(value.subarray(0, MAX_TEXT_LENGTH));
  // An invalid one has no text, and asking for it throws: what is around it would be lost too.
  if (value instanceof Date)
    return Number.isNaN(Date.prototype.getTime.call(value))
      ? undefined
      : Date.prototype.toISOString.call(value);
  if (Array.isArray(value)) {
    const items: unknown[] = [];
    for (let i = 0; i < value.length && valuesLeft-- > 0; i++) items.push(copy(value[i], depth + 1) ?? null);
    return items;
  }
  const members: Record<string, unknown> = Object.create(null);
  for (const name of Object.keys(value)) {
    if (valuesLeft-- <= 0) break;
    if (!isName(name)) continue;
    const member = copy((value as Record<string, unknown>)[name], depth + 1);
    if (member !== undefined) members[name] = member;
  }
  return members;
}
