import {
  BYTES,
  cursor,
  type Cursor,
  type DecodedAttribute,
  double,
  fields,
  fixed64,
  FIXED64,
  message,
  readAttribute,
  tagOf,
  text,
  varint,
  VARINT,
} from '../encode/read.ts';
import {
  CUMULATIVE,
  DELTA,
  type HistogramPoint,
  type MetricData,
  type NumberPoint,
  type Point,
  type ScopedMetric,
} from './data.ts';

/** Field 9 of `HistogramDataPoint`, by which attributes are kept. */
const ATTRIBUTE = 0x4a;

/** All metrics of an `ExportMetricsServiceRequest`, without their exemplars. @throws RangeError when the bytes are not one */
export function readMetrics(request: Uint8Array): ScopedMetric[] {
  const metrics: ScopedMetric[] = [];
  const c = cursor(request);
  each(c, 1, (resource) => each(resource, 2, (scope) => readScopeMetrics(scope, metrics)));
  return metrics;
}

/** Calls back for each message of a field. */
function each(c: Cursor, number: number, found: (inner: Cursor) => void): void {
  fields(c, (tag) => {
    if (tag !== tagOf(number, BYTES)) return false;
    found(message(c));
    return true;
  });
}

function readScopeMetrics(c: Cursor, metrics: ScopedMetric[]): void {
  const scope = { name: '', version: '', schemaUrl: '' };
  fields(c, (tag) => {
    if (tag === tagOf(1, BYTES)) {
      const inner = message(c);
      fields(inner, (field) => {
        if (field === tagOf(1, BYTES)) scope.name = text(inner);
        else if (field === tagOf(2, BYTES)) scope.version = text(inner);
        else return false;
        return true;
      });
    } else if (tag === tagOf(2, BYTES)) metrics.push({ ...readMetricAt(message(c)), scope });
    else if (tag === tagOf(3, BYTES)) scope.schemaUrl = text(c);
    else return false;
    return true;
  });
}

/** An OTLP `Metric` message, without its exemplars. @throws RangeError when the bytes are not one */
export function readMetric(bytes: Uint8Array): MetricData {
  return readMetricAt(cursor(bytes));
}

function readMetricAt(c: Cursor): MetricData {
  const points: Point[] = [];
  const metric = { name: '', description: '', unit: '', kind: 'gauge' as MetricData['kind'] };
  let temporality: MetricData['temporality'] = CUMULATIVE;
  let monotonic = false;

  function readData(of: (point: Cursor) => Point): void {
    const data = message(c);
    fields(data, (tag) => {
      if (tag === tagOf(1, BYTES)) points.push(of(message(data)));
      else if (tag === tagOf(2, VARINT)) temporality = varint(data) === DELTA ? DELTA : CUMULATIVE;
      else if (tag === tagOf(3, VARINT)) monotonic = varint(data) !== 0;
      else return false;
      return true;
    });
  }

  fields(c, (tag) => {
    if (tag === tagOf(1, BYTES)) metric.name = text(c);
    else if (tag === tagOf(2, BYTES)) metric.description = text(c);
    else if (tag === tagOf(3, BYTES)) metric.unit = text(c);
    else if (tag === tagOf(5, BYTES)) readData(readNumber);
    else if (tag === tagOf(7, BYTES)) {
      readData(readNumber);
      metric.kind = monotonic ? 'counter' : 'updown';
    } else if (tag === tagOf(9, BYTES)) {
      readData(readExplicit);
      metric.kind = 'histogram';
    } else if (tag === tagOf(10, BYTES)) {
      readData(readExponential);
      metric.kind = 'histogram';
    } else return false;
    return true;
  });
  return { ...metric, temporality, points };
}

/** What all points have; other fields are told to `other`, which answers as the callback of `fields` does. */
function readPoint(c: Cursor, attributeField: number, other: (tag: number) => boolean) {
  const attributes: Uint8Array[] = [];
  let startNs = 0n;
  let timeNs = 0n;
  fields(c, (tag) => {
    if (tag === tagOf(attributeField, BYTES)) {
      const start = c.at;
      const { end } = message(c);
      // The tag, then length and body as they stand.
      attributes.push(Uint8Array.of(ATTRIBUTE), c.bytes.subarray(start, end));
      c.at = end;
    } else if (tag === tagOf(2, FIXED64)) startNs = fixed64(c);
    else if (tag === tagOf(3, FIXED64)) timeNs = fixed64(c);
    else return other(tag);
    return true;
  });
  return { attributes: joined(attributes), startNs, timeNs };
}

function readNumber(c: Cursor): NumberPoint {
  let value = NaN;
  const point = readPoint(c, 7, (tag) => {
    if (tag === tagOf(4, FIXED64)) value = double(c);
    else if (tag === tagOf(6, FIXED64)) value = Number(BigInt.asIntN(64, fixed64(c)));
    else return false;
    return true;
  });
  return { ...point, value };
}

function readExplicit(c: Cursor): HistogramPoint {
  const numbers = { sum: 0, min: undefined as number | undefined, max: undefined as number | undefined };
  const counts: number[] = [];
  const bounds: number[] = [];
  const point = readPoint(c, 9, (tag) => {
    if (tag === tagOf(5, FIXED64)) numbers.sum = double(c);
    else if (tag === tagOf(6, BYTES)) packed(c, (list) => counts.push(Number(fixed64(list))));
    else if (tag === tagOf(7, BYTES)) packed(c, (list) => bounds.push(double(list)));
    else if (tag === tagOf(11, FIXED64)) numbers.min = double(c);
    else if (tag === tagOf(12, FIXED64)) numbers.max = double(c);
    else return false;
    return true;
  });
  return { ...point, ...numbers, counts, bounds, exponential: undefined, exemplars: [] };
}

function readExponential(c: Cursor): HistogramPoint {
  const numbers = { sum: 0, min: undefined as number | undefined, max: undefined as number | undefined };
  const exponential = { scale: 0, offset: 0, zeros: 0 };
  const counts: number[] = [];
  const point = readPoint(c, 1, (tag) => {
    if (tag === tagOf(5, FIXED64)) numbers.sum = double(c);
    else if (tag === tagOf(6, VARINT)) exponential.scale = zigzag(varint(c));
    else if (tag === tagOf(7, FIXED64)) exponential.zeros = Number(fixed64(c));
    else if (tag === tagOf(8, BYTES)) {
      const buckets = message(c);
      fields(buckets, (field) => {
        if (field === tagOf(1, VARINT)) exponential.offset = zigzag(varint(buckets));
        else if (field === tagOf(2, BYTES)) packed(buckets, (list) => counts.push(varint(list)));
        else return false;
        return true;
      });
    } else if (tag === tagOf(12, FIXED64)) numbers.min = double(c);
    else if (tag === tagOf(13, FIXED64)) numbers.max = double(c);
    else return false;
    return true;
  });
  return { ...point, ...numbers, counts, bounds: [], exponential, exemplars: [] };
}

function packed(c: Cursor, read: (list: Cursor) => void): void {
  const list = message(c);
  while (list.at < list.end) read(list);
}

function zigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** The attributes of a point. */
export function readAttributes(attributes: Uint8Array): DecodedAttribute[] {
  const found: DecodedAttribute[] = [];
  each(cursor(attributes), ATTRIBUTE >> 3, (one) => found.push(readAttribute(one)));
  return found;
}
