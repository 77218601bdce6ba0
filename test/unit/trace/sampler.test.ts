import { afterEach, describe, expect, it } from 'vitest';
import type { Config } from '../../../src/config/table.ts';
import { ROOT } from '../../../src/context/context.ts';
import { randomInt32 } from '../../../src/trace/ids.ts';
import * as sampler from '../../../src/trace/sampler.ts';
import { scope } from '../../../src/trace/scope.ts';
import { Span } from '../../../src/trace/span.ts';
import { NonRecordingSpan } from '../../../src/trace/span-context.ts';
import { thresholdOf } from '../../../src/trace/threshold.ts';
import { startSpan } from '../../../src/operation/start.ts';

afterEach(() => sampler.configure({ name: 'parentbased_always_on', ratio: 1 }));

const unit = scope('unit');
const under = (flags: number, t2 = 3, t3 = 4): Span | NonRecordingSpan => {
  const parent = new NonRecordingSpan(1, 2, t2, t3, 5, 6, flags, 'vendor=value', true);
  return startSpan(unit, 'test', 1, ROOT.setValue(Symbol.for('OpenTelemetry Context Key SPAN'), parent));
};
const keeps = (t2: number, t3: number): boolean => sampler.decide(undefined, t2, t3, 1, 'test').sampled;
const root = (): Span | NonRecordingSpan => startSpan(unit, 'test', 1, ROOT);

describe('OTEL_TRACES_SAMPLER', () => {
  it.each<[Config['sampler']['name'], number, { root: boolean; sampled: boolean; unsampled: boolean }]>([
    ['always_on', 0, { root: true, sampled: true, unsampled: true }],
    ['always_off', 1, { root: false, sampled: false, unsampled: false }],
    ['traceidratio', 1, { root: true, sampled: true, unsampled: true }],
    ['traceidratio', 0, { root: false, sampled: false, unsampled: false }],
    ['parentbased_always_on', 0, { root: true, sampled: true, unsampled: false }],
    ['parentbased_always_off', 1, { root: false, sampled: true, unsampled: false }],
    ['parentbased_traceidratio', 1, { root: true, sampled: true, unsampled: false }],
    ['parentbased_traceidratio', 0, { root: false, sampled: true, unsampled: false }],
  ])('%s with ratio %d records %j', (name, ratio, expected) => {
    sampler.configure({ name, ratio });
    expect({
      root: root() instanceof Span,
      sampled: under(1) instanceof Span,
      unsampled: under(0) instanceof Span,
    }).toEqual(expected);
  });

  it('decides by the last 56 bits of the trace id alone, so all processes decide alike', () => {
    sampler.configure({ name: 'traceidratio', ratio: 0.5 });
    expect(keeps(0x7f_ffff, -16)).toBe(false);
    expect(keeps(0x80_0000, 0)).toBe(true);
    // The byte above the 56 bits does not count.
    expect(keeps(0x7f80_0000 | 0, 0)).toBe(true);
    expect(keeps(0xff7f_ffff | 0, -16)).toBe(false);
    expect(under(0, 0x80_0000, 0)).toBeInstanceOf(Span);
    expect(under(1, 0x7f_ffff, -16)).toBeInstanceOf(NonRecordingSpan);
  });

  it('keeps what a smaller ratio keeps, and about as many as the ratio says', () => {
    const ids = Array.from({ length: 20_000 }, () => [randomInt32(), randomInt32()] as const);
    const kept = (ratio: number): boolean[] => {
      sampler.configure({ name: 'traceidratio', ratio });
      return ids.map(([t2, t3]) => keeps(t2, t3));
    };
    const [few, some, many] = [kept(0.01), kept(0.25), kept(0.9)];
    expect(few.every((keep, i) => !keep || some[i])).toBe(true);
    expect(some.every((keep, i) => !keep || many[i])).toBe(true);
    expect(some.filter(Boolean).length / ids.length).toBeCloseTo(0.25, 1);
    expect(many.filter(Boolean).length / ids.length).toBeCloseTo(0.9, 1);
  });

  it('drops all with a ratio too small to tell from 0, and none with one that close to 1', () => {
    sampler.configure({ name: 'traceidratio', ratio: 1e-20 });
    expect(keeps(-1, -1)).toBe(false);
    sampler.configure({ name: 'traceidratio', ratio: 1 - Number.EPSILON / 4 });
    expect(keeps(0, 1)).toBe(true);
  });

  it('lets ids, tracestate and the random flag of a dropped trace travel on, unsampled', () => {
    const dropped = under(0x02);
    const { traceId, spanId, traceFlags, traceState } = dropped.spanContext();
    expect(traceId).toBe('00000001000000020000000300000004');
    expect(spanId).not.toBe('0000000500000006');
    expect(traceFlags).toBe(0x02);
    expect(traceState?.serialize()).toBe('vendor=value');
    sampler.configure({ name: 'always_off', ratio: 1 });
    expect(under(0x03).spanContext().traceFlags).toBe(0x02);
    expect(root().spanContext().traceFlags).toBe(0x02);
  });

  it('keeps the flags of the parent and says that new ids are random', () => {
    expect(under(0x01).spanContext().traceFlags).toBe(0x01);
    expect(under(0x03).spanContext().traceFlags).toBe(0x03);
    expect(root().spanContext().traceFlags).toBe(0x03);
  });

  it('is asked once for each local trace: children follow their local parent', () => {
    const parent = root() as Span;
    sampler.configure({ name: 'always_off', ratio: 1 });
    const context = ROOT.setValue(Symbol.for('OpenTelemetry Context Key SPAN'), parent);
    const child = startSpan(unit, 'child', 1, context);
    expect(child).toBeInstanceOf(Span);
    expect((child as Span).p0).toBe(parent.s0);
  });

  describe('and the threshold of a trace', () => {
    const LOW = [0x7f_ffff, -1] as const;
    const HIGH = [0xff_0000, 0] as const;
    const decide = (
      flags: number,
      traceState: string | undefined,
      [t2, t3]: readonly [number, number] = HIGH,
    ) => sampler.decide({ t0: 1, t1: 2, t2, t3, s0: 5, s1: 6, flags, traceState }, t2, t3, 1, 'test');

    it.each([
      ['ot=th:8', 'ot=th:8'],
      ['a=1,ot=th:0;rv:00000000000000', 'a=1,ot=th:0;rv:00000000000000'],
      ['a=1', 'a=1'],
      // Kept all the same: it says nothing of the share.
      ['a=1,ot=th:ff8', 'a=1'],
      ['ot=rv:00000000000000;th:8', 'ot=rv:00000000000000'],
      ['ot=th:xyz', undefined],
    ])('passes %j of a followed parent on as %j', (state, expected) => {
      expect(decide(3, state)).toEqual({ sampled: true, traceState: expected });
    });

    it('does not pass on the threshold of a trace that the parent dropped', () => {
      expect(decide(2, 'a=1,ot=th:8')).toEqual({ sampled: false, traceState: 'a=1' });
    });

    it('is ours where we decide, by the randomness that the trace brings along', () => {
      sampler.configure({ name: 'traceidratio', ratio: 0.5 });
      expect(decide(0, undefined)).toEqual({ sampled: true, traceState: 'ot=th:8' });
      expect(decide(3, 'a=1,ot=th:c')).toEqual({ sampled: true, traceState: 'ot=th:8,a=1' });
      expect(decide(3, 'ot=th:c', LOW)).toEqual({ sampled: false, traceState: undefined });
      expect(decide(3, 'ot=rv:90000000000000', LOW)).toEqual({
        sampled: true,
        traceState: 'ot=rv:90000000000000;th:8',
      });
      expect(decide(3, 'ot=rv:10000000000000;th:c')).toEqual({
        sampled: false,
        traceState: 'ot=rv:10000000000000',
      });
    });

    it('is not written by what keeps all', () => {
      sampler.configure({ name: 'traceidratio', ratio: 1 });
      expect(sampler.decide(undefined, 0, 0, 1, 'test')).toEqual({ sampled: true, traceState: undefined });
      expect(decide(0, 'a=1,ot=th:c')).toEqual({ sampled: true, traceState: 'a=1' });
    });

    it('is that of the ratio for roots, and on all spans below', () => {
      sampler.configure({ name: 'parentbased_traceidratio', ratio: 0.01 });
      let span = root();
      while (!(span instanceof Span)) span = root();
      expect(span.traceState).toBe('ot=th:fd70a');
      const child = startSpan(
        unit,
        'child',
        1,
        ROOT.setValue(Symbol.for('OpenTelemetry Context Key SPAN'), span),
      );
      expect((child as Span).traceState).toBe('ot=th:fd70a');
    });
  });

  it('decides once for what is below a span that was dropped here, whatever rules say of it', () => {
    sampler.configure({ name: 'always_off', ratio: 1 });
    const dropped = root();
    sampler.setRules(() => thresholdOf(1));
    const below = startSpan(
      unit,
      'child',
      1,
      ROOT.setValue(Symbol.for('OpenTelemetry Context Key SPAN'), dropped),
    );
    sampler.setRules(undefined);
    expect(below).toBeInstanceOf(NonRecordingSpan);
    expect(below.spanContext().traceId).toBe(dropped.spanContext().traceId);
  });
});
