import type { Baggage } from '@opentelemetry/api';
import { parseHex32 } from '../encode/hex.ts';

/** B3 only, beside the trace flags, which are the lower 8 bits: the caller debugs, which every service is to know. Implies sampled. */
export const DEBUG = 0x400;
/** B3 only: the caller leaves the decision to the receiver. */
export const UNDECIDED = 0x800;

/** A remote parent as integers; ids are int32 halves, most significant first. */
export interface RemoteParent {
  t0: number;
  t1: number;
  t2: number;
  t3: number;
  s0: number;
  s1: number;
  /** W3C trace flags: 0x01 sampled, 0x02 random trace id; and {@link DEBUG}, {@link UNDECIDED}. */
  flags: number;
  /** The `tracestate` list, normalised and valid; undefined if there was none or it was refused. */
  traceState: string | undefined;
}

/** Reads a header; a name is given in lower case. An array is one entry for each header line. */
export interface HeaderGetter<C> {
  (carrier: C, name: string): string | string[] | undefined;
  /** The names of all headers, by which they can be read. Absent where a carrier can't be listed. */
  keys?(carrier: C): readonly string[];
}

/** Writes a header. */
export type HeaderSetter<C> = (carrier: C, name: string, value: string) => void;

/** A way in which a trace is written into headers. */
export interface Format {
  /** In `OTEL_PROPAGATORS`. */
  readonly name: string;
  /** The headers that name the trace, in lower case. */
  readonly fields: readonly string[];
  /** The parent that a carrier names. Formats that read the same headers have the same function. */
  readonly extract: <C>(carrier: C, get: HeaderGetter<C>) => RemoteParent | undefined;
  /** Writes the headers for a span. */
  readonly inject: <C>(
    carrier: C,
    set: HeaderSetter<C>,
    t0: number,
    t1: number,
    t2: number,
    t3: number,
    s0: number,
    s1: number,
    flags: number,
    traceState: string | undefined,
    baggage: string | Baggage | undefined,
  ) => void;
  /** The baggage in headers of its own, as a text of W3C Baggage. */
  readonly extractBaggage?: <C>(carrier: C, get: HeaderGetter<C>) => string | undefined;
  /** What the names of these headers begin with, in lower case; the key follows. */
  readonly baggagePrefix?: string;
  /** Writes at most `max` characters of baggage into headers of its own. */
  readonly injectBaggage?: <C>(carrier: C, set: HeaderSetter<C>, baggage: Baggage, max: number) => void;
}

/** A parent from its ids as text: 16 or 32 digits for the trace (64-bit ids are padded on the left), 16 for the span. */
export function parentOf(traceId: string, spanId: string, flags: number): RemoteParent | undefined {
  if (spanId.length !== 16 || (traceId.length !== 16 && traceId.length !== 32)) return undefined;
  const trace = traceId.toLowerCase();
  const span = spanId.toLowerCase();
  const long = trace.length === 32;
  const t0 = long ? parseHex32(trace, 0) : 0;
  const t1 = long ? parseHex32(trace, 8) : 0;
  const t2 = parseHex32(trace, long ? 16 : 0);
  const t3 = parseHex32(trace, long ? 24 : 8);
  const s0 = parseHex32(span, 0);
  const s1 = parseHex32(span, 8);
  if (Number.isNaN(t0 + t1 + t2 + t3 + s0 + s1)) return undefined;
  if ((t0 | t1 | t2 | t3) === 0 || (s0 | s1) === 0) return undefined;
  return { t0, t1, t2, t3, s0, s1, flags, traceState: undefined };
}

/** The only line of a header; undefined if there is none, or more than one where one is allowed. */
export function onlyLine(header: string | string[] | undefined): string | undefined {
  if (typeof header === 'string') return header;
  return Array.isArray(header) && header.length === 1 && typeof header[0] === 'string'
    ? header[0]
    : undefined;
}
