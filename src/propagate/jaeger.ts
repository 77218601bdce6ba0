import { spanIdHex, traceIdHex } from '../encode/hex.ts';
import { extractPrefixed, injectPrefixed } from './prefixed.ts';
import {
  DEBUG,
  type Format,
  type HeaderGetter,
  onlyLine,
  parentOf,
  type RemoteParent,
  UNDECIDED,
} from './types.ts';

export const UBER_TRACE_ID = 'uber-trace-id';
const BAGGAGE_PREFIX = 'uberctx-';

const SAMPLED = 0x01;
/** The bits of Jaeger's flags. */
const JAEGER_SAMPLED = 0x01;
const JAEGER_DEBUG = 0x02;
/** Two ids, a parent's and flags, with every colon and more percent-encoded. */
const MAX_HEADER = 256;

/** Parses `{trace-id}:{span-id}:{parent-span-id}:{flags}`: leading zeros of the ids may be missing, colons may be percent-encoded. */
export function parseUberTraceId(header: string): RemoteParent | undefined {
  if (header.length > MAX_HEADER) return undefined;
  const parts = (header.includes(':') ? header : decoded(header)).split(':');
  if (parts.length !== 4) return undefined;
  const [traceId, spanId, , flags] = parts;
  if (traceId === '' || spanId === '') return undefined;
  return parentOf(traceId.padStart(32, '0'), spanId.padStart(16, '0'), flagsOf(flags));
}

/** What is no byte leaves the decision to the receiver. */
function flagsOf(text: string): number {
  if (!/^[\da-f]{1,2}$/i.test(text)) return UNDECIDED;
  const flags = Number.parseInt(text, 16);
  if ((flags & JAEGER_DEBUG) !== 0) return SAMPLED | DEBUG;
  return (flags & JAEGER_SAMPLED) !== 0 ? SAMPLED : 0;
}

/** Some clients encode values and some don't: what is not well-formed was not encoded. */
function decoded(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function encoded(text: string): string | undefined {
  try {
    return encodeURIComponent(text);
  } catch {
    // Lone surrogates.
    return undefined;
  }
}

function extractJaeger<C>(carrier: C, get: HeaderGetter<C>): RemoteParent | undefined {
  const header = onlyLine(get(carrier, UBER_TRACE_ID));
  return header === undefined ? undefined : parseUberTraceId(header);
}

/** Jaeger's own headers, `uber-trace-id` and `uberctx-*` (https://www.jaegertracing.io/sdk-migration/#propagation-format). */
export const JAEGER: Format = {
  name: 'jaeger',
  fields: [UBER_TRACE_ID],
  extract: extractJaeger,
  inject(carrier, set, t0, t1, t2, t3, s0, s1, flags) {
    const sampled = (flags & DEBUG) !== 0 ? '3' : String(flags & SAMPLED);
    // The parent's id is not used any more, but has to be there.
    set(carrier, UBER_TRACE_ID, `${traceIdHex(t0, t1, t2, t3)}:${spanIdHex(s0, s1)}:0:${sampled}`);
  },
  baggagePrefix: BAGGAGE_PREFIX,
  extractBaggage: (carrier, get) => extractPrefixed(carrier, get, BAGGAGE_PREFIX, decoded),
  injectBaggage: (carrier, set, baggage, max) =>
    injectPrefixed(carrier, set, baggage, max, BAGGAGE_PREFIX, encoded),
};
