import type { Span } from '../trace/span.ts';
import { ERROR_TYPE } from './keys.ts';

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

/** Marks a span as failed: status Error and `error.type`. */
export function failed(span: Span, type: string, message?: string): void {
  span.add(ERROR_TYPE, type);
  span.fail(message);
}
