import { expect, it } from 'vitest';
import { middlewareProblem, parseMiddlewareSpans } from '../../../src/config/middleware.ts';

it.each([
  ['on', 0],
  ['ON', 0],
  ['slow:5ms', 5],
  ['slow:0.5ms', 0.5],
  ['slow: 2 s', undefined],
  ['slow:2s', 2000],
  ['off', undefined],
  [undefined, undefined],
])('%s is %s', (text, value) => {
  expect(parseMiddlewareSpans(text)).toBe(value);
});

it.each(['fast', 'slow', 'slow:5', 'slow:0ms', 'slow:-1ms', 'true', '5ms'])('%s is told of', (text) => {
  expect(parseMiddlewareSpans(text)).toBeUndefined();
  expect(middlewareProblem(text)).toContain(JSON.stringify(text));
});

it.each(['on', 'off', 'Off', 'slow:5ms'])('%s is not', (text) => {
  expect(middlewareProblem(text)).toBeUndefined();
});
