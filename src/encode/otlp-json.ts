import type { DecodedAttribute, DecodedSpan, DecodedValue, PartialSuccess } from './read.ts';

/**
 * OTLP's own JSON, which is protobuf's JSON mapping except for ids (hex instead of base64) and enums (always numbers).
 * Fields that have their default value are left out.
 */

type Json = string | number | boolean | Json[] | { [name: string]: Json };

const base64Digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

function base64(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i;
    const bits = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    text += base64Digits[bits >>> 18]! + base64Digits[(bits >>> 12) & 63]!;
    text += left > 1 ? base64Digits[(bits >>> 6) & 63]! : '=';
    text += left > 2 ? base64Digits[bits & 63]! : '=';
  }
  return text;
}

function valueOf(value: DecodedValue): { [name: string]: Json } {
  switch (typeof value) {
    case 'string':
      return { stringValue: value };
    case 'boolean':
      return { boolValue: value };
    case 'bigint':
      return { intValue: value.toString() };
    case 'number':
      // JSON has no NaN and no Infinity; protobuf's mapping writes their names.
      return { doubleValue: Number.isFinite(value) ? value : String(value) };
    case 'undefined':
      return {};
    default:
  }
  if (value instanceof Uint8Array) return { bytesValue: base64(value) };
  if (Array.isArray(value)) return { arrayValue: { values: value.map(valueOf) } };
  return { kvlistValue: { values: attributesOf(value.entries) } };
}

function attributesOf(attributes: DecodedAttribute[]): Json[] {
  return attributes.map(({ key, value }) => ({ key, value: valueOf(value) }));
}

/** Drops what has its default value. */
function compact(fields: { [name: string]: Json | undefined }): { [name: string]: Json } {
  const kept: { [name: string]: Json } = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined || value === '' || value === 0) continue;
    if (Array.isArray(value) && value.length === 0) continue;
    kept[name] = value;
  }
  return kept;
}

function spanOf(span: DecodedSpan): Json {
  const status = compact({ message: span.status.message, code: span.status.code });
  return compact({
    traceId: span.traceId,
    spanId: span.spanId,
    traceState: span.traceState,
    parentSpanId: span.parentSpanId,
    flags: span.flags,
    name: span.name,
    kind: span.kind,
    startTimeUnixNano: span.startTimeUnixNano.toString(),
    endTimeUnixNano: span.endTimeUnixNano.toString(),
    attributes: attributesOf(span.attributes),
    droppedAttributesCount: span.droppedAttributesCount,
    events: span.events.map((event) =>
      compact({
        timeUnixNano: event.timeUnixNano.toString(),
        name: event.name,
        attributes: attributesOf(event.attributes),
        droppedAttributesCount: event.droppedAttributesCount,
      }),
    ),
    droppedEventsCount: span.droppedEventsCount,
    links: span.links.map((link) =>
      compact({
        traceId: link.traceId,
        spanId: link.spanId,
        traceState: link.traceState,
        attributes: attributesOf(link.attributes),
        droppedAttributesCount: link.droppedAttributesCount,
        flags: link.flags,
      }),
    ),
    droppedLinksCount: span.droppedLinksCount,
    status: Object.keys(status).length === 0 ? undefined : status,
  });
}

/**
 * An `ExportTraceServiceRequest` as OTLP JSON. Spans that share a resource (scope) object are put under one
 * `resourceSpans` (`scopeSpans`).
 */
export function requestJson(spans: readonly DecodedSpan[]): string {
  const resourceSpans: Json[] = [];
  const byResource = group(spans, 'resource');
  for (const [resource, ofResource] of byResource) {
    const scopeSpans: Json[] = [];
    for (const [scope, ofScope] of group(ofResource, 'scope')) {
      scopeSpans.push(
        compact({
          scope: compact({
            name: scope.name,
            version: scope.version,
            attributes: attributesOf(scope.attributes),
            droppedAttributesCount: scope.droppedAttributesCount,
          }),
          spans: ofScope.map(spanOf),
          schemaUrl: scope.schemaUrl,
        }),
      );
    }
    resourceSpans.push({
      resource: compact({
        attributes: attributesOf(resource.attributes),
        droppedAttributesCount: resource.droppedAttributesCount,
      }),
      scopeSpans,
    });
  }
  return JSON.stringify({ resourceSpans });
}

/** `Map.groupBy` is not there on Node 20. */
function group<K extends 'resource' | 'scope'>(
  spans: readonly DecodedSpan[],
  by: K,
): Map<DecodedSpan[K], DecodedSpan[]> {
  const groups = new Map<DecodedSpan[K], DecodedSpan[]>();
  for (const span of spans) {
    const found = groups.get(span[by]);
    if (found) found.push(span);
    else groups.set(span[by], [span]);
  }
  return groups;
}

/** The partial success of a JSON `ExportTraceServiceResponse`; undefined when everything was taken. @throws SyntaxError */
export function responseFromJson(json: string): PartialSuccess | undefined {
  if (json.trim() === '') return undefined;
  const response: unknown = JSON.parse(json);
  if (typeof response !== 'object' || response === null) return undefined;
  const partial = (
    response as { partialSuccess?: { rejectedSpans?: unknown; errorMessage?: unknown } | null }
  ).partialSuccess;
  if (typeof partial !== 'object' || partial === null) return undefined;
  // int64 is a string in JSON; some collectors write a number.
  const rejected = Number(partial.rejectedSpans ?? 0);
  return {
    rejectedSpans: Number.isSafeInteger(rejected) ? rejected : 0,
    errorMessage: typeof partial.errorMessage === 'string' ? partial.errorMessage : '',
  };
}
