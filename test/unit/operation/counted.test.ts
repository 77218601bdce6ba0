import { describe, expect, it } from 'vitest';
import { CountedTree } from '../../../src/operation/counted.ts';

describe('a tree of what is counted', () => {
  it('leads the same steps to the same place, and others to others', () => {
    const tree = new CountedTree();
    const place = tree.at('a').at(1).at(undefined);
    expect(tree.at('a').at(1).at(undefined)).toBe(place);
    expect(tree.at('a').at('1').at(undefined)).not.toBe(place);
    expect(tree.at('a').at(1).at('')).not.toBe(place);
  });

  it('forgets rather than grows, of one place and of all', () => {
    const tree = new CountedTree();
    const first = tree.at('many').at(0);
    for (let i = 0; i < 5_000; i++) tree.at('many').at(i);
    expect(tree.at('many').at(0)).not.toBe(first);
    const early = tree.at('early').at('place');
    for (let i = 0; i < 20_000; i++) tree.at(i % 50).at(i);
    expect(tree.at('early').at('place')).not.toBe(early);
  });
});
