/** What one collection of a metric gives, before it is written in some format. */
export interface MetricData {
  readonly name: string;
  readonly unit: string;
  readonly description: string;
  readonly kind: 'histogram' | 'counter' | 'updown' | 'gauge';
  /** OTLP's numbers. A gauge has none. */
  readonly temporality: typeof DELTA | typeof CUMULATIVE;
  readonly points: readonly Point[];
}

export const DELTA = 1;
export const CUMULATIVE = 2;

interface AnyPoint {
  /** `KeyValue` messages with the tag of field 9. */
  readonly attributes: Uint8Array;
  readonly startNs: bigint;
  readonly timeNs: bigint;
}

export interface NumberPoint extends AnyPoint {
  readonly value: number;
}

export interface HistogramPoint extends AnyPoint {
  readonly sum: number;
  readonly min: number | undefined;
  readonly max: number | undefined;
  /** One more than the bounds; with `exponential`, those from `offset` on. */
  readonly counts: readonly number[];
  readonly bounds: readonly number[];
  readonly exponential:
    | { readonly scale: number; readonly offset: number; readonly zeros: number }
    | undefined;
  readonly exemplars: readonly Exemplar[];
}

export type Point = NumberPoint | HistogramPoint;

export interface Exemplar {
  readonly value: number;
  readonly timeNs: bigint;
  /** Trace id and span id as six int32, most significant first. */
  readonly ids: readonly number[];
}

export function isHistogram(point: Point): point is HistogramPoint {
  return 'counts' in point;
}

/** How many measurements a histogram's point has. */
export function countOf({ counts, exponential }: HistogramPoint): number {
  let count = exponential?.zeros ?? 0;
  for (const one of counts) count += one;
  return count;
}

/** Who counts. */
export interface MetricScope {
  readonly name: string;
  readonly version?: string;
  readonly schemaUrl?: string;
}

/** A metric with who counts it. */
export interface ScopedMetric extends MetricData {
  readonly scope: MetricScope;
}

/** An OTLP `Metric` message with who counts it. */
export interface EncodedMetric {
  readonly scope: MetricScope;
  readonly bytes: Uint8Array;
}
