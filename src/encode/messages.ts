/** Messages of OTLP by their field numbers, as far as they are sent as JSON: common.proto, resource.proto, metrics.proto, logs.proto 1.10. */
export type Message = Readonly<Record<number, Field>>;

export interface Field {
  readonly name: string;
  /** `id` is bytes that JSON has as hex. A function gives the message. */
  readonly type:
    | 'string'
    | 'id'
    | 'bytes'
    | 'bool'
    | 'enum'
    | 'uint32'
    | 'sint32'
    | 'int64'
    | 'uint64'
    | 'fixed32'
    | 'fixed64'
    | 'sfixed64'
    | 'double'
    | (() => Message);
  readonly repeated?: boolean;
}

const one = (name: string, type: Field['type']): Field => ({ name, type });
const many = (name: string, type: Field['type']): Field => ({ name, type, repeated: true });

const AnyValue: Message = {
  1: one('stringValue', 'string'),
  2: one('boolValue', 'bool'),
  3: one('intValue', 'int64'),
  4: one('doubleValue', 'double'),
  5: one('arrayValue', () => ({ 1: many('values', () => AnyValue) })),
  6: one('kvlistValue', () => ({ 1: many('values', () => KeyValue) })),
  7: one('bytesValue', 'bytes'),
};
const KeyValue: Message = { 1: one('key', 'string'), 2: one('value', () => AnyValue) };
const attributes = many('attributes', () => KeyValue);
const droppedAttributesCount = 'droppedAttributesCount';

const Resource: Message = { 1: attributes, 2: one(droppedAttributesCount, 'uint32') };
const Scope: Message = {
  1: one('name', 'string'),
  2: one('version', 'string'),
  3: attributes,
  4: one(droppedAttributesCount, 'uint32'),
};

const Exemplar: Message = {
  2: one('timeUnixNano', 'fixed64'),
  3: one('asDouble', 'double'),
  4: one('spanId', 'id'),
  5: one('traceId', 'id'),
  6: one('asInt', 'sfixed64'),
  7: many('filteredAttributes', () => KeyValue),
};
const times = { 2: one('startTimeUnixNano', 'fixed64'), 3: one('timeUnixNano', 'fixed64') };
const NumberDataPoint: Message = {
  ...times,
  4: one('asDouble', 'double'),
  5: many('exemplars', () => Exemplar),
  6: one('asInt', 'sfixed64'),
  7: attributes,
  8: one('flags', 'uint32'),
};
const HistogramDataPoint: Message = {
  ...times,
  4: one('count', 'fixed64'),
  5: one('sum', 'double'),
  6: many('bucketCounts', 'fixed64'),
  7: many('explicitBounds', 'double'),
  8: many('exemplars', () => Exemplar),
  9: attributes,
  10: one('flags', 'uint32'),
  11: one('min', 'double'),
  12: one('max', 'double'),
};
const Buckets: Message = { 1: one('offset', 'sint32'), 2: many('bucketCounts', 'uint64') };
const ExponentialHistogramDataPoint: Message = {
  ...times,
  1: attributes,
  4: one('count', 'fixed64'),
  5: one('sum', 'double'),
  6: one('scale', 'sint32'),
  7: one('zeroCount', 'fixed64'),
  8: one('positive', () => Buckets),
  9: one('negative', () => Buckets),
  10: one('flags', 'uint32'),
  11: many('exemplars', () => Exemplar),
  12: one('min', 'double'),
  13: one('max', 'double'),
  14: one('zeroThreshold', 'double'),
};
const temporality = one('aggregationTemporality', 'enum');
const Metric: Message = {
  1: one('name', 'string'),
  2: one('description', 'string'),
  3: one('unit', 'string'),
  5: one('gauge', () => ({ 1: many('dataPoints', () => NumberDataPoint) })),
  7: one('sum', () => ({
    1: many('dataPoints', () => NumberDataPoint),
    2: temporality,
    3: one('isMonotonic', 'bool'),
  })),
  9: one('histogram', () => ({ 1: many('dataPoints', () => HistogramDataPoint), 2: temporality })),
  10: one('exponentialHistogram', () => ({
    1: many('dataPoints', () => ExponentialHistogramDataPoint),
    2: temporality,
  })),
  12: many('metadata', () => KeyValue),
};

const LogRecord: Message = {
  1: one('timeUnixNano', 'fixed64'),
  2: one('severityNumber', 'enum'),
  3: one('severityText', 'string'),
  5: one('body', () => AnyValue),
  6: attributes,
  7: one(droppedAttributesCount, 'uint32'),
  8: one('flags', 'fixed32'),
  9: one('traceId', 'id'),
  10: one('spanId', 'id'),
  11: one('observedTimeUnixNano', 'fixed64'),
  12: one('eventName', 'string'),
};

/** `resourceMetrics` and the like: the numbers are the same for all signals. */
function requestOf(signal: string, records: string, record: () => Message): Message {
  const schemaUrl = one('schemaUrl', 'string');
  const ofScope: Message = { 1: one('scope', () => Scope), 2: many(records, record), 3: schemaUrl };
  const ofResource: Message = {
    1: one('resource', () => Resource),
    2: many(`scope${signal}`, () => ofScope),
    3: schemaUrl,
  };
  return { 1: many(`resource${signal}`, () => ofResource) };
}

export const ExportMetricsServiceRequest = requestOf('Metrics', 'metrics', () => Metric);
export const ExportLogsServiceRequest = requestOf('Logs', 'logRecords', () => LogRecord);
