import { bounded } from '../encode/flat-copy.ts';
import { MAX_TEXT_LENGTH } from '../encode/writer.ts';
import { isSecretName, maskText } from '../redact/text.ts';
import { REDACTED } from '../redact/url.ts';

const MAX_DEPTH = 8;
const MAX_VALUES = 1_024;
const MAX_NAME_LENGTH = 4_096;
/** Integers beyond this are not written out: the text of a bigint takes time with the square of its length. */
const MAX_BIGINT_BITS = 1_024;
const CIRCULAR = '[Circular]';

/** How many more values the record at hand may have, nested ones included. */
let valuesLeft = 0;
/** The objects that the value at hand lies in. */
const around: object[] = [];
let longest = MAX_TEXT_LENGTH;

/** Begins a record. @param limit the longest text of its attributes */
export function beginCopies(limit: number): void {
  valuesLeft = MAX_VALUES;
  longest = Math.min(limit, MAX_TEXT_LENGTH);
  around.length = 0;
}

/**
 * A value of the app's for an attribute or body as it is now, without secrets by the names of its fields; undefined if OTLP can't carry it.
 * Its getters, proxies and `toJSON` are the app's code: they run here, before anything is encoded, and what they throw costs that value
 * alone. Never throws.
 */
export function copied(value: unknown, name = ''): unknown {
  try {
    return copy(value, name);
  } catch {
    return undefined;
  }
}

/** A text of the app's for people. */
export function textCopy(text: string, limit = MAX_TEXT_LENGTH): string {
  return maskText(bounded(text, Math.min(limit, MAX_TEXT_LENGTH)));
}

function copy(value: unknown, name: string): unknown {
  if (value === undefined || value === null || typeof value === 'function') return undefined;
  if (name !== '' && isSecretName(name)) return REDACTED;
  switch (typeof value) {
    case 'string':
      return textCopy(value, longest);
    case 'number':
    case 'boolean':
      return value;
    case 'bigint':
      return BigInt.asIntN(MAX_BIGINT_BITS, value) === value ? value : undefined;
    case 'symbol':
      return textCopy(String(value), longest);
    default:
      return composite(value as object);
  }
}

function composite(value: object): unknown {
  if (value instanceof Uint8Array) return new Uint8Array(value.subarray(0, longest));
  if (around.includes(value)) return CIRCULAR;
  if (around.length >= MAX_DEPTH) return undefined;
  around.push(value);
  try {
    if (Array.isArray(value)) return list(value);
    const { toJSON } = value as { toJSON?: unknown };
    if (typeof toJSON === 'function') return copied(Reflect.apply(toJSON, value, ['']));
    if (value instanceof Error) return error(value);
    return map(value);
  } finally {
    around.pop();
  }
}

function list(value: readonly unknown[]): unknown[] {
  const items: unknown[] = [];
  for (let i = 0; i < value.length && valuesLeft-- > 0; i++) items.push(copied(value[i]) ?? null);
  return items;
}

/** Attributes of an error that is not the record's exception: its own fields are not enumerable. */
function error(value: Error): unknown {
  const members = map(value);
  for (const name of ['name', 'message', 'stack'] as const) {
    const text: unknown = value[name];
    if (typeof text === 'string') members[name] = textCopy(text, longest);
  }
  return members;
}

function map(value: object): Record<string, unknown> {
  const members: Record<string, unknown> = Object.create(null);
  for (const name of Object.keys(value)) {
    if (valuesLeft-- <= 0) break;
    if (!isAttributeName(name)) continue;
    const member = memberOf(value, name);
    if (member !== undefined) members[name] = member;
  }
  return members;
}

function memberOf(value: object, name: string): unknown {
  try {
    return copy((value as Record<string, unknown>)[name], name);
  } catch {
    return undefined;
  }
}

/** Whether a text may be the name of an attribute: halves of surrogate pairs would make two names equal in UTF-8. */
export function isAttributeName(name: string): boolean {
  return (
    name !== '' &&
    name.length <= MAX_NAME_LENGTH &&
    (name as string & { isWellFormed(): boolean }).isWellFormed()
  );
}
