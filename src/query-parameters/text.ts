import { types } from 'node:util';
import { bounded } from '../encode/flat-copy.ts';

const MAX_TEXT = 1_024;
const MAX_DEPTH = 4;
const MAX_ITEMS = 64;
const MAX_BIGINT_BITS = 1_024;

/**
 * A bound value as text, at most 1,024 characters: texts and numbers as they are, times in ISO 8601, bytes as their number, lists and
 * objects as JSON. No code of the app's runs for it: getters, proxies and `toJSON` are passed over.
 */
export function parameterText(value: unknown): string {
  if (typeof value === 'string') return bounded(value, MAX_TEXT);
  const left = { items: MAX_ITEMS };
  const plain = plainOf(value, 0, left);
  return bounded(typeof plain === 'string' ? plain : (JSON.stringify(plain) ?? 'null'), MAX_TEXT);
}

function plainOf(value: unknown, depth: number, left: { items: number }): unknown {
  switch (typeof value) {
    case 'string':
      return bounded(value, MAX_TEXT);
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'boolean':
      return value;
    case 'bigint':
      return BigInt.asIntN(MAX_BIGINT_BITS, value) === value ? String(value) : '(a large integer)';
    case 'undefined':
      return null;
    case 'object':
      return value === null ? null : objectOf(value, depth, left);
    default:
      return `(${typeof value})`;
  }
}

function objectOf(value: object, depth: number, left: { items: number }): unknown {
  if (types.isProxy(value)) return '(proxy)';
  if (types.isDate(value)) {
    const ms = Date.prototype.getTime.call(value);
    return Number.isNaN(ms) ? '(invalid date)' : new Date(ms).toISOString();
  }
  if (ArrayBuffer.isView(value)) return `(${value.byteLength} bytes)`;
  if (types.isAnyArrayBuffer(value)) return `(${value.byteLength} bytes)`;
  if (depth >= MAX_DEPTH) return '(…)';
  if (Array.isArray(value)) {
    const items: unknown[] = [];
    for (let i = 0; i < value.length; i++) {
      if (left.items-- <= 0) {
        items.push('(…)');
        break;
      }
      items.push(plainOf(dataAt(value, String(i)), depth + 1, left));
    }
    return items;
  }
  const members: Record<string, unknown> = Object.create(null);
  for (const name of Object.keys(value)) {
    if (left.items-- <= 0) break;
    const descriptor = Object.getOwnPropertyDescriptor(value, name);
    if (descriptor !== undefined && 'value' in descriptor)
      members[bounded(name, MAX_TEXT)] = plainOf(descriptor.value, depth + 1, left);
  }
  return members;
}

function dataAt(object: object, name: string): unknown {
  return Object.getOwnPropertyDescriptor(object, name)?.value;
}
