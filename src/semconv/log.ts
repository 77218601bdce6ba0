import { active } from '../context/active.ts';
import { hex8, spanIdHex, traceIdHex } from '../encode/hex.ts';
import type { Scope } from '../trace/scope.ts';
import { DENIED, NO_SPAN, type SpanIds } from '../trace/span-context.ts';
import { parentIds } from '../operation/start.ts';

/** What records are told of the span that they are written in: a name for each. */
interface Names {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceFlags: string;
}

/** Those of OpenTelemetry's convention for logs that are not OTLP. */
let names: Names = { traceId: 'trace_id', spanId: 'span_id', traceFlags: 'trace_flags' };
/** What stands before each of the three values in a line of JSON. */
let before = ['"trace_id":"', '","span_id":"', '","trace_flags":"'];
/** Quotes in a text are escaped, so that only names of fields match: of the record, or of what is in it. */
let named = /(?:trace_id|span_id|trace_flags)":/;

/** Takes other names (`OTEL_INSTRUMENTATION_COMMON_LOGGING_*`). */
export function setLogNames(wanted: Names): void {
  names = wanted;
  before = Object.values(wanted).map((name, i) => `${i === 0 ? '' : '",'}${JSON.stringify(name)}:"`);
  const text = Object.values(wanted)
    .map((name) =>
      JSON.stringify(name)
        .slice(1)
        .replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&'),
    )
    .join('|');
  named = new RegExp(`(?:${text}):`);
}

/** The names of what a record is told of its span. */
export function logNames(): readonly string[] {
  return [names.traceId, names.spanId, names.traceFlags];
}

/** The ids of the active span, also of one that is not recorded; undefined outside of any. */
export function activeIds(): SpanIds | undefined {
  const ids = parentIds(active());
  return ids === undefined || ids === NO_SPAN || ids === DENIED ? undefined : ids;
}

/** Ids and flags (two hexadecimal digits: `01` sampled, `00` not) of the active span under the names that records have them under. */
export function logIds(): Record<string, string> | undefined {
  const ids = activeIds();
  if (ids === undefined) return undefined;
  return {
    [names.traceId]: traceIdHex(ids.t0, ids.t1, ids.t2, ids.t3),
    [names.spanId]: spanIdHex(ids.s0, ids.s1),
    [names.traceFlags]: hex8(ids.flags),
  };
}

/** Whether a record has ids of its own: then it keeps them, since a span's id beside another's trace would tell nothing. */
export function hasLogIds(record: object): boolean {
  return names.traceId in record || names.spanId in record || names.traceFlags in record;
}

/**
 * A record that a logger has made a line of JSON, with the ids of a span at its end, unless it has ids of its own.
 * @param isFree whether it is known that it has none
 */
export function withLogIds(line: string, ids: SpanIds | undefined, isFree: boolean): string {
  if (ids === undefined) return line;
  const end = line.lastIndexOf('}');
  if (end < 0 || (!isFree && named.test(line) && lineHasIds(line))) return line;
  const comma = line[end - 1] === '{' ? '' : ',';
  const [first, second, third] = before;
  const traceId = traceIdHex(ids.t0, ids.t1, ids.t2, ids.t3);
  return `${line.slice(0, end)}${comma}${first}${traceId}${second}${spanIdHex(ids.s0, ids.s1)}${third}${hex8(ids.flags)}"${line.slice(end)}`;
}

/** True too for what cannot be read: an app's own stringifier may have written it. */
function lineHasIds(line: string): boolean {
  try {
    return hasLogIds(JSON.parse(line));
  } catch {
    return true;
  }
}

/** Where in a logger's lines stands what. */
export interface LineKeys {
  /** The message. */
  readonly body: string;
  /** The error. */
  readonly error: string;
  /** What a record of OTLP says elsewhere: level, time, what the resource has. */
  readonly skipped: readonly string[];
}

/** A record as a logger was given it. */
export interface LoggedRecord {
  /** OTLP's number; 0 = unknown. */
  readonly severity: number;
  /** The logger's word for it. */
  readonly level: string;
  /** When it was written, in ms since the epoch; undefined = now. */
  readonly timeMs?: number;
  /** A text or an object; a list of arguments of `util.format` is `args`. */
  readonly message?: unknown;
  readonly args?: readonly unknown[];
  /** Attributes: its enumerable fields, without those in `skipped`. */
  readonly fields?: object;
  readonly skipped?: ReadonlySet<string>;
  /** The fields may have ids of the span that it was written in, which counts more than the active one. */
  readonly carriesIds?: boolean;
}

/** Takes what the loggers of the app write, to export it. Never throws. */
export interface LogSink {
  /**
   * A line of JSON as the logger has written it.
   * @param severity OTLP's number; 0 = unknown
   * @param level the logger's word for it
   * @param timeMs when it was written, in ms since the epoch; undefined = now
   * @param span the span that it was written in
   * @returns true when it is known that there are no ids of a span in it
   */
  line(
    scope: Scope,
    line: string,
    severity: number,
    level: string,
    keys: LineKeys,
    timeMs: number | undefined,
    span: SpanIds | undefined,
  ): boolean;
  record(scope: Scope, record: LoggedRecord): void;
}

let sink: LogSink | undefined;

export function setLogSink(next: LogSink): void {
  sink = next;
}

/** Undefined where no log records are exported. */
export function logSink(): LogSink | undefined {
  return sink;
}
