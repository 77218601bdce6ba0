import type { Span } from '../trace/span.ts';
import { ERROR_TYPE } from './keys.ts';
import { isSecret } from './secret-errors.ts';

const MAX_TYPE_LENGTH = 128;
const OTHER = '_OTHER';

/** `error.type`: an error's code if it has one (`ECONNREFUSED`), else its class, else `_OTHER`. */
export function errorType(error: unknown): string {
  if (typeof error !== 'object' || error === null) return OTHER;
  const { code, name, constructor } = error as {
    code?: unknown;
    name?: unknown;
    constructor?: { name?: unknown };
  };
  if (typeof code === 'string' && code !== '') return code.slice(0, MAX_TYPE_LENGTH);
  if (typeof name === 'string' && name !== '' && name !== 'Error') return name.slice(0, MAX_TYPE_LENGTH);
  const className = constructor?.name;
  if (typeof className === 'string' && className !== '' && className !== 'Object') {
    return className.slice(0, MAX_TYPE_LENGTH);
  }
  return OTHER;
}

/**
 * Records an exception as a span event. Of a database's error only type and stack are sent: its text may quote values.
 */
export function recordException(span: Span, error: unknown, atMs: number): void {
  if (!isSecret(error)) {
    span.recordException(error as Error, atMs);
    return;
  }
  const { stack } = error as { stack?: unknown };
  const type = errorType(error);
  const trace = typeof stack === 'string' ? `${type}\n${framesOf(stack)}` : undefined;
  span.addEvent('exception', { 'exception.type': type, 'exception.stacktrace': trace }, atMs);
}

/**
 * The frames at the end of a stack. Taking the message out by its text fails where the app has changed it since: the stack
 * keeps the first one.
 */
function framesOf(stack: string): string {
  const lines = stack.split('\n');
  let first = lines.length;
  while (first > 1 && lines[first - 1].startsWith('    at ')) first--;
  return lines.slice(first).join('\n');
}

/** Marks a span as failed: status Error and `error.type`. */
export function failed(span: Span, type: string, message?: string): void {
  span.add(ERROR_TYPE, type);
  span.fail(message);
}
