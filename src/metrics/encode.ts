import {
  begin,
  byte,
  close,
  fixed64,
  id128,
  id64,
  open,
  raw,
  string,
  varint,
  written,
} from '../encode/writer.ts';
import {
  countOf,
  type Exemplar,
  type HistogramPoint,
  isHistogram,
  type MetricData,
  type NumberPoint,
  type Point,
} from './data.ts';

/** Field 9 of `HistogramDataPoint`, by which attributes are kept. */
const ATTRIBUTE = 0x4a;

/** One OTLP `Metric` message. */
export function encodeMetric({ name, unit, description, kind, temporality, points }: MetricData): Uint8Array {
  begin();
  string(0x0a, name);
  string(0x12, description);
  string(0x1a, unit);
  const exponential = points.some((point) => isHistogram(point) && point.exponential !== undefined);
  const data = open(fieldOf(kind, exponential));
  for (const point of points) encodePoint(point);
  if (kind !== 'gauge') {
    byte(0x10);
    byte(temporality);
  }
  if (kind === 'counter') {
    byte(0x18);
    byte(1);
  }
  close(data);
  return written(0);
}

/** The field of `Metric` that has the points. */
function fieldOf(kind: MetricData['kind'], exponential: boolean): number {
  if (kind === 'gauge') return 0x2a;
  if (kind === 'histogram') return exponential ? 0x52 : 0x4a;
  return 0x3a;
}

function encodePoint(point: Point): void {
  const start = open(0x0a);
  if (!isHistogram(point)) encodeNumber(point);
  else if (point.exponential === undefined) encodeExplicit(point);
  else encodeExponential(point, point.exponential);
  close(start);
}

function encodeNumber({ attributes, startNs, timeNs, value }: NumberPoint): void {
  retagged(attributes, 0x3a);
  ns(0x11, startNs);
  ns(0x19, timeNs);
  double(0x21, value);
}

function encodeExplicit(point: HistogramPoint): void {
  const { attributes, startNs, timeNs, sum, counts, bounds, min, max, exemplars } = point;
  ns(0x11, startNs);
  ns(0x19, timeNs);
  integer(0x21, countOf(point));
  double(0x29, sum);
  packed(0x32, counts, (count) => {
    const [high, low] = halves(count);
    return [low, high];
  });
  packed(0x3a, bounds, (bound) => {
    const [high, low] = doubleHalves(bound);
    return [low, high];
  });
  for (const exemplar of exemplars) encodeExemplar(0x42, exemplar);
  raw(attributes);
  if (min !== undefined) double(0x59, min);
  if (max !== undefined) double(0x61, max);
}

function encodeExponential(
  point: HistogramPoint,
  { scale, offset, zeros }: NonNullable<HistogramPoint['exponential']>,
): void {
  const { attributes, startNs, timeNs, sum, counts, min, max, exemplars } = point;
  retagged(attributes, 0x0a);
  ns(0x11, startNs);
  ns(0x19, timeNs);
  integer(0x21, countOf(point));
  double(0x29, sum);
  byte(0x30);
  varint(zigzag(scale));
  integer(0x39, zeros);
  const positive = open(0x42);
  byte(0x08);
  varint(zigzag(offset));
  const list = open(0x12);
  for (const count of counts) varint(count);
  close(list);
  close(positive);
  for (const exemplar of exemplars) encodeExemplar(0x5a, exemplar);
  if (min !== undefined) double(0x61, min);
  if (max !== undefined) double(0x69, max);
}

function encodeExemplar(tag: number, { value, timeNs, ids }: Exemplar): void {
  const start = open(tag);
  ns(0x11, timeNs);
  double(0x19, value);
  id64(0x22, ids[4], ids[5]);
  id128(0x2a, ids[0], ids[1], ids[2], ids[3]);
  close(start);
}

/** Attributes with the tag that they have in another kind of point. */
function retagged(attributes: Uint8Array, tag: number): void {
  let at = 0;
  while (at < attributes.length) {
    if (attributes[at] !== ATTRIBUTE) throw new RangeError('attributes of a series are malformed');
    let length = 0;
    let shift = 0;
    let next = at + 1;
    for (;;) {
      const byte = attributes[next++];
      length += (byte & 0x7f) * 2 ** shift;
      shift += 7;
      if (byte < 0x80) break;
    }
    byte(tag);
    raw(attributes.subarray(at + 1, next + length));
    at = next + length;
  }
}

function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

const TWO_32 = 0x1_0000_0000;
const scratch = new DataView(new ArrayBuffer(8));

function halves(value: number): [high: number, low: number] {
  return [Math.floor(value / TWO_32), value % TWO_32];
}

function doubleHalves(value: number): [high: number, low: number] {
  scratch.setFloat64(0, value);
  return [scratch.getUint32(0), scratch.getUint32(4)];
}

function integer(tag: number, value: number): void {
  const [high, low] = halves(value);
  fixed64(tag, high, low);
}

function double(tag: number, value: number): void {
  const [high, low] = doubleHalves(value);
  fixed64(tag, high, low);
}

function ns(tag: number, value: bigint): void {
  fixed64(tag, Number(value >> 32n), Number(value & 0xffff_ffffn));
}

/** A packed list of values of 8 bytes, each given as its two halves, the lower first. */
function packed(tag: number, values: readonly number[], of: (value: number) => [number, number]): void {
  if (values.length === 0) return;
  const list = open(tag);
  const bytes = new Uint8Array(values.length * 8);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => {
    const [low, high] = of(value);
    view.setUint32(i * 8, low, true);
    view.setUint32(i * 8 + 4, high, true);
  });
  raw(bytes);
  close(list);
}
