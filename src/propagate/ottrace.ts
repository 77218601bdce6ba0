import { hex32, spanIdHex } from '../encode/hex.ts';
import { extractPrefixed, injectPrefixed } from './prefixed.ts';
import { type Format, type HeaderGetter, onlyLine, parentOf, type RemoteParent, UNDECIDED } from './types.ts';

const TRACE_ID = 'ot-tracer-traceid';
const SPAN_ID = 'ot-tracer-spanid';
const SAMPLED_HEADER = 'ot-tracer-sampled';
const BAGGAGE_PREFIX = 'ot-baggage-';

const SAMPLED = 0x01;

function extractOtTrace<C>(carrier: C, get: HeaderGetter<C>): RemoteParent | undefined {
  const traceId = onlyLine(get(carrier, TRACE_ID));
  const spanId = onlyLine(get(carrier, SPAN_ID));
  if (traceId === undefined || spanId === undefined) return undefined;
  return parentOf(traceId, spanId, flagsOf(onlyLine(get(carrier, SAMPLED_HEADER))));
}

function flagsOf(state: string | undefined): number {
  if (state === 'true' || state === '1') return SAMPLED;
  return state === 'false' || state === '0' ? 0 : UNDECIDED;
}

const asIs = (text: string): string => text;

/** Nothing is encoded here, so what is no header can't be sent. */
const sendable = (text: string): string | undefined => (/^[\x20-\x7e]*$/.test(text) ? text : undefined);

/** The headers of OpenTracing's basic tracers, `ot-tracer-*` and `ot-baggage-*`. Its trace ids have 64 bits: the lower half of ours. */
export const OT_TRACE: Format = {
  name: 'ottrace',
  fields: [TRACE_ID, SPAN_ID, SAMPLED_HEADER],
  extract: extractOtTrace,
  inject(carrier, set, _t0, _t1, t2, t3, s0, s1, flags) {
    set(carrier, TRACE_ID, hex32(t2) + hex32(t3));
    set(carrier, SPAN_ID, spanIdHex(s0, s1));
    if ((flags & UNDECIDED) === 0) set(carrier, SAMPLED_HEADER, (flags & SAMPLED) !== 0 ? 'true' : 'false');
  },
  baggagePrefix: BAGGAGE_PREFIX,
  // As other implementations: baggage belongs to a trace here.
  extractBaggage: (carrier, get) =>
    extractOtTrace(carrier, get) && extractPrefixed(carrier, get, BAGGAGE_PREFIX, asIs),
  injectBaggage: (carrier, set, baggage, max) =>
    injectPrefixed(carrier, set, baggage, max, BAGGAGE_PREFIX, sendable),
};
