import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { matches } from '../../../src/sampling/wildcard.ts';

it('says what a regular expression says', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '/'), maxLength: 12 });
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '/', '*'), maxLength: 6 });
  fc.assert(
    fc.property(text, pattern, fc.nat(2), (text, pattern, start) => {
      const expected = new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(text.slice(start));
      expect(matches(pattern.split('*'), text, Math.min(start, text.length))).toBe(expected);
    }),
    { numRuns: 5_000 },
  );
});

it('takes a long path in no time', () => {
  const parts = '*a*a*a*a*a*a*a*b'.split('*');
  const started = performance.now();
  expect(matches(parts, 'a'.repeat(1_000_000))).toBe(false);
  expect(performance.now() - started).toBeLessThan(1_000);
});
