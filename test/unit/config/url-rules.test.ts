import { expect, it } from 'vitest';
import { urlRules, urlRulesProblem } from '../../../src/config/url-rules.ts';

it('reads rules in their order, without blanks and empty ones', () => {
  const text = ' /{id}/update; /files/** ;; /a/*/b; /** ; /';
  expect(urlRules(text)).toEqual(['/{id}/update', '/files/**', '/a/*/b', '/**', '/']);
  expect(urlRulesProblem(text)).toBeUndefined();
  expect([urlRules(undefined), urlRulesProblem(undefined)]).toEqual([[], undefined]);
});

it.each([
  ['files/**', 'which does not begin with a slash'],
  ['/a/**/b', 'where ** is not at the end'],
  ['/{id}/{id}', 'which has a name twice'],
  ['/file-{id}', 'where {name}, * or ** is not a whole segment'],
  ['/{a b}', 'where {name}, * or ** is not a whole segment'],
  ['/x*', 'where {name}, * or ** is not a whole segment'],
  ['/{}', 'where {name}, * or ** is not a whole segment'],
])('leaves out %s', (rule, problem) => {
  const text = `/ok;${rule};/also`;
  expect(urlRules(text)).toEqual(['/ok', '/also']);
  expect(urlRulesProblem(text)).toBe(` has "${rule}", ${problem}, that part is ignored`);
});
