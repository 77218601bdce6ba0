import { expect, it } from 'vitest';
import { tokenBucket } from '../../../src/sampling/rate.ts';

it('gives so many for each second, and saves up for one second', () => {
  let ms = 1_000;
  const hasRoom = tokenBucket(10, () => ms);
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
