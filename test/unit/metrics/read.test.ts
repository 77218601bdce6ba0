import { expect, it } from 'vitest';
import { key } from '../../../src/encode/key.ts';
import { block } from '../../../src/encode/span.ts';
import { CUMULATIVE, DELTA, type MetricData } from '../../../src/metrics/data.ts';
import { encodeMetric } from '../../../src/metrics/encode.ts';
import { readAttributes, readMetric } from '../../../src/metrics/read.ts';
import { copiedAttributes } from '../../../src/metrics/resource-attributes.ts';

const attributes = block([key('a'), 'text', key('long'), 'x'.repeat(300), key('n'), -5]).bytes;
const common = { attributes, startNs: 1_700_000_000_000_000_001n, timeNs: 1_700_000_000_000_000_002n };
const about = { name: 'n', unit: 's', description: 'd' };
const histogram = { ...common, sum: 6.5, min: -0.5, max: 5, exemplars: [] };

const METRICS: MetricData[] = [
  { ...about, kind: 'counter', temporality: DELTA, points: [{ ...common, value: 5 }] },
  { ...about, kind: 'updown', temporality: CUMULATIVE, points: [{ ...common, value: -0.25 }] },
  { ...about, kind: 'gauge', temporality: CUMULATIVE, points: [{ ...common, value: Infinity }] },
  {
    ...about,
    kind: 'histogram',
    temporality: DELTA,
    points: [{ ...histogram, counts: [1, 0, 2 ** 40], bounds: [0.5, 1e9], exponential: undefined }],
  },
  {
    ...about,
    kind: 'histogram',
    temporality: CUMULATIVE,
    points: [
      {
        ...histogram,
        min: undefined,
        counts: [1, 0, 300],
        bounds: [],
        exponential: { scale: -3, offset: -170, zeros: 7 },
      },
    ],
  },
];

it.each(METRICS)('reads what was written of a $kind', (metric) => {
  const read = readMetric(encodeMetric(metric));
  expect(read).toEqual({
    ...metric,
    points: metric.points.map((point) => ({ ...point, attributes: expect.anything() })),
  });
  expect(readAttributes(read.points[0].attributes)).toEqual([
    { key: 'a', value: 'text' },
    { key: 'long', value: 'x'.repeat(300) },
    { key: 'n', value: -5n },
  ]);
});

it('throws at bytes that are no metric', () => {
  expect(() => readMetric(Uint8Array.of(0x4a, 0x7f))).toThrow(RangeError);
});

it('copies attributes of the resource to points that have none of that name', () => {
  const { add, missing } = copiedAttributes({ a: 'resource', b: ['x'], gone: undefined }, [
    'a',
    'b',
    'gone',
    'c',
  ]);
  expect(missing).toEqual(['gone', 'c']);
  expect(readAttributes(add(attributes)).map(({ key: name }) => name)).toEqual(['a', 'long', 'n', 'b']);
  expect(readAttributes(add(block([]).bytes))).toEqual([
    { key: 'a', value: 'resource' },
    { key: 'b', value: ['x'] },
  ]);
});
