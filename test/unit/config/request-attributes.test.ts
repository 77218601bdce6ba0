import { expect, it } from 'vitest';
import { requestAttributes, requestAttributesProblem } from '../../../src/config/request-attributes.ts';

it('reads attributes with their sources and filters', () => {
  const text =
    'user.role=header:X-Role; order.id = param: id ;tenant=query:tenant|baggage;session=cookie:sid | hash|baggage;';
  expect(requestAttributes(text)).toEqual([
    { name: 'user.role', source: 'header', key: 'x-role', hash: false, baggage: false },
    { name: 'order.id', source: 'param', key: 'id', hash: false, baggage: false },
    { name: 'tenant', source: 'query', key: 'tenant', hash: false, baggage: true },
    { name: 'session', source: 'cookie', key: 'sid', hash: true, baggage: true },
  ]);
  expect(requestAttributesProblem(text, [])).toBeUndefined();
  expect(requestAttributes(undefined)).toEqual([]);
});

const SHAPE = 'which is not attribute=header:…, attribute=param:…, attribute=query:… or attribute=cookie:…';

it.each([
  ['a', SHAPE],
  ['a=x-role', SHAPE],
  ['a=body:x', SHAPE],
  ['=header:x', SHAPE],
  ['a b=header:x', SHAPE],
  ['a=header:', SHAPE],
  ['a=header:x|md5', 'where "md5" is neither hash nor baggage'],
  ['a=header:x|', 'where "" is neither hash nor baggage'],
  ['a=header:Authorization', 'which is a secret by its name: it needs |hash'],
  ['a=cookie:sid', 'which is a secret by its name: it needs |hash'],
  ['a=cookie:connect.session|baggage', 'which is a secret by its name: it needs |hash'],
  ['a=query:access_token', 'which is a secret by its name: it needs |hash'],
])('leaves out %s', (entry, problem) => {
  const text = `ok=header:x;${entry}`;
  expect(requestAttributes(text).map(({ name }) => name)).toEqual(['ok']);
  expect(requestAttributesProblem(text, [])).toBe(` has "${entry}", ${problem}, that part is ignored`);
});

it('says of a parameter that spans below can have it only by a rule', () => {
  const text = 'a=param:id|baggage';
  expect(requestAttributesProblem(text, ['/{id}/x'])).toBeUndefined();
  expect(requestAttributesProblem(text, ['/{other}/x'])).toContain(' has "a=param:id|baggage": ');
  expect(requestAttributes(text)).toHaveLength(1);
});
