import type { Attributes, HrTime } from '@opentelemetry/api';
import { DataPointType, type MetricData as SdkMetric } from '@opentelemetry/sdk-metrics';
import { userKey } from '../../encode/key.ts';
import { block } from '../../encode/span.ts';
import { CUMULATIVE, DELTA, type MetricData, type Point } from '../data.ts';
import { encodeMetric } from '../encode.ts';

/** A record larger than a block of the ring would be dropped; OTLP may have the points of a metric in several. */
const MAX_RECORD_BYTES = 256 * 1024;

/**
 * What the SDK collected of one instrument, as OTLP `Metric` messages.
 * @param copied what each point has besides its own attributes
 */
export function encodeSdkMetric(
  metric: SdkMetric,
  copied: (attributes: Uint8Array) => Uint8Array,
): Uint8Array[] {
  const points = pointsOf(metric, copied);
  const { name, unit, description } = metric.descriptor;
  const common = {
    name: String(name),
    unit: String(unit),
    description: String(description),
    kind: kindOf(metric),
    // The SDK's are numbered from 0.
    temporality: metric.aggregationTemporality === 0 ? DELTA : CUMULATIVE,
  } as const;
  return inParts(points).map((part) => encodeMetric({ ...common, points: part }));
}

function kindOf(metric: SdkMetric): MetricData['kind'] {
  if (metric.dataPointType === DataPointType.GAUGE) return 'gauge';
  if (metric.dataPointType === DataPointType.SUM) return metric.isMonotonic ? 'counter' : 'updown';
  return 'histogram';
}

function pointsOf(metric: SdkMetric, copied: (attributes: Uint8Array) => Uint8Array): Point[] {
  const common = (point: { attributes: Attributes; startTime: HrTime; endTime: HrTime }) => ({
    attributes: copied(attributesOf(point.attributes)),
    startNs: nsOf(point.startTime),
    timeNs: nsOf(point.endTime),
  });
  switch (metric.dataPointType) {
    case DataPointType.HISTOGRAM:
      return metric.dataPoints.map((point) => ({
        ...common(point),
        sum: point.value.sum ?? 0,
        min: point.value.min,
        max: point.value.max,
        counts: point.value.buckets.counts,
        bounds: point.value.buckets.boundaries,
        exponential: undefined,
        exemplars: [],
      }));
    case DataPointType.EXPONENTIAL_HISTOGRAM:
      return metric.dataPoints.map((point) => ({
        ...common(point),
        sum: point.value.sum ?? 0,
        min: point.value.min,
        max: point.value.max,
        counts: point.value.positive.bucketCounts,
        bounds: [],
        exponential: {
          scale: point.value.scale,
          offset: point.value.positive.offset,
          zeros: point.value.zeroCount,
        },
        exemplars: [],
      }));
    default:
      return metric.dataPoints.map((point) => ({ ...common(point), value: point.value }));
  }
}

function attributesOf(attributes: Attributes): Uint8Array {
  return block(Object.keys(attributes).flatMap((name) => [userKey(name), attributes[name]])).bytes;
}

function nsOf([seconds, nanos]: HrTime): bigint {
  return BigInt(seconds) * 1_000_000_000n + BigInt(Math.trunc(nanos));
}

function inParts(points: readonly Point[]): Point[][] {
  const parts: Point[][] = [];
  let bytes = Infinity;
  for (const point of points) {
    const own = point.attributes.length + 100 + ('counts' in point ? point.counts.length * 16 : 0);
    if (bytes + own > MAX_RECORD_BYTES) {
      parts.push([]);
      bytes = 0;
    }
    bytes += own;
    (parts.at(-1) as Point[]).push(point);
  }
  return parts;
}
