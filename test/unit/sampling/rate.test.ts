import { afterEach, expect, it, vi } from 'vitest';
import { tokenBucket } from '../../../src/sampling/rate.ts';

afterEach(() => vi.restoreAllMocks());

it('gives so many for each second, and saves up for one second', () => {
  let ms = 1_000;
  vi.spyOn(performance, 'now').mockImplementation(() => ms);
  const hasRoom = tokenBucket(10);
  const taken = (): number => Array.from({ length: 100 }, hasRoom).filter(Boolean).length;
  expect(taken()).toBe(10);
  expect(taken()).toBe(0);
  ms += 50;
  expect(taken()).toBe(0);
  ms += 50;
  expect(taken()).toBe(1);
  ms += 500;
  expect(taken()).toBe(5);
  ms += 3_600_000;
  expect(taken()).toBe(10);
});
