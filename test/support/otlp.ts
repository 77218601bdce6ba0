/** Received spans in a form that tests can compare: ids as hex, kinds and status codes as words, attributes as records. */
import { type Decoded, ExportTraceServiceRequest, readJson, readProtobuf } from './otlp-proto.ts';

export type AttributeValue =
  | string
  | boolean
  | number
  /** An integer beyond Number.MAX_SAFE_INTEGER. */
  | bigint
  | Uint8Array
  /** A value that was sent empty. */
  | null
  | AttributeValue[]
  | { [key: string]: AttributeValue };

export type Attributes = Record<string, AttributeValue>;

const KINDS = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'] as const;
const CODES = ['UNSET', 'OK', 'ERROR'] as const;

export type SpanKind = (typeof KINDS)[number];

export interface ReceivedSpan {
  traceId: string;
  spanId: string;
  /** Absent for a root. */
  parentSpanId: string | undefined;
  traceState: string | undefined;
  /** The whole 32-bit field: bits 0-7 the W3C trace flags, bit 8 "bit 9 is known", bit 9 "the parent is remote". */
  flags: number;
  name: string;
  kind: SpanKind;
  /** Nanoseconds since 1970. */
  startTimeUnixNano: bigint;
  endTimeUnixNano: bigint;
  durationMs: number;
  attributes: Attributes;
  /** The wire type of each attribute (`int` and `double` are both numbers in {@link attributes}). */
  attributeTypes: Record<string, string>;
  droppedAttributesCount: number;
  events: ReceivedEvent[];
  droppedEventsCount: number;
  links: ReceivedLink[];
  droppedLinksCount: number;
  status: { code: (typeof CODES)[number]; message?: string };
  scope: { name: string; version: string | undefined; schemaUrl: string | undefined };
  resource: Attributes;
}

export interface ReceivedEvent {
  name: string;
  timeUnixNano: bigint;
  attributes: Attributes;
  droppedAttributesCount: number;
}

export interface ReceivedLink {
  traceId: string;
  spanId: string;
  traceState: string | undefined;
  flags: number;
  attributes: Attributes;
  droppedAttributesCount: number;
}

/**
 * Decodes the body of one export request. Throws when it is not valid OTLP.
 * @param contentType `application/x-protobuf` or `application/json`
 */
export function decodeTraces(body: Uint8Array, contentType: string): ReceivedSpan[] {
  const type = contentType.split(';')[0].trim().toLowerCase();
  if (type === 'application/x-protobuf') return flatten(readProtobuf(ExportTraceServiceRequest, body));
  if (type === 'application/json') {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    return flatten(readJson(ExportTraceServiceRequest, JSON.parse(text)));
  }
  throw new Error(`content-type ${contentType} is not OTLP/HTTP`);
}

function flatten(request: Decoded): ReceivedSpan[] {
  const spans: ReceivedSpan[] = [];
  for (const { resource, scopeSpans } of request.resourceSpans ?? []) {
    const resourceAttributes = attributesOf(resource?.attributes, 'resource').values;
    for (const { scope, schemaUrl, spans: list } of scopeSpans ?? []) {
      for (const span of list ?? []) {
        spans.push(
          spanOf(span, resourceAttributes, { name: scope?.name ?? '', version: scope?.version, schemaUrl }),
        );
      }
    }
  }
  return spans;
}

function spanOf(span: Decoded, resource: Attributes, scope: ReceivedSpan['scope']): ReceivedSpan {
  const name: string = span.name ?? '';
  if (name === '') throw new Error(`span ${span.spanId}: no name`);
  if (!span.startTimeUnixNano) throw new Error(`span ${name}: no start time`);
  if (!span.endTimeUnixNano) throw new Error(`span ${name}: no end time`);
  if (span.endTimeUnixNano < span.startTimeUnixNano) throw new Error(`span ${name}: ends before it starts`);
  const { values, types } = attributesOf(span.attributes, `span ${name}`);
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId,
    traceState: span.traceState || undefined,
    flags: span.flags ?? 0,
    name,
    kind: KINDS[span.kind ?? 0],
    startTimeUnixNano: span.startTimeUnixNano,
    endTimeUnixNano: span.endTimeUnixNano,
    durationMs: Number(span.endTimeUnixNano - span.startTimeUnixNano) / 1e6,
    attributes: values,
    attributeTypes: types,
    droppedAttributesCount: span.droppedAttributesCount ?? 0,
    events: (span.events ?? []).map((event: Decoded) => ({
      name: event.name ?? '',
      timeUnixNano: event.timeUnixNano ?? 0n,
      attributes: attributesOf(event.attributes, `event of ${name}`).values,
      droppedAttributesCount: event.droppedAttributesCount ?? 0,
    })),
    droppedEventsCount: span.droppedEventsCount ?? 0,
    links: (span.links ?? []).map((link: Decoded) => ({
      traceId: link.traceId,
      spanId: link.spanId,
      traceState: link.traceState || undefined,
      flags: link.flags ?? 0,
      attributes: attributesOf(link.attributes, `link of ${name}`).values,
      droppedAttributesCount: link.droppedAttributesCount ?? 0,
    })),
    droppedLinksCount: span.droppedLinksCount ?? 0,
    status: {
      code: CODES[span.status?.code ?? 0],
      ...(span.status?.message ? { message: span.status.message } : {}),
    },
    scope,
    resource,
  };
}

function attributesOf(
  list: Decoded[] | undefined,
  owner: string,
): { values: Attributes; types: Record<string, string> } {
  // No prototype: an attribute called `__proto__` is data like any other.
  const values: Attributes = Object.create(null);
  const types: Record<string, string> = Object.create(null);
  for (const { key, value } of list ?? []) {
    if (!key) throw new Error(`${owner}: an attribute without a key`);
    if (key in values) throw new Error(`${owner}: attribute ${key} is there twice`);
    values[key] = valueOf(value ?? {}, `${owner}, ${key}`);
    types[key] = Object.keys(value ?? {})[0]?.replace('Value', '') ?? 'empty';
  }
  return { values, types };
}

function valueOf(any: Decoded, owner: string): AttributeValue {
  const [type] = Object.keys(any);
  if (type === undefined) return null;
  const value = any[type];
  if (type === 'intValue') return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (type === 'arrayValue') return (value.values ?? []).map((item: Decoded) => valueOf(item, owner));
  if (type === 'kvlistValue') return attributesOf(value.values, owner).values;
  return value;
}
