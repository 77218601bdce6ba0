import type { EncodableEvent } from '../encode/span.ts';
import { CODE_FILE_PATH, CODE_FUNCTION_NAME, CODE_LINE_NUMBER, DB_QUERY_SUMMARY } from '../semconv/keys.ts';
import { FORETRACE_DB_DURATION } from '../semconv/keys-own.ts';
import type { Span } from '../trace/span.ts';
import type { CallLine } from './call-line.ts';

/** Tells, on a span, of statements; returns the event, or undefined if the span has no room for it. */
export function addStatementEvent(
  span: Span,
  name: string,
  summary: string,
  durationMs: number,
  line: CallLine | undefined,
  more: Readonly<Record<string, unknown>>,
): EncodableEvent | undefined {
  const before = span.events?.length ?? 0;
  span.addEvent(name, {
    [DB_QUERY_SUMMARY.name]: summary,
    [FORETRACE_DB_DURATION.name]: rounded(durationMs),
    ...more,
    ...lineAttributes(line),
  });
  return span.events?.[before];
}

export function lineAttributes(line: CallLine | undefined): Record<string, string | number> {
  if (line === undefined) return {};
  return {
    [CODE_FILE_PATH.name]: line.file,
    [CODE_LINE_NUMBER.name]: line.line,
    ...(line.function !== undefined && { [CODE_FUNCTION_NAME.name]: line.function }),
  };
}

/** To the microsecond: what is beyond is the clock's. */
export function rounded(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}
