import { active, adopt } from '../context/active.ts';
import { type Context, ROOT } from '../context/context.ts';
import { textMapPropagator } from '../api/propagator.ts';
import { inject, replacedFields } from '../propagate/current.ts';
import { onlyLine } from '../propagate/types.ts';
import type { SpanIds } from '../trace/span-context.ts';

/** What carries a span on in a message or in a call's metadata: header fields by name. */
export type Fields = Readonly<Record<string, string>>;

/** The fields that carry a span and the baggage of a context on. */
export function fieldsOf(span: SpanIds, context: Context): Fields {
  const fields: Record<string, string> = {};
  inject(fields, setField, span, context.baggage);
  return fields;
}

/** The fields that carry on what is active, for what is handed to another process or thread in the middle of an operation. */
export function currentFields(): Fields {
  const fields: Record<string, string> = {};
  textMapPropagator.inject(active(), fields, { set: setField });
  return fields;
}

/** The context that came with headers, for what has no span of its own. */
export function contextOf(headers: unknown): Context {
  return adopt(textMapPropagator.extract(ROOT, headers, { get: headerOf, keys: () => [] }));
}

function setField(fields: Record<string, string>, name: string, value: string): void {
  fields[name] = value;
}

/**
 * A copy of an app's headers with the fields. A trace that the app has named itself, as those do that pass a message on, stays; then
 * nothing is added to it.
 */
export function withFields(headers: unknown, fields: Fields): Record<string, unknown> {
  const own = typeof headers === 'object' && headers !== null ? headers : {};
  return replacedFields(undefined).some((name) => name in own) ? { ...own } : { ...own, ...fields };
}

/** The first of the fields that fit into so many bytes: more of them would cost the app its message, or its connection. */
export function fitting(fields: Fields, room: number): Fields {
  let left = room;
  const fit = Object.entries(fields).filter(([name, value]) => (left -= name.length + value.length) >= 0);
  return Object.fromEntries(fit);
}

/** A header of a message, which may be anything: text, a buffer of it, or what a stranger has put there. */
export function headerOf(headers: unknown, name: string): string | string[] | undefined {
  if (typeof headers !== 'object' || headers === null || !Object.hasOwn(headers, name)) return undefined;
  const value = (headers as Record<string, unknown>)[name];
  if (value instanceof Uint8Array)
    return value.byteLength > MAX_HEADER ? undefined : String(Buffer.from(value));
  return onlyLine(value as string | string[] | undefined);
}

headerOf.keys = (headers: unknown): readonly string[] =>
  typeof headers === 'object' && headers !== null ? Object.keys(headers) : [];

const MAX_HEADER = 16_384;
