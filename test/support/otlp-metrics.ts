/** The messages of metrics.proto and metrics_service.proto 1.10, and an independent reading of what comes: as `otlp-proto.ts` for traces. */
import {
  type Decoded,
  id,
  InstrumentationScope,
  KeyValue,
  many,
  type Message,
  one,
  readJson,
  readProtobuf,
  Resource,
  scalar,
} from './otlp-proto.ts';
import { attributesOf } from './otlp.ts';

const list = (name: string, type: 'double' | 'fixed64' | 'uint64') =>
  ({ name, type, repeated: true, packed: true }) as const;
const temporality = { name: 'aggregationTemporality', type: 'enum', numbers: [1, 2] } as const;

const Exemplar: Message = {
  name: 'Exemplar',
  fields: {
    7: many('filteredAttributes', () => KeyValue),
    2: scalar('timeUnixNano', 'fixed64'),
    3: { ...scalar('asDouble', 'double'), oneof: 'value' },
    6: { ...scalar('asInt', 'sfixed64'), oneof: 'value' },
    4: id('spanId', 8, false),
    5: id('traceId', 16, false),
  },
};
const NumberDataPoint: Message = {
  name: 'NumberDataPoint',
  fields: {
    7: many('attributes', () => KeyValue),
    2: scalar('startTimeUnixNano', 'fixed64'),
    3: scalar('timeUnixNano', 'fixed64'),
    4: { ...scalar('asDouble', 'double'), oneof: 'value' },
    6: { ...scalar('asInt', 'sfixed64'), oneof: 'value' },
    5: many('exemplars', () => Exemplar),
    8: scalar('flags', 'uint32'),
  },
};
const HistogramDataPoint: Message = {
  name: 'HistogramDataPoint',
  fields: {
    9: many('attributes', () => KeyValue),
    2: scalar('startTimeUnixNano', 'fixed64'),
    3: scalar('timeUnixNano', 'fixed64'),
    4: scalar('count', 'fixed64'),
    5: scalar('sum', 'double'),
    6: list('bucketCounts', 'fixed64'),
    7: list('explicitBounds', 'double'),
    8: many('exemplars', () => Exemplar),
    10: scalar('flags', 'uint32'),
    11: scalar('min', 'double'),
    12: scalar('max', 'double'),
  },
};
const Buckets: Message = {
  name: 'Buckets',
  fields: { 1: scalar('offset', 'sint32'), 2: list('bucketCounts', 'uint64') },
};
const ExponentialHistogramDataPoint: Message = {
  name: 'ExponentialHistogramDataPoint',
  fields: {
    1: many('attributes', () => KeyValue),
    2: scalar('startTimeUnixNano', 'fixed64'),
    3: scalar('timeUnixNano', 'fixed64'),
    4: scalar('count', 'fixed64'),
    5: scalar('sum', 'double'),
    6: scalar('scale', 'sint32'),
    7: scalar('zeroCount', 'fixed64'),
    8: one('positive', () => Buckets),
    9: one('negative', () => Buckets),
    10: scalar('flags', 'uint32'),
    11: many('exemplars', () => Exemplar),
    12: scalar('min', 'double'),
    13: scalar('max', 'double'),
    14: scalar('zeroThreshold', 'double'),
  },
};
const points = (message: Message) => many('dataPoints', () => message);
const Metric: Message = {
  name: 'Metric',
  fields: {
    1: scalar('name', 'string'),
    2: scalar('description', 'string'),
    3: scalar('unit', 'string'),
    5: { ...one('gauge', () => ({ name: 'Gauge', fields: { 1: points(NumberDataPoint) } })), oneof: 'data' },
    7: {
      ...one('sum', () => ({
        name: 'Sum',
        fields: { 1: points(NumberDataPoint), 2: temporality, 3: scalar('isMonotonic', 'bool') },
      })),
      oneof: 'data',
    },
    9: {
      ...one('histogram', () => ({
        name: 'Histogram',
        fields: { 1: points(HistogramDataPoint), 2: temporality },
      })),
      oneof: 'data',
    },
    10: {
      ...one('exponentialHistogram', () => ({
        name: 'ExponentialHistogram',
        fields: { 1: points(ExponentialHistogramDataPoint), 2: temporality },
      })),
      oneof: 'data',
    },
    12: many('metadata', () => KeyValue),
  },
};
const ScopeMetrics: Message = {
  name: 'ScopeMetrics',
  fields: {
    1: one('scope', () => InstrumentationScope),
    2: many('metrics', () => Metric),
    3: scalar('schemaUrl', 'string'),
  },
};
const ResourceMetrics: Message = {
  name: 'ResourceMetrics',
  fields: {
    1: one('resource', () => Resource),
    2: many('scopeMetrics', () => ScopeMetrics),
    3: scalar('schemaUrl', 'string'),
  },
};
export const ExportMetricsServiceRequest: Message = {
  name: 'ExportMetricsServiceRequest',
  fields: { 1: many('resourceMetrics', () => ResourceMetrics) },
};

export interface ReceivedPoint {
  attributes: Record<string, unknown>;
  startNs: bigint;
  timeNs: bigint;
  /** Of sums and gauges. */
  value?: number;
  /** Of histograms. */
  count?: number;
  sum?: number;
  min?: number;
  max?: number;
  buckets?: number[];
  bounds?: number[];
  scale?: number;
  offset?: number;
  zeros?: number;
  exemplars: { value: number; traceId?: string; spanId?: string }[];
}

export interface ReceivedMetric {
  name: string;
  unit: string;
  description: string;
  kind: 'gauge' | 'sum' | 'histogram' | 'exponentialHistogram';
  temporality: 'delta' | 'cumulative' | undefined;
  monotonic: boolean | undefined;
  points: ReceivedPoint[];
  scope: string;
  resource: Record<string, unknown>;
}

/** @param type the `content-type` of the request */
export function decodeMetrics(body: Uint8Array, type: string): ReceivedMetric[] {
  const request = type.includes('json')
    ? readJson(ExportMetricsServiceRequest, JSON.parse(Buffer.from(body).toString()))
    : readProtobuf(ExportMetricsServiceRequest, body);
  return (request.resourceMetrics ?? []).flatMap(({ resource, scopeMetrics }: Decoded) =>
    (scopeMetrics ?? []).flatMap(({ scope, metrics }: Decoded) =>
      (metrics ?? []).map((metric: Decoded) => receivedMetric(metric, scope, resource)),
    ),
  );
}

const KINDS = ['gauge', 'sum', 'histogram', 'exponentialHistogram'] as const;

function receivedMetric(metric: Decoded, scope: Decoded, resource: Decoded): ReceivedMetric {
  const kind = KINDS.find((one) => metric[one] !== undefined);
  if (kind === undefined) throw new Error(`${metric.name}: has no data`);
  const data: Decoded = metric[kind];
  return {
    name: metric.name,
    unit: metric.unit ?? '',
    description: metric.description ?? '',
    kind,
    temporality: data.aggregationTemporality && ['delta', 'cumulative'][data.aggregationTemporality - 1],
    monotonic: kind === 'sum' ? data.isMonotonic === true : undefined,
    points: (data.dataPoints ?? []).map(receivedPoint),
    scope: scope.name,
    resource: attributesOf(resource.attributes, 'resource').values,
  } as ReceivedMetric;
}

function receivedPoint(point: Decoded): ReceivedPoint {
  const { count, sum, min, max, scale, positive } = point;
  const numbers = (of: bigint[] | undefined): number[] | undefined => of?.map(Number);
  return {
    attributes: attributesOf(point.attributes, 'point').values,
    startNs: point.startTimeUnixNano,
    timeNs: point.timeUnixNano,
    value: point.asDouble ?? (point.asInt === undefined ? undefined : Number(point.asInt)),
    count: count === undefined ? undefined : Number(count),
    sum,
    min,
    max,
    buckets: numbers(point.bucketCounts ?? positive?.bucketCounts),
    bounds: point.explicitBounds,
    scale,
    offset: positive?.offset,
    zeros: point.zeroCount === undefined ? undefined : Number(point.zeroCount),
    exemplars: (point.exemplars ?? []).map((one: Decoded) => ({
      value: one.asDouble ?? Number(one.asInt),
      traceId: one.traceId,
      spanId: one.spanId,
    })),
  };
}
