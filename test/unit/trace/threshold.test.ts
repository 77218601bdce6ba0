import { describe, expect, it } from 'vitest';
import { isBelow, NEVER, thresholdOf } from '../../../src/trace/threshold.ts';

describe('the threshold of a ratio', () => {
  // The table of the specification, for its precision of 4.
  it.each([
    [1, '0'],
    [1 / 2, '8'],
    [1 / 3, 'aaab'],
    [1 / 4, 'c'],
    [1 / 5, 'cccd'],
    [1 / 8, 'e'],
    [1 / 10, 'e666'],
    [1 / 16, 'f'],
    [1 / 100, 'fd70a'],
    [1 / 1_000, 'ffbe77'],
    [1 / 10_000, 'fff9724'],
    [1 / 100_000, 'ffff583a'],
    [1 / 1_000_000, 'ffffef39'],
  ])('of %d is that of the specification', (ratio, th) => {
    const { high, low, th: told, kept } = thresholdOf(ratio);
    expect(told).toBe(th);
    expect(high.toString(16).padStart(6, '0') + low.toString(16).padStart(8, '0')).toBe(th.padEnd(14, '0'));
    expect(kept).toEqual({ sampled: true, traceState: `ot=th:${th}` });
  });

  it('keeps something for the smallest ratio, and nothing for what is no probability', () => {
    const smallest = thresholdOf(2 ** -56);
    expect(isBelow({ high: 0xff_ffff, low: 0xffff_ffff }, smallest)).toBe(false);
    for (const ratio of [0, 2 ** -57, Number.NaN]) expect(thresholdOf(ratio)).toBe(NEVER);
    expect(isBelow({ high: 0xff_ffff, low: 0xffff_ffff }, NEVER)).toBe(true);
  });

  it('is told by both parts of it', () => {
    const threshold = { ...thresholdOf(0.5), high: 5, low: 7 };
    expect(isBelow({ high: 5, low: 6 }, threshold)).toBe(true);
    expect(isBelow({ high: 5, low: 7 }, threshold)).toBe(false);
    expect(isBelow({ high: 6, low: 0 }, threshold)).toBe(false);
    expect(isBelow({ high: 4, low: 9 }, threshold)).toBe(true);
  });
});
