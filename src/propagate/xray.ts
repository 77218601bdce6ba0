import type { Baggage } from '@opentelemetry/api';
import { hex32, spanIdHex } from '../encode/hex.ts';
import { baggageFromHeader, baggagePair } from './baggage.ts';
import { type Format, type HeaderGetter, onlyLine, parentOf, type RemoteParent, UNDECIDED } from './types.ts';

export const AMZN_TRACE_ID = 'x-amzn-trace-id';
/** Its name in the headers of messages, which have cases; those of HTTP are read by the other one. */
const CASED = 'X-Amzn-Trace-Id';

const SAMPLED = 0x01;
const MAX_HEADER = 1_024;
/** `1-{time}-{random}` */
const ROOT = /^1-([\da-f]{8})-([\da-f]{24})$/i;
/** By which AWS finds functions that call themselves: `{resource hash}:{count}|…`. */
const LINEAGE = 'Lineage';
const IS_LINEAGE = /^[\da-f]{8}:\d{1,5}(\|[\da-f]{8}:\d{1,5}){0,2}$/i;

/** Fields of the header, by name; unknown ones, such as the `Self` of a load balancer, are nobody's here. */
function fieldsOf(header: string): Record<string, string> {
  const fields: Record<string, string> = Object.create(null);
  for (const part of header.split(';')) {
    const equals = part.indexOf('=');
    if (equals > 0) fields[part.slice(0, equals).trim()] = part.slice(equals + 1).trim();
  }
  return fields;
}

function headerIn<C>(carrier: C, get: HeaderGetter<C>): string | undefined {
  const header = onlyLine(get(carrier, AMZN_TRACE_ID) ?? get(carrier, CASED));
  return header === undefined || header.length > MAX_HEADER ? undefined : header;
}

/** Parses `Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1`, its fields in any order. */
export function parseAmznTraceId(header: string): RemoteParent | undefined {
  const { Root: root = '', Parent: parent = '', Sampled: sampled } = fieldsOf(header);
  const [, time, random] = ROOT.exec(root) ?? [];
  if (time === undefined) return undefined;
  // `?`, and none at all, leave the decision to the receiver.
  const flags = sampled === '1' ? SAMPLED : sampled === '0' ? 0 : UNDECIDED;
  return parentOf(time + random, parent, flags);
}

function extractXray<C>(carrier: C, get: HeaderGetter<C>): RemoteParent | undefined {
  const header = headerIn(carrier, get);
  return header === undefined ? undefined : parseAmznTraceId(header);
}

function lineageOf(baggage: string | Baggage | undefined): string | undefined {
  if (baggage === undefined) return undefined;
  const entries = typeof baggage === 'string' ? baggageFromHeader(baggage) : baggage;
  const lineage = entries.getEntry(LINEAGE)?.value;
  return lineage !== undefined && IS_LINEAGE.test(lineage) ? lineage : undefined;
}

/**
 * The header of AWS X-Ray (https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader). Of its
 * further fields `Lineage` goes on, as baggage: without it AWS would not see that functions call each other in a circle.
 */
export const XRAY: Format = {
  name: 'xray',
  fields: [AMZN_TRACE_ID],
  extract: extractXray,
  inject(carrier, set, t0, t1, t2, t3, s0, s1, flags, _traceState, baggage) {
    const sampled = (flags & UNDECIDED) !== 0 ? '?' : String(flags & SAMPLED);
    const root = `1-${hex32(t0)}-${hex32(t1)}${hex32(t2)}${hex32(t3)}`;
    const lineage = lineageOf(baggage);
    const more = lineage === undefined ? '' : `;${LINEAGE}=${lineage}`;
    set(carrier, AMZN_TRACE_ID, `Root=${root};Parent=${spanIdHex(s0, s1)};Sampled=${sampled}${more}`);
  },
  extractBaggage(carrier, get) {
    const header = headerIn(carrier, get);
    if (header === undefined || !header.includes(LINEAGE)) return undefined;
    const { [LINEAGE]: lineage = '' } = fieldsOf(header);
    return IS_LINEAGE.test(lineage) ? baggagePair(LINEAGE, lineage) : undefined;
  },
};
