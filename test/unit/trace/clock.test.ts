import { afterEach, describe, expect, it, vi } from 'vitest';
import { clockAt, monotonic, now } from '../../../src/trace/clock.ts';
import { randomInt32 } from '../../../src/trace/ids.ts';
import { traceState } from '../../../src/trace/trace-state.ts';

afterEach(() => {
  vi.resetModules();
  vi.restoreAllMocks();
});

describe('the clock', () => {
  it('gives wall time to within the tolerated drift', () => {
    const clock = clockAt(now());
    expect(Math.abs(clock.originMs + now() - Date.now())).toBeLessThan(5);
    const ns = (BigInt(clock.high) << 32n) + BigInt(clock.low);
    expect(Math.abs(Number(ns) / 1e6 - clock.originMs)).toBeLessThan(0.01);
  });

  it('follows a wall clock that jumps, but not within a second of the last look, and old clocks stay', async () => {
    const realNow = Date.now;
    let offsetMs = 0;
    vi.spyOn(Date, 'now').mockImplementation(() => realNow() + offsetMs);
    const fresh = await import('../../../src/trace/clock.ts');
    const first = fresh.clockAt(10);
    offsetMs = -3_600_000;
    expect(fresh.clockAt(1_009)).toBe(first);
    const second = fresh.clockAt(1_010);
    expect(second).not.toBe(first);
    expect(fresh.clockAt(2_011)).toBeDefined();
  });

  it('stays where it is for a start that an app gives, in the past or in the future', async () => {
    const fresh = await import('../../../src/trace/clock.ts');
    const before = fresh.clockAt(fresh.now());
    for (const apart of [10_000, 3_600_000, -10_000]) {
      expect(fresh.clockAt(fresh.now() + apart)).toBe(before);
      expect(fresh.clockAt(fresh.now())).toBe(before);
    }
  });

  it('is not touched by apps that replace the clocks', () => {
    vi.spyOn(performance, 'now').mockReturnValue(0);
    expect(now()).toBeGreaterThan(0);
  });
});

describe('a time given through the API', () => {
  const clock = clockAt(now());
  const wallMs = (time: unknown): number => (monotonic(time, clock) as number) + clock.originMs;

  it.each([0, 1, 1_700_000_000_000, 1_700_000_000_123.5])('is read from epoch %d ms in every form', (ms) => {
    expect(wallMs(new Date(ms))).toBeCloseTo(Math.trunc(ms), ms === 0 ? 2 : 3);
    expect(wallMs([Math.floor(ms / 1_000), (ms % 1_000) * 1e6])).toBeCloseTo(ms, ms === 0 ? 2 : 3);
    if (ms > 1_000_000_000_000) expect(wallMs(ms)).toBeCloseTo(ms, 3);
  });

  it('below half of the time origin is a reading of performance.now()', () => {
    expect(monotonic(1_234.5, clock)).toBe(1_234.5);
  });

  it.each([
    undefined,
    null,
    'text',
    Number.NaN,
    Number.POSITIVE_INFINITY,
    new Date(Number.NaN),
    [1],
    ['1', '2'],
    {},
    1e300,
    [-1e9, 0],
    [1e12, 0],
    new Date(-1),
  ])('is none if it is %s', (time) => {
    expect(monotonic(time, clock)).toBeUndefined();
  });
});

describe('randomInt32', () => {
  it('fills all 32 bits and does not repeat across refills', () => {
    const seen = new Set<number>();
    let ones = 0;
    let zeroes = 0;
    for (let i = 0; i < 10_000; i++) {
      const value = randomInt32();
      expect(value | 0).toBe(value);
      seen.add(value);
      ones |= value;
      zeroes |= ~value;
    }
    expect(seen.size).toBeGreaterThan(9_980);
    expect([ones, zeroes]).toEqual([-1, -1]);
  });
});

describe('traceState', () => {
  it('reads members and puts a new one first, without changing the original', () => {
    const state = traceState('a=1, b=2=3 ,broken,=x');
    expect([state.get('a'), state.get('b'), state.get('c')]).toEqual(['1', '2=3', undefined]);
    expect(state.set('b', 'new').serialize()).toBe('b=new,a=1');
    expect(state.unset('a').serialize()).toBe('b=2=3');
    expect(state.serialize()).toBe('a=1,b=2=3');
  });
});

describe('a time given through the API comes out as it was', () => {
  const clock = clockAt(now());
  const wallNs = (time: unknown): bigint =>
    (BigInt(clock.high) << 32n) + BigInt(clock.low) + BigInt(Math.floor(monotonic(time, clock)! * 1e6));
  const aDay = 86_400;

  it.each([-30 * aDay, -1, 0, 1, 12 * aDay])('to the ns, %d s from now', (apart) => {
    const seconds = Math.floor(Date.now() / 1_000) + apart;
    for (const ns of [0, 1, 99, 123_456_789, 999_999_999]) {
      expect(wallNs([seconds, ns])).toBe(BigInt(seconds) * 1_000_000_000n + BigInt(ns));
    }
    const ms = seconds * 1_000 + 123;
    expect(wallNs(new Date(ms))).toBe(BigInt(ms) * 1_000_000n);
    expect(wallNs(ms)).toBe(BigInt(ms) * 1_000_000n);
    expect(wallNs(ms + 0.25)).toBe(BigInt(ms) * 1_000_000n + 250_000n);
  });
});
