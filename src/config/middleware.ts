import { shown } from './parse.ts';

/**
 * The calls of middleware, hooks and handlers that become spans: those that took at least so many ms themselves; 0 is all of them, which
 * are parents then of what is done below them. Undefined for none.
 */
export type MiddlewareSpans = number | undefined;

const SLOW = /^slow:(\d{1,7}(?:\.\d{1,3})?)\s*(ms|s)$/;

/** Reads `off`, `on` or `slow:5ms`; undefined, as for `off`, if it is none of these. */
export function parseMiddlewareSpans(text: string | undefined): MiddlewareSpans {
  if (text?.toLowerCase() === 'on') return 0;
  const [, number, unit] = SLOW.exec(text?.toLowerCase() ?? '') ?? [];
  // No time at all would be `on`, which is something else.
  return number === undefined || Number(number) === 0
    ? undefined
    : Number(number) * (unit === 's' ? 1000 : 1);
}

/** What is wrong with a text, as the end of a sentence that begins with the variable. */
export function middlewareProblem(text: string | undefined): string | undefined {
  if (text === undefined || text.toLowerCase() === 'off' || parseMiddlewareSpans(text) !== undefined)
    return undefined;
  return `=${shown(text)} is not one of off, on, slow:5ms (any time in ms or s); off is used`;
}
