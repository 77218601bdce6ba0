import { describe, expect, it } from 'vitest';
import { key } from '../../../../../src/encode/key.ts';
import { block } from '../../../../../src/encode/span.ts';
import { formatFor, prometheusText } from '../../../../../src/export/thread/prometheus/format.ts';
import { CUMULATIVE, type Point, type ScopedMetric } from '../../../../../src/metrics/data.ts';
import { parsed } from '../../../../support/prometheus.ts';

const attributes = (pairs: Record<string, unknown>): Uint8Array =>
  block(Object.entries(pairs).flatMap(([name, value]) => [key(name), value])).bytes;
const times = { startNs: 1n, timeNs: 2n };

function metric(
  name: string,
  kind: ScopedMetric['kind'],
  points: Point[],
  more: Partial<ScopedMetric> = {},
): ScopedMetric {
  const scope = { name: 'app' };
  return { name, kind, unit: '', description: '', temporality: CUMULATIVE, points, scope, ...more };
}

const value = (number: number, pairs: Record<string, unknown> = {}): Point => ({
  attributes: attributes(pairs),
  ...times,
  value: number,
});

function text(metrics: ScopedMetric[], format: 'text' | 'openmetrics' = 'text', clashes: string[] = []) {
  const made = prometheusText(metrics, { 'service.name': 'a "b"' }, format, (name) => clashes.push(name));
  return { families: parsed(made, format === 'openmetrics'), clashes, made };
}

describe('what Prometheus reads', () => {
  it('has metrics of one name and several scopes in one family', () => {
    const { families } = text([
      metric('a.b', 'counter', [value(1)]),
      metric('a_b', 'counter', [value(2)], { scope: { name: 'other', version: '2' } }),
    ]);
    expect(families.get('a_b_total')!.samples).toEqual([
      { name: 'a_b_total', labels: { otel_scope_name: 'app' }, value: 1 },
      { name: 'a_b_total', labels: { otel_scope_name: 'other', otel_scope_version: '2' }, value: 2 },
    ]);
  });

  it('leaves out a metric of another type, and a series that is there already', () => {
    const { families, clashes } = text([
      metric('a', 'gauge', [value(1), value(2)]),
      metric('a', 'histogram', [
        {
          attributes: attributes({}),
          ...times,
          sum: 1,
          min: 1,
          max: 1,
          counts: [1],
          bounds: [],
          exponential: undefined,
          exemplars: [],
        },
      ]),
    ]);
    expect(families.get('a')).toMatchObject({ type: 'gauge', samples: [{ value: 1 }] });
    expect(clashes).toEqual(['a']);
  });

  it('has every number, and every value of an attribute as text', () => {
    const values = [NaN, Infinity, -Infinity, 1e21, 1e-7, -0.5];
    const { families } = text([
      metric(
        'n',
        'gauge',
        values.map((number, i) => value(number, { i })),
      ),
      metric('l', 'gauge', [
        value(1, { list: ['a', 1, true], map: { b: ['c'] }, yes: true, 'x.y': 1, x_y: '2' }),
      ]),
    ]);
    expect(families.get('n')!.samples.map((sample) => sample.value)).toEqual(values);
    expect(families.get('l')!.samples[0].labels).toEqual({
      list: '["a",1,true]',
      map: '{"b":["c"]}',
      yes: 'true',
      // Two names that are one once they are legal.
      x_y: '1;2',
      otel_scope_name: 'app',
    });
  });

  it('has exponential buckets as those of powers of two, none lost', () => {
    const point: Point = {
      attributes: attributes({}),
      ...times,
      sum: 10,
      min: undefined,
      max: undefined,
      // (1, 2^½], (2^½, 2], (2, 2^1½]; and what is below all bounds, and above them.
      counts: [3, 4, 5],
      bounds: [],
      exponential: { scale: 1, offset: 0, zeros: 2 },
      exemplars: [],
    };
    const { families } = text([
      metric('h', 'histogram', [
        point,
        { ...point, attributes: attributes({ far: true }), exponential: { scale: -4, offset: -2, zeros: 0 } },
      ]),
    ]);
    const { samples } = families.get('h')!;
    const at = (le: string, far?: string): number =>
      samples.find(({ labels }) => labels.le === le && labels.far === far)!.value;
    expect([at('1'), at('2'), at('4'), at('+Inf')]).toEqual([2, 9, 14, 14]);
    expect([at('0.0009765625', 'true'), at('1', 'true'), at('16384', 'true'), at('+Inf', 'true')]).toEqual([
      3, 7, 7, 12,
    ]);
    expect(samples.find(({ name, labels }) => name === 'h_count' && labels.far === 'true')!.value).toBe(12);
  });

  it('is the same to the byte in both formats but for what OpenMetrics says otherwise', () => {
    const metrics = [metric('a', 'counter', [value(1)], { unit: 's', description: 'a "b"\\\nc' })];
    expect(text(metrics).made).toBe(
      [
        '# TYPE target_info gauge',
        '# HELP target_info Target metadata',
        String.raw`target_info{service_name="a \"b\""} 1`,
        '# TYPE a_seconds_total counter',
        String.raw`# HELP a_seconds_total a "b"\\\nc`,
        'a_seconds_total{otel_scope_name="app"} 1',
        '',
      ].join('\n'),
    );
    expect(text(metrics, 'openmetrics').made).toBe(
      [
        '# TYPE target info',
        '# HELP target Target metadata',
        String.raw`target_info{service_name="a \"b\""} 1`,
        '# TYPE a_seconds counter',
        '# UNIT a_seconds seconds',
        String.raw`# HELP a_seconds a \"b\"\\\nc`,
        'a_seconds_total{otel_scope_name="app"} 1',
        '# EOF',
        '',
      ].join('\n'),
    );
  });
});

describe('the format for an Accept header', () => {
  it.each([
    [undefined, 'text'],
    ['*/*', 'text'],
    ['application/json', 'text'],
    ['text/plain;version=0.0.4', 'text'],
    ['application/openmetrics-text', 'openmetrics'],
    [
      'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
      'openmetrics',
    ],
    ['application/openmetrics-text;q=0.4, text/plain;q=0.5', 'text'],
    ['application/openmetrics-text;q=0', 'text'],
    ['application/openmetrics-text;q=a,,;', 'text'],
  ])('%s is %s', (accept, expected) => {
    expect(formatFor(accept)).toBe(expected);
  });
});
