import { expect, it } from 'vitest';
import { callbackPosition } from '../../../src/methods/parameters.ts';

it.each([
  ['(function (review, callback) {})', 1],
  ['((a, { b, c }, cb) => a)', 2],
  ['((options = { a: [1, 2] }, done) => options)', 1],
  ['((next) => next)', 0],
  ['(callback => callback)', 0],
  ['({ save(a, callback) {} }).save', 1],
  ['(function (list, fn) {})', undefined],
  ['(function (callback, list) {})', undefined],
  ['(() => 1)', undefined],
  ['((...callback) => 1)', undefined],
  ['(({ callback }) => 1)', undefined],
  ['Math.max', undefined],
])('%s: %s', (source, position) => {
  // oxlint-disable-next-line no-eval -- functions as they are written, past the transformation of this file
  expect(callbackPosition((0, eval)(source))).toBe(position);
});
