import { describe, expect, it } from 'vitest';
import { compiled, endlessParts, patternProblem } from '../../../src/config/patterns.ts';

describe('an expression of an operator', () => {
  it.each([
    'health,metrics',
    'client/.*/info',
    '^/health$',
    '/v\\d+/ping',
    '(health|ready)z?$',
    '\\(a+\\)+',
    '[(*+)]+x',
    '[\\]*]+',
    '(?:ab)?c',
    '(?<name>ab)c{2,3}',
    '/[0-9a-f]{8}-[0-9a-f]{4}',
    '(abc){3}',
    '(abc)+',
    '.*a.*b.*c.*',
    '(?i)HEALTH',
    '^https://[^/]+/x/.*?/y',
  ])('is used: %s', (source) => {
    expect(patternProblem(source)).toBeUndefined();
  });

  it.each([
    ['(', 'is not a regular expression of JavaScript'],
    ['[', 'is not a regular expression of JavaScript'],
    ['*', 'is not a regular expression of JavaScript'],
    ['(a+)+', 'repeats what'],
    ['(a*)*b', 'repeats what'],
    ['(?:a|ab)+', 'repeats what'],
    ['((a+)b)*', 'repeats what'],
    ['(a?){20}', 'repeats what'],
    ['(x[*]+y)+', 'repeats what'],
    ['(a|b){2,}', 'repeats what'],
    ['((ab)+|c)*', 'repeats what'],
    ['a+b+c+', 'has more than 2 parts'],
    ['a{2,}b*c+', 'has more than 2 parts'],
    ['a{0,50}b{0,50}c{0,50}', 'has more than 2 parts'],
    ['a'.repeat(1_001), 'is longer than 1000 characters'],
  ])('is refused: %s', (source, problem) => {
    expect(patternProblem(source)).toContain(problem);
  });

  it('means the same without what says nothing', () => {
    expect(compiled('.*health.*').source).toBe('health');
    expect(compiled('^.*/x$').source).toBe('\\/x$');
    expect(compiled('(?i).*Health')).toEqual(/Health/i);
    // A literal dot, or a star of something else.
    expect(compiled('a\\.*').source).toBe('a\\.*');
    expect(compiled('.*?a').source).toBe('.*?a');
    expect(compiled('.*').test('http://x/')).toBe(true);
  });

  it('tells how many of its parts are of any length', () => {
    expect(['health', 'a.*b', '.*a.*', 'a.+b\\d*', 'a{3}b'].map(endlessParts)).toEqual([0, 1, 0, 2, 0]);
  });
});
