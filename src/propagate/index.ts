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
  baggageFromHeader,
  extractBaggageHeader,
  headerFromBaggage,
  limitBaggage,
  MAX_BAGGAGE_BYTES,
  mergedBaggage,
} from './baggage.ts';
import { extractTraceContext, injectTraceContext, TRACEPARENT, TRACESTATE } from './tracecontext.ts';
import type { Format, HeaderGetter, HeaderSetter, RemoteParent } from './types.ts';

export { carriesIds } from './b3.ts';
export type { Format, HeaderGetter, HeaderSetter, RemoteParent } from './types.ts';

const FORMATS: readonly Format[] = [
  {
    name: 'tracecontext',
    fields: [TRACEPARENT, TRACESTATE],
    extract: extractTraceContext,
    inject: injectTraceContext,
  },
  { name: 'b3', fields: [B3], extract: extractB3, inject: injectB3 },
  {
    name: 'b3multi',
    fields: [B3_TRACE_ID, B3_SPAN_ID, B3_SAMPLED, B3_FLAGS],
    extract: extractB3,
    inject: injectB3Multi,
  },
];

/** What travels between processes, in and out. None of its functions throws, whatever the headers are. */
export interface Propagator {
  /** The headers that are written, in lower case. */
  readonly fields: readonly string[];
  /** Those of them that name the trace. They belong together: whoever writes one of them takes out what was there of the others. */
  readonly traceFields: readonly string[];
  /** All headers that are written for baggage as well, also those that are called after its keys. */
  fieldsFor(baggage: string | Baggage): readonly string[];
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
 * Where several find a parent the last one named wins, as in the specification's composite propagator; where several find baggage, the
 * last one does for each key. `maxBaggage` is the most baggage that is written, in characters, by all that write it together; `further` are formats that may be
 * named besides those that are always known.
 */
export function propagator(
  names: readonly string[],
  maxBaggage: number = MAX_BAGGAGE_BYTES,
  further: readonly Format[] = [],
): Propagator {
  const known = [...FORMATS, ...further];
  const named = names.filter((name, i) => names.lastIndexOf(name) === i);
  const formats = named.flatMap((name) => known.find((format) => format.name === name) ?? []);
  const extracts = [...new Set(formats.map(({ extract }) => extract).toReversed())];
  const hasBaggage = names.includes('baggage');
  const carriers = formats.filter(({ injectBaggage }) => injectBaggage !== undefined);
  // What goes out in several forms takes no more room than in one.
  const room = Math.floor(maxBaggage / Math.max(1, carriers.length + (hasBaggage ? 1 : 0)));
  const baggageExtracts = named.flatMap((name) =>
    name === 'baggage'
      ? extractBaggageHeader
      : (formats.find((one) => one.name === name)?.extractBaggage ?? []),
  );
  const traceFields = formats.flatMap(({ fields }) => fields);
  const fields = hasBaggage ? [...traceFields, BAGGAGE] : traceFields;

  return {
    fields,
    traceFields,
    fieldsFor(baggage) {
      if (carriers.length === 0) return fields;
      try {
        const keys = entriesOf(baggage)
          .getAllEntries()
          .map(([key]) => key.toLowerCase());
        return [
          ...fields,
          ...carriers.flatMap(({ baggagePrefix }) => keys.map((key) => baggagePrefix + key)),
        ];
      } catch {
        return fields;
      }
    },
    extract(carrier, get) {
      try {
        for (let i = 0; i < extracts.length; i++) {
          const found = extracts[i](carrier, get);
          if (found !== undefined) return found;
        }
        return undefined;
      } catch {
        return undefined;
      }
    },
    extractBaggage(carrier, get) {
      try {
        let found: string | undefined;
        for (let i = 0; i < baggageExtracts.length; i++) {
          const next = baggageExtracts[i](carrier, get);
          if (next !== undefined) found = found === undefined ? next : mergedBaggage(found, next);
        }
        return found;
      } catch {
        return undefined;
      }
    },
    inject(carrier, set, t0, t1, t2, t3, s0, s1, flags, traceState, baggage) {
      try {
        if ((t0 | t1 | t2 | t3) !== 0 && (s0 | s1) !== 0) {
          for (let i = 0; i < formats.length; i++)
            formats[i].inject(carrier, set, t0, t1, t2, t3, s0, s1, flags, traceState, baggage);
        }
        if (baggage === undefined) return;
        if (hasBaggage) {
          const header =
            typeof baggage === 'string' ? limitBaggage(baggage, room) : headerFromBaggage(baggage, room);
          if (header !== undefined) set(carrier, BAGGAGE, header);
        }
        for (let i = 0; i < carriers.length; i++)
          carriers[i].injectBaggage?.(carrier, set, entriesOf(baggage), room);
      } catch {
        // A setter may throw (headers already sent); the request goes on without our headers.
      }
    },
  };
}

function entriesOf(baggage: string | Baggage): Baggage {
  return typeof baggage === 'string' ? baggageFromHeader(baggage) : baggage;
}
