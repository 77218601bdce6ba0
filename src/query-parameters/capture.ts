import { types } from 'node:util';
import { bounded } from '../encode/flat-copy.ts';
import { setParameterCapture } from '../semconv/db.ts';
import { DB_QUERY_PARAMETER } from '../semconv/keys.ts';
import type { Span } from '../trace/span.ts';
import { parameterText } from './text.ts';

/** More values than this are those of a bulk insertion: they would fill the span. */
const MAX_PARAMETERS = 100;
const MAX_NAME = 128;

/** Records bound values as `db.query.parameter.<name or index from 0 on>`, each as text. */
export function startParameterCapture(): void {
  setParameterCapture(capture);
}

function capture(span: Span, values: unknown): void {
  if (values === undefined || values === null) return;
  if (typeof values !== 'object' || isValue(values)) {
    span.setAttribute(`${DB_QUERY_PARAMETER}0`, parameterText(values));
    return;
  }
  // Its traps are the app's code.
  if (types.isProxy(values)) return;
  const isList = Array.isArray(values);
  const names = isList ? undefined : Object.keys(values);
  const count = Math.min(isList ? values.length : (names as string[]).length, MAX_PARAMETERS);
  for (let i = 0; i < count; i++) {
    const name = names === undefined ? String(i) : names[i];
    const descriptor = Object.getOwnPropertyDescriptor(values, name);
    if (descriptor !== undefined && 'value' in descriptor)
      span.setAttribute(DB_QUERY_PARAMETER + bounded(name, MAX_NAME), parameterText(descriptor.value));
  }
}

/** One value, rather than a list or names of several. */
function isValue(given: object): boolean {
  return types.isDate(given) || ArrayBuffer.isView(given) || types.isBoxedPrimitive(given);
}
