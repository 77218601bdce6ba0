import { describe, expect, it } from 'vitest';
import { closest, distance } from '../../../src/config/distance.ts';

describe('distance', () => {
  it.each([
    ['', '', 0],
    ['abc', 'abc', 0],
    ['abc', 'abcd', 1],
    ['abc', 'bc', 1],
    ['abc', 'axc', 1],
    ['abcd', 'acbd', 1],
    ['abcd', 'badc', 2],
    ['kitten', 'sitting', 3],
  ])('of %j and %j is %i', (a, b, edits) => {
    expect(distance(a, b, 5)).toBe(edits);
    expect(distance(b, a, 5)).toBe(edits);
  });

  it('is one above the limit when it is above the limit, by length or by letters', () => {
    expect(distance('kitten', 'sitting', 3)).toBe(3);
    expect(distance('kitten', 'sitting', 2)).toBe(3);
    expect(distance('a', 'abcdefgh', 2)).toBe(3);
    expect(distance('aaaaaaaa', 'bbbbbbbb', 2)).toBe(3);
  });
});

describe('closest', () => {
  it('is the candidate with the fewest edits, the first of equals, and none beyond the limit', () => {
    expect(closest('pgg', ['pggxx', 'pg', 'pgx'], 2)).toBe('pg');
    expect(closest('pg', ['ab'], 1)).toBeUndefined();
    expect(closest('pg', ['pg', 'pgx'], 0)).toBe('pg');
    expect(closest('pg', [], 2)).toBeUndefined();
  });
});
