import { FORETRACE_DB_SLOW } from '../semconv/keys-own.ts';
import type { Span } from '../trace/span.ts';
import type { CallLine } from './call-line.ts';
import { addStatementEvent, lineAttributes } from './event.ts';

/**
 * Marks a call that took long, and tells the span that it is below: the call itself, where that is another process's or over. There as many
 * times as it has room for events.
 */
export function noteSlow(
  span: Span,
  parent: Span | undefined,
  durationMs: number,
  line: CallLine | undefined,
): void {
  span.setAttribute(FORETRACE_DB_SLOW.name, true);
  span.setAttributes(lineAttributes(line));
  const told = parent === undefined || parent.ended ? span : parent;
  addStatementEvent(told, FORETRACE_DB_SLOW.name, span.name, durationMs, line, {});
}
