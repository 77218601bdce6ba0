import { expect, it } from 'vitest';
import { newPhase } from '../../../src/patch/phase.ts';

it('a phase runs until its outermost call returns', () => {
  const phase = newPhase();
  expect(phase.isRunning()).toBe(false);
  const result = phase.run(() => {
    phase.run(() => undefined);
    return phase.isRunning();
  });
  expect(result).toBe(true);
  expect(phase.isRunning()).toBe(false);
});

it('a phase is over when its call throws, and the app gets the error', () => {
  const phase = newPhase();
  const error = new Error('of the app');
  expect(() =>
    phase.run(() => {
      throw error;
    }),
  ).toThrow(error);
  expect(phase.isRunning()).toBe(false);
});
