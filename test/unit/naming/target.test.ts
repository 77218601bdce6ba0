import { expect, it } from 'vitest';
import { cookie, pathOf, queryParameter } from '../../../src/naming/target.ts';

it('finds the path of a request target', () => {
  expect(pathOf('/a/b?c=/d')).toBe('/a/b');
  expect(pathOf('http://host:1/a?b')).toBe('/a');
  expect(pathOf('http://host')).toBe('');
  expect(pathOf('*')).toBe('');
  expect(pathOf('host:443')).toBe('');
  expect(pathOf(`/${'a'.repeat(16_000)}`)).toHaveLength(1_024);
});

it('finds the first value of a query parameter', () => {
  expect(queryParameter('/?a=1&tenant=x%20y+z&tenant=2', 'tenant')).toBe('x y z');
  expect(queryParameter('/?te%6Eant=1', 'tenant')).toBe('1');
  expect(queryParameter('/?tenant', 'tenant')).toBeUndefined();
  expect(queryParameter('/?a=tenant=1', 'tenant')).toBeUndefined();
  expect(queryParameter('/?tenant=%zz', 'tenant')).toBe('%zz');
  expect(queryParameter('/tenant=1', 'tenant')).toBeUndefined();
});

it('finds a cookie', () => {
  expect(cookie('a=1; sid=x=%20y; b="q"', 'sid')).toBe('x= y');
  expect(cookie('a=1; sid=x; b="q"', 'b')).toBe('q');
  expect(cookie('asid=1', 'sid')).toBeUndefined();
  expect(cookie(undefined, 'sid')).toBeUndefined();
});
