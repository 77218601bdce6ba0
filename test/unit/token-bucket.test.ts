import { expect, it } from 'vitest';
import { tokenBucket } from '../../src/token-bucket.ts';

const taken = (take: (nowMs: number) => boolean, atMs: number, tries = 20): number =>
  Array.from({ length: tries }, () => take(atMs)).filter(Boolean).length;

it('gives as many as are allowed in a second at once, and then as many as time has brought', () => {
  const take = tokenBucket(5);
  expect(taken(take, 1_000)).toBe(5);
  expect(taken(take, 1_199)).toBe(0);
  expect(taken(take, 1_200)).toBe(1);
  expect(taken(take, 1_600)).toBe(2);
  expect(taken(take, 60_000)).toBe(5);
});

it('gives one in so many seconds', () => {
  const take = tokenBucket(0.5);
  expect(taken(take, 0)).toBe(1);
  expect(taken(take, 1_999)).toBe(0);
  expect(taken(take, 2_000)).toBe(1);
  expect(taken(take, 3_000)).toBe(0);
});

it('gives nothing for a clock that goes back', () => {
  const take = tokenBucket(1);
  expect(taken(take, 1_000)).toBe(1);
  expect(taken(take, 0)).toBe(0);
  expect(taken(take, 500)).toBe(0);
});
