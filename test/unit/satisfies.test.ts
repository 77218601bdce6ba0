import { describe, expect, it } from 'vitest';
import { catalogue } from '../../instrumentations/index.ts';
import { satisfies } from '../../src/satisfies.ts';

describe('satisfies', () => {
  it('knows what the catalogue is written in: lower and upper limits, and alternatives', () => {
    const ranges = catalogue.flatMap(({ versions, points = [] }) => [
      versions,
      ...points.map((point) => point.versions),
    ]);
    const limits = />=\d+(\.\d+){0,2}( <\d+(\.\d+){0,2})?|<\d+(\.\d+){0,2}/.source;
    for (const range of ranges.filter((range) => range !== undefined)) {
      expect(range).toMatch(new RegExp(`^(${limits})( \\|\\| (${limits}))*$`));
    }
  });

  it.each([
    ['8.0.3', '>=8.0.3 <9', true],
    ['8.0.2', '>=8.0.3 <9', false],
    ['8.99.99', '>=8.0.3 <9', true],
    ['9.0.0', '>=8.0.3 <9', false],
    ['10.0.0', '>=8.0.3 <9', false],
    ['4.0.0', '>=4 <6', true],
    ['3.99.99', '>=4 <6', false],
    ['5.3.0', '>=4 <6', true],
    ['6.0.0', '>=4 <6', false],
    ['5.10.9', '<5.11.0', true],
    ['5.11.0', '<5.11.0', false],
    ['5.11.0', '>=5.11', true],
    ['5.10.99', '>=5.11', false],
    ['8.0.3', '>=8.0.3 <9 || >=10 <11', true],
    ['9.5.0', '>=8.0.3 <9 || >=10 <11', false],
    ['10.0.0', '>=8.0.3 <9 || >=10 <11', true],
    ['11.0.0', '>=8.0.3 <9 || >=10 <11', false],
    ['7.9.9', '>=8.0.3 <9 || >=10 <11', false],
    ['2.5.0', '>=2', true],
  ])('%s in %s: %s', (version, range, expected) => {
    expect(satisfies(version, range)).toBe(expected);
  });

  it('counts a prerelease as its release, on either side of a limit', () => {
    expect(satisfies('8.0.3-rc.1', '>=8.0.3 <9')).toBe(true);
    expect(satisfies('9.0.0-beta.1', '>=8.0.3 <9')).toBe(false);
    expect(satisfies('8.5.0+build.7', '>=8.0.3 <9')).toBe(true);
  });

  it.each(['', 'latest', '8', '8.0', 'v8.0.3', 'workspace:*', '>=8.0.3 <9'])(
    'takes %j for no version at all',
    (version) => {
      expect(satisfies(version, '>=0')).toBe(false);
    },
  );
});
