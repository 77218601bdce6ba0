import { describe, expect, it } from 'vitest';
import { isTooLate, untilExport, untilReading } from '../../../src/metrics/beat.ts';

describe('readings and exports', () => {
  it.each([
    [60_000, 0, 60_000, 61_000],
    [60_000, 1_000, 59_000, 60_000],
    [60_000, 30_000, 30_000, 31_000],
    [400, 1_000, 200, 300],
  ])('of an interval of %i ms, %i ms after the start: in %i and %i ms', (interval, uptime, reading, sent) => {
    expect(untilReading(interval, uptime)).toBe(reading);
    expect(untilExport(interval, uptime)).toBe(sent);
  });

  it('are not made twice when a timer fires early', () => {
    expect(untilReading(60_000, 59_999.5)).toBe(60_000.5);
    expect(untilExport(60_000, 60_999.5)).toBe(60_000.5);
    expect(isTooLate(60_000, 119_999.5)).toBe(false);
  });

  it('go on at the same times after one that was late', () => {
    expect(untilReading(60_000, 61_500)).toBe(58_500);
    expect(untilExport(60_000, 62_000)).toBe(59_000);
  });

  it('a reading that its export has not waited for is left out', () => {
    expect(isTooLate(60_000, 60_900)).toBe(false);
    expect(isTooLate(60_000, 61_100)).toBe(true);
    expect(isTooLate(400, 490)).toBe(false);
    expect(isTooLate(400, 510)).toBe(true);
  });
});
