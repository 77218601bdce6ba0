import { expect, it } from 'vitest';
import { plainAddress } from '../../../src/semconv/address.ts';
import { forwardedClient } from '../../../src/semconv/forwarded.ts';

it.each([
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['::FFFF:192.0.2.7', '192.0.2.7'],
  ['192.0.2.7', '192.0.2.7'],
  ['::1', '::1'],
  ['::ffff:c000:207', '::ffff:c000:207'],
  ['2001:db8::ffff:192.0.2.7', '2001:db8::ffff:192.0.2.7'],
  ['', ''],
  [undefined, undefined],
])('%s is %s', (address, expected) => {
  expect(plainAddress(address)).toBe(expected);
});

it.each([
  [{ 'x-forwarded-for': '::ffff:192.0.2.7, 10.0.0.1' }, '192.0.2.7'],
  [{ forwarded: 'for="[::ffff:192.0.2.7]:4711"' }, '192.0.2.7'],
])('also of a proxy: %o', (headers, expected) => {
  expect(forwardedClient(headers)).toBe(expected);
});
