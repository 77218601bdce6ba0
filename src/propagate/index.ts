import type { Baggage } from '@opentelemetry/api';
import {
  B3,
  B3_FLAGS,
  B3_SAMPLED,
  B3_SPAN_ID,
  B3_TRACE_ID,
  extractB3,
  injectB3,
  injectB3Multi,
} from './b3.ts';
import {
  BAGGAGE,
  extractBaggageHeader,
  headerFromBaggage,
  limitBaggage,
  MAX_BAGGAGE_BYTES,
} from './baggage.ts';
import { extractTraceContext, injectTraceContext, TRACEPARENT, TRACESTATE } from './tracecontext.ts';
import type { HeaderGetter, HeaderSetter, RemoteParent } from './types.ts';

export { carriesIds } from './b3.ts';
export type { HeaderGetter, HeaderSetter, RemoteParent } from './types.ts';

/** The names of `OTEL_PROPAGATORS` that are known. */
export const PROPAGATORS = ['tracecontext', 'baggage', 'b3', 'b3multi', 'none'] as const;

/** What travels between processes, in and out. None of its functions throws, whatever the headers are. */
export interface Propagator {
  /** The headers that are written, in lower case. */
  readonly fields: readonly string[];
  /** Those of them that name the trace. They belong together: whoever writes one of them takes out what was there of the others. */
  readonly traceFields: readonly string[];
  /**
   * The remote parent. Undefined if there is none that is valid: a new trace starts. All-zero ids (B3 only) deny the recording of
   * the new trace: see `carriesIds`.
   */
  extract<C>(carrier: C, get: HeaderGetter<C>): RemoteParent | undefined;
  /** The baggage as a header value that is valid and within the limits; `baggageFromHeader` reads it. */
  extractBaggage<C>(carrier: C, get: HeaderGetter<C>): string | undefined;
  /** Writes the headers for a span, given by its ids (all zero: no span, baggage alone), and for baggage in either form. */
  inject<C>(
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
  ): void;
}

/**
 * The combination of propagators that `OTEL_PROPAGATORS` names; unknown names and repetitions are passed over, `none` adds nothing.
 * Where several find a parent the last one named wins, as in the specification's composite propagator. `maxBaggage` is the most
 * baggage that is written, in characters.
 */
export function propagator(names: readonly string[], maxBaggage: number = MAX_BAGGAGE_BYTES): Propagator {
  const w3c = names.lastIndexOf('tracecontext');
  const b3Single = names.lastIndexOf('b3');
  const b3Multi = names.lastIndexOf('b3multi');
  const b3 = Math.max(b3Single, b3Multi);
  const hasBaggage = names.includes('baggage');
  const fields: string[] = [];
  if (w3c >= 0) fields.push(TRACEPARENT, TRACESTATE);
  if (b3Single >= 0) fields.push(B3);
  if (b3Multi >= 0) fields.push(B3_TRACE_ID, B3_SPAN_ID, B3_SAMPLED, B3_FLAGS);
  const traceFields = [...fields];
  if (hasBaggage) fields.push(BAGGAGE);

  return {
    fields,
    traceFields,
    extract(carrier, get) {
      try {
        if (b3 < 0) return w3c < 0 ? undefined : extractTraceContext(carrier, get);
        if (w3c < 0) return extractB3(carrier, get);
        return w3c > b3
          ? (extractTraceContext(carrier, get) ?? extractB3(carrier, get))
          : (extractB3(carrier, get) ?? extractTraceContext(carrier, get));
      } catch {
        return undefined;
      }
    },
    extractBaggage(carrier, get) {
      if (!hasBaggage) return undefined;
      try {
        return extractBaggageHeader(carrier, get);
      } catch {
        return undefined;
      }
    },
    inject(carrier, set, t0, t1, t2, t3, s0, s1, flags, traceState, baggage) {
      try {
        if ((t0 | t1 | t2 | t3) !== 0 && (s0 | s1) !== 0) {
          if (w3c >= 0) injectTraceContext(carrier, set, t0, t1, t2, t3, s0, s1, flags, traceState);
          if (b3Single >= 0) injectB3(carrier, set, t0, t1, t2, t3, s0, s1, flags);
          if (b3Multi >= 0) injectB3Multi(carrier, set, t0, t1, t2, t3, s0, s1, flags);
        }
        if (hasBaggage && baggage !== undefined) {
          const header =
            typeof baggage === 'string'
              ? limitBaggage(baggage, maxBaggage)
              : headerFromBaggage(baggage, maxBaggage);
          if (header !== undefined) set(carrier, BAGGAGE, header);
        }
      } catch {
        // A setter may throw (headers already sent); the request goes on without our headers.
      }
    },
  };
}
