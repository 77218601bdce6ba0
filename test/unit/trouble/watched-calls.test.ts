import { expect, it } from 'vitest';
import { watchedCalls } from '../../../src/trouble/watched-calls.ts';

const times = (count: number, run: () => boolean): number =>
  Array.from({ length: count }, run).filter(Boolean).length;

it('watches a hundred calls of each statement, and a hundred more after a slow one', () => {
  const { isWatched, sawSlow } = watchedCalls();
  expect(times(150, () => isWatched('a'))).toBe(100);
  expect(times(150, () => isWatched('b'))).toBe(100);
  sawSlow('a');
  expect(times(150, () => isWatched('a'))).toBe(100);
  expect(isWatched('b')).toBe(false);
});

it('keeps a thousand statements, and no long text', () => {
  const { isWatched } = watchedCalls();
  times(100, () => isWatched('first'));
  for (let i = 0; i < 999; i++) isWatched(`statement ${i}`);
  expect(isWatched('first')).toBe(false);
  isWatched('one too many');
  expect(isWatched('first')).toBe(true);
  expect(times(150, () => isWatched('x'.repeat(2_049)))).toBe(150);
});
