import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { hex8, hex32, parseHex32, spanIdHex, traceIdHex } from '../../../src/encode/hex.ts';

const int32 = fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff });

it('an int32 is eight lower-case digits, and back', () => {
  fc.assert(
    fc.property(int32, (n) => {
      expect(hex32(n)).toBe((n >>> 0).toString(16).padStart(8, '0'));
      expect(parseHex32(hex32(n), 0)).toBe(n);
      expect(parseHex32(`xyz${hex32(n)}g`, 3)).toBe(n);
    }),
  );
});

it('ids are their parts in order', () => {
  expect(traceIdHex(1, -1, 0, 0x7fffffff)).toBe('00000001ffffffff000000007fffffff');
  expect(spanIdHex(-0x80000000, 10)).toBe('800000000000000a');
  expect(hex8(0x1ab)).toBe('ab');
});

it('what is not eight lower-case digits is NaN', () => {
  for (const text of [
    '',
    '1234567',
    '1234567g',
    '1234567A',
    '123456é8',
    ' 2345678',
    '-1234567',
    '0x123456',
  ]) {
    expect(parseHex32(text, 0)).toBeNaN();
  }
  expect(parseHex32('12345678', 1)).toBeNaN();
});
