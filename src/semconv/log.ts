import { active } from '../context/active.ts';
import { spanIdHex, traceIdHex } from '../encode/hex.ts';
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
    trace_flags: (flags & 0xff).toString(16).padStart(2, '0'),
  };
}
