import { describe, expect, it, test } from 'vitest';
import { randomnessOf, thresholdOf, withThreshold } from '../../../src/propagate/ot.ts';
import { parseTracestate } from '../../../src/propagate/tracecontext.ts';

test.each([
  ['ot=th:8', { high: 0x80_0000, low: 0 }],
  ['a=1,ot=rv:00000000000000;th:FD70a4,b=2', { high: 0xfd_70a4, low: 0 }],
  ['ot=th:0', { high: 0, low: 0 }],
  ['ot=th:00000000000001', { high: 0, low: 1 }],
  ['ot=th:xyz', { high: Number.NaN, low: Number.NaN }],
  ['ot=th:', { high: Number.NaN, low: Number.NaN }],
  ['ot=th:000000000000001', { high: Number.NaN, low: Number.NaN }],
  ['ot=xth:8', undefined],
  ['foot=th:8', undefined],
  ['a=ot=th:8', undefined],
])('%j has the threshold %j', (state, threshold) => {
  expect(thresholdOf(state)).toEqual(threshold);
});

test.each([
  ['ot=rv:80000000000001', { high: 0x80_0000, low: 1 }],
  ['ot=th:8;rv:ffffffffffffff', { high: 0xff_ffff, low: 0xffff_ffff }],
  // All digits or none: a part of it is not random.
  ['ot=rv:8', undefined],
  ['ot=rv:8000000000000g', undefined],
  ['rv=80000000000001', undefined],
])('%j brings the randomness %j', (state, randomness) => {
  expect(randomnessOf(state)).toEqual(randomness);
});

describe('another threshold', () => {
  test.each([
    ['a=1', '8', 'ot=th:8,a=1'],
    ['a=1,ot=th:c,b=2', '8', 'ot=th:8,a=1,b=2'],
    ['ot=rv:80000000000001;th:c;x:y', 'e', 'ot=rv:80000000000001;x:y;th:e'],
    ['a=1,ot=th:c,b=2', undefined, 'a=1,b=2'],
    ['b=2,ot=th:c;rv:80000000000001', undefined, 'ot=rv:80000000000001,b=2'],
    ['ot=th:c', undefined, undefined],
    ['a=1,ot=rv:80000000000001', undefined, 'a=1,ot=rv:80000000000001'],
    ['a=1', undefined, 'a=1'],
    ['ot=th:c,ot=th:8', 'e', 'ot=th:e'],
  ])('of %j, %j, gives %j', (state, th, expected) => {
    expect(withThreshold(state, th)).toBe(expected);
  });

  it('keeps the list within 32 members and 512 characters, and what others need first', () => {
    const many = Array.from({ length: 32 }, (_, i) => `k${i}=v`).join(',');
    const state = withThreshold(many, '8') as string;
    expect(state.split(',')).toHaveLength(32);
    expect(state).toMatch(/^ot=th:8,k0=v,.*,k30=v$/);
    const long = parseTracestate(
      Array.from({ length: 20 }, (_, i) => `k${i}=${'v'.repeat(30)}`).join(','),
    ) as string;
    const shortened = withThreshold(long, '8') as string;
    expect(shortened.length).toBeLessThanOrEqual(512);
    expect(shortened).toMatch(/^ot=th:8,k0=/);
  });

  it('is left out where the member has no room for it', () => {
    const full = `ot=x:${'y'.repeat(252)}`;
    expect(withThreshold(full, '8')).toBe(full);
    expect(withThreshold(`ot=th:c;x:${'y'.repeat(247)}`, 'fd70a')).toBe(`ot=x:${'y'.repeat(247)}`);
  });
});
