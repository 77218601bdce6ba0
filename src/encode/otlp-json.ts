import type {
  DecodedAttribute,
  DecodedLog,
  DecodedResource,
  DecodedScope,
  DecodedSpan,
  DecodedValue,
  PartialSuccess,
} from './read.ts';

/**
 * OTLP's own JSON, which is protobuf's JSON mapping except for ids (hex instead of base64) and enums (always numbers).
 * Fields that have their default value are left out.
 */

type Json = string | number | boolean | Json[] | { [name: string]: Json };

const base64Digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

export function base64(bytes: Uint8Array): string {
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

function logOf(log: DecodedLog): Json {
  return compact({
    timeUnixNano: log.timeUnixNano.toString(),
    observedTimeUnixNano: log.observedTimeUnixNano.toString(),
    severityNumber: log.severityNumber,
    severityText: log.severityText,
    body: log.body === undefined ? undefined : valueOf(log.body),
    attributes: attributesOf(log.attributes),
    droppedAttributesCount: log.droppedAttributesCount,
    flags: log.flags,
    traceId: log.traceId,
    spanId: log.spanId,
    eventName: log.eventName,
  });
}

/** An `ExportTraceServiceRequest` as OTLP JSON. */
export function requestJson(spans: readonly DecodedSpan[]): string {
  return JSON.stringify({ resourceSpans: byResource(spans, 'scopeSpans', 'spans', spanOf) });
}

/** An `ExportLogsServiceRequest` as OTLP JSON. */
export function logsRequestJson(logs: readonly DecodedLog[]): string {
  return JSON.stringify({ resourceLogs: byResource(logs, 'scopeLogs', 'logRecords', logOf) });
}

interface Placed {
  resource: DecodedResource;
  scope: DecodedScope;
}

/** Records that share a resource (scope) object are put under one, in the fields that the signal has for them. */
function byResource<T extends Placed>(
  records: readonly T[],
  ofScopes: string,
  ofRecords: string,
  json: (record: T) => Json,
): Json[] {
  return [...group(records, 'resource')].map(([resource, ofResource]) => ({
    resource: compact({
      attributes: attributesOf(resource.attributes),
      droppedAttributesCount: resource.droppedAttributesCount,
    }),
    [ofScopes]: [...group(ofResource, 'scope')].map(([scope, ofScope]) =>
      compact({
        scope: compact({
          name: scope.name,
          version: scope.version,
          attributes: attributesOf(scope.attributes),
          droppedAttributesCount: scope.droppedAttributesCount,
        }),
        [ofRecords]: ofScope.map(json),
        schemaUrl: scope.schemaUrl,
      }),
    ),
  }));
}

/** `Map.groupBy` is not there on Node 20. */
function group<T extends Placed, K extends keyof Placed>(records: readonly T[], by: K): Map<T[K], T[]> {
  const groups = new Map<T[K], T[]>();
  for (const record of records) {
    const found = groups.get(record[by]);
    if (found) found.push(record);
    else groups.set(record[by], [record]);
  }
  return groups;
}

/** The partial success of a JSON `ExportTraceServiceResponse`, or of another signal; undefined when everything was taken. @throws SyntaxError */
export function responseFromJson(json: string): PartialSuccess | undefined {
  if (json.trim() === '') return undefined;
  const response: unknown = JSON.parse(json);
  if (typeof response !== 'object' || response === null) return undefined;
  const partial = (response as { partialSuccess?: Record<string, unknown> | null }).partialSuccess;
  if (typeof partial !== 'object' || partial === null) return undefined;
  const { rejectedSpans, rejectedDataPoints, rejectedLogRecords, errorMessage } = partial;
  // int64 is a string in JSON; some collectors write a number.
  const rejected = Number(rejectedSpans ?? rejectedDataPoints ?? rejectedLogRecords ?? 0);
  return {
    rejected: Number.isSafeInteger(rejected) ? rejected : 0,
    errorMessage: typeof errorMessage === 'string' ? errorMessage : '',
  };
}
