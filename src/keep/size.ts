import type { Block } from '../encode/span.ts';
import type { Span } from '../trace/span.ts';

/** The object itself, its lists, and numbers in them. */
const SPAN_BYTES = 400;
const ITEM_BYTES = 16;
const RECORD_BYTES = 200;

/** About how many bytes a span keeps from being freed. What it shares with other spans is counted with each. */
export function sizeOf({ own, ownLength, user, events, links }: Span): number {
  let bytes = SPAN_BYTES;
  if (own !== undefined) {
    for (let i = 0; i < ownLength; i += 2) {
      const value = own[i + 1];
      bytes += value === undefined ? (own[i] as Block).bytes.length : sizeOfValue(value);
    }
  }
  if (user !== undefined) bytes += sizeOfList(user);
  if (events !== undefined)
    for (const { attributes } of events) bytes += RECORD_BYTES + sizeOfList(attributes);
  if (links !== undefined) for (const { attributes } of links) bytes += RECORD_BYTES + sizeOfList(attributes);
  return bytes;
}

function sizeOfList(list: readonly unknown[]): number {
  let bytes = 0;
  for (let i = 0; i < list.length; i++) bytes += sizeOfValue(list[i]);
  return bytes;
}

function sizeOfValue(value: unknown): number {
  if (typeof value === 'string') return ITEM_BYTES + value.length;
  if (typeof value !== 'object' || value === null) return ITEM_BYTES;
  if (value instanceof Uint8Array) return ITEM_BYTES + value.length;
  return ITEM_BYTES + sizeOfList(Array.isArray(value) ? value : Object.values(value));
}
