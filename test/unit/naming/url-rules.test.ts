import { expect, it } from 'vitest';
import { urlRuleOf } from '../../../src/naming/url-rules.ts';

it.each([
  ['/7/update', '/{id}/update'],
  ['/7/update/', '/{id}/update'],
  ['/7/update/x', undefined],
  ['//update', undefined],
  ['/7/Update', undefined],
  ['/files', '/files/**'],
  ['/files/', '/files/**'],
  ['/files/a/b/c/d/e/f/g', '/files/**'],
  ['/filesystem', undefined],
  ['/a/x/b', '/a/*/b'],
  ['/a/first/b', '/a/*/b'],
  ['/', '/'],
  ['', '/'],
  ['/a', undefined],
])('%s is %s', (path, rule) => {
  const ruleOf = urlRuleOf(['/{id}/update', '/files/**', '/a/*/b', '/a/first/b', '/']);
  expect(ruleOf(path)).toBe(rule);
});

it('takes everything by /**, which is the last word', () => {
  const ruleOf = urlRuleOf(['/a', '/**']);
  expect(['/a', '/b/c', '/'].map(ruleOf)).toEqual(['/a', '/**', '/**']);
});
