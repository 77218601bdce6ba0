import { active } from '../context/active.ts';
import { hex8, spanIdHex, traceIdHex } from '../encode/hex.ts';
import { DENIED, NO_SPAN } from '../trace/span-context.ts';
import { parentIds } from '../operation/start.ts';

/** What a record is told of the span that it is written in, under the names of OpenTelemetry's convention for logs that are not OTLP. */
export interface LogIds {
  readonly trace_id: string;
  readonly span_id: string;
  /** Two hexadecimal digits: `01` sampled, `00` not. */
  readonly trace_flags: string;
}

/** The ids of the active span, also of one that is not recorded; undefined outside of any. */
export function logIds(): LogIds | undefined {
  const ids = parentIds(active());
  if (ids === undefined || ids === NO_SPAN || ids === DENIED) return undefined;
  const { t0, t1, t2, t3, s0, s1, flags } = ids;
  return {
    trace_id: traceIdHex(t0, t1, t2, t3),
    span_id: spanIdHex(s0, s1),
    trace_flags: hex8(flags),
  };
}

/** Quotes in a text are escaped, so that only names of fields match: of the record, or of what is in it. */
const NAMED = /(?:trace_id|span_id|trace_flags)":/;

/**
 * A record that a logger has made a line of JSON, with the ids of the active span at its end. Whoever has ids of its own in it, however they
 * got there, keeps them: a span's id beside another's trace would tell nothing.
 */
export function withLogIds(line: string): string {
  const ids = logIds();
  if (ids === undefined) return line;
  const end = line.lastIndexOf('}');
  if (end < 0 || (NAMED.test(line) && hasIds(line))) return line;
  const comma = line[end - 1] === '{' ? '' : ',';
  return `${line.slice(0, end)}${comma}"trace_id":"${ids.trace_id}","span_id":"${ids.span_id}","trace_flags":"${ids.trace_flags}"${line.slice(end)}`;
}

/** True too for what cannot be read: an app's own stringifier may have written it. */
function hasIds(line: string): boolean {
  try {
    const record: object = JSON.parse(line);
    return 'trace_id' in record || 'span_id' in record || 'trace_flags' in record;
  } catch {
    return true;
  }
}
