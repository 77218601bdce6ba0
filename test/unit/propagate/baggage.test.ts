import { baggageEntryMetadataFromString, propagation } from '@opentelemetry/api';
import * as fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import {
  baggageFromHeader,
  headerFromBaggage,
  limitBaggage,
  MAX_BAGGAGE_BYTES,
  MAX_PAIR_BYTES,
  MAX_PAIRS,
} from '../../../src/propagate/baggage.ts';
import { cpuMs } from '../../support/cpu-time.ts';

describe('a baggage header', () => {
  test.each<readonly [header: string | string[], kept: string | undefined]>([
    ['a=1', 'a=1'],
    ['a=1,b=2;p;q=r', 'a=1,b=2;p;q=r'],
    [' a=1 ,\tb = 2 ; p ', 'a=1,b = 2 ; p'],
    ['a=', 'a='],
    ['a=%20%C3%A9', 'a=%20%C3%A9'],
    ['a="x" y\\z', 'a="x" y\\z'],
    ['a=b=c', 'a=b=c'],
    [['a=1', 'b=2'], 'a=1,b=2'],
    [['a=1', 'broken', 'b=2'], 'a=1,b=2'],
    ['', undefined],
    [[], undefined],
    [' , ,', undefined],
    ['a', undefined],
    ['=1', undefined],
    ['a b=1', undefined],
    ['é=1', undefined],
    ['a=é,b=2', 'b=2'],
    ['a=\u0001,b=2', 'b=2'],
    ['a=%,b=%zz,c=%4,d=%41', 'd=%41'],
    ['a=1,', 'a=1'],
    [',a=1', 'a=1'],
    ['__proto__=1,constructor=2,toString=3', '__proto__=1,constructor=2,toString=3'],
  ])('%j is kept as %j', (header, kept) => {
    expect(limitBaggage(header)).toBe(kept);
  });

  it('of 8,192 characters is kept; of one more the last pair is lost', () => {
    const first = `a=${'x'.repeat(4_000)}`;
    const rest = MAX_BAGGAGE_BYTES - 2 * first.length - 2;
    const fits = `${first},${first},b=${'y'.repeat(rest - 2)}`;
    expect(fits).toHaveLength(MAX_BAGGAGE_BYTES);
    expect(limitBaggage(fits)).toBe(fits);
    expect(limitBaggage([`${first},${first}`, `b=${'y'.repeat(rest - 2)}`])).toBe(fits);
    expect(limitBaggage(`${fits}y`)).toBe(`${first},${first}`);
  });

  it('has 180 pairs and not one more', () => {
    const pairs = (count: number): string => Array.from({ length: count }, (_, i) => `k${i}=v`).join(',');
    expect(limitBaggage(pairs(MAX_PAIRS))).toBe(pairs(MAX_PAIRS));
    expect(limitBaggage(pairs(MAX_PAIRS + 1))).toBe(pairs(MAX_PAIRS));
    expect(limitBaggage([pairs(90), pairs(91)])).toBe(`${pairs(90)},${pairs(90)}`);
  });

  it('has pairs of 4,096 characters; a longer one is lost alone', () => {
    const longest = `a=${'x'.repeat(MAX_PAIR_BYTES - 2)}`;
    expect(limitBaggage(`${longest},b=2`)).toBe(`${longest},b=2`);
    expect(limitBaggage(`${longest}x,b=2`)).toBe('b=2');
  });

  test.each<readonly [string, string | string[]]>([
    ['one megabyte without a comma', `a=${'x'.repeat(1 << 20)}`],
    ['one megabyte of commas', ','.repeat(1 << 20)],
    ['one megabyte of keys without values', 'a,'.repeat(1 << 19)],
    ['one megabyte of spaces', ' '.repeat(1 << 20)],
    ['80 lines of 8 KB', Array.from({ length: 80 }, () => `a=${'x'.repeat(8_000)}`)],
    ['80 lines of 8 KB in small pairs', Array.from({ length: 80 }, () => 'a=1,'.repeat(2_000))],
    ['a million lines', Array.from({ length: 1 << 20 }, () => '')],
  ])('of %s takes no time', (_, header) => {
    const kept = limitBaggage(header);
    expect(kept === undefined || kept.length <= MAX_BAGGAGE_BYTES).toBe(true);
    expect(cpuMs(5, () => limitBaggage(header))).toBeLessThan(5);
  });

  it('keeps what fits behind a pair of any length within the limit of the scan', () => {
    expect(limitBaggage(`a=${'x'.repeat(60_000)},b=2`)).toBe('b=2');
  });

  it('that is kept is within the limits, and stays as it is when read again', () => {
    const char = fc.constantFrom(...'ab1=,; %4zé"\t\u0000');
    fc.assert(
      fc.property(fc.array(fc.string({ unit: char, maxLength: 30 }), { maxLength: 6 }), (lines) => {
        const kept = limitBaggage(lines);
        if (kept === undefined) return;
        expect(kept).toMatch(/^[\t\x20-\x7e]+$/);
        expect(limitBaggage(kept)).toBe(kept);
      }),
      { numRuns: 3_000 },
    );
  });
});

describe('baggage from a header', () => {
  it('has decoded values and metadata', () => {
    const baggage = baggageFromHeader('a=1,b=%C3%A9%20;p=q;r , c = 3');
    expect(
      baggage.getAllEntries().map(([key, entry]) => [key, entry.value, entry.metadata?.toString()]),
    ).toEqual([
      ['a', '1', undefined],
      ['b', 'é ', 'p=q;r'],
      ['c', '3', undefined],
    ]);
    expect(baggage.getEntry('a')?.value).toBe('1');
    expect(baggage.getEntry('z')).toBeUndefined();
  });

  it('takes no key for a property of objects', () => {
    const baggage = baggageFromHeader('__proto__=1,toString=2');
    expect(baggage.getEntry('__proto__')?.value).toBe('1');
    expect(baggage.getEntry('constructor')).toBeUndefined();
    expect(({} as Record<string, unknown>)['1']).toBeUndefined();
    expect(headerFromBaggage(baggage.setEntry('b', { value: '3' }))).toBe('__proto__=1,toString=2,b=3');
  });

  it('ignores a value that is no UTF-8', () => {
    expect(baggageFromHeader('a=%FF,b=2').getAllEntries()).toEqual([['b', { value: '2' }]]);
  });

  it('is immutable as the API wants it', () => {
    const baggage = baggageFromHeader('a=1,b=2,c=3');
    expect(headerFromBaggage(baggage.setEntry('a', { value: '9' }))).toBe('a=9,b=2,c=3');
    expect(headerFromBaggage(baggage.removeEntry('a'))).toBe('b=2,c=3');
    expect(headerFromBaggage(baggage.removeEntries('a', 'c'))).toBe('b=2');
    expect(headerFromBaggage(baggage.clear())).toBeUndefined();
    expect(headerFromBaggage(baggage)).toBe('a=1,b=2,c=3');
  });
});

describe('the header of baggage', () => {
  it("is that of the API's own implementation", () => {
    const metadata = baggageEntryMetadataFromString('p=q');
    const baggage = propagation.createBaggage({ a: { value: 'é ,;=' }, b: { value: '2', metadata } });
    expect(headerFromBaggage(baggage)).toBe('a=%C3%A9%20%2C%3B%3D,b=2;p=q');
  });

  it('leaves out what cannot be sent', () => {
    const comma = baggageEntryMetadataFromString('p,x=1\r\n');
    const baggage = propagation.createBaggage({
      lone: { value: '\ud800' },
      '': { value: '1' },
      'a b': { value: '2' },
      '%41': { value: '3' },
      m: { value: '4', metadata: comma },
    });
    expect(headerFromBaggage(baggage)).toBe('a%20b=2,%2541=3,m=4');
  });

  it('holds to the limits', () => {
    const many = propagation.createBaggage(
      Object.fromEntries(Array.from({ length: 181 }, (_, i) => [`k${i}`, { value: 'v' }])),
    );
    expect(headerFromBaggage(many)?.split(',')).toHaveLength(MAX_PAIRS);
    expect(headerFromBaggage(many, 9)).toBe('k180=v');
    expect(headerFromBaggage(many, 13)).toBe('k179=v,k180=v');
    const long = propagation.createBaggage({
      a: { value: 'x'.repeat(MAX_PAIR_BYTES - 1) },
      b: { value: 'x'.repeat(MAX_PAIR_BYTES - 2) },
    });
    expect(headerFromBaggage(long)).toBe(`b=${'x'.repeat(MAX_PAIR_BYTES - 2)}`);
    const much = propagation.createBaggage(
      Object.fromEntries(Array.from({ length: 3 }, (_, i) => [`k${i}`, { value: 'x'.repeat(4_000) }])),
    );
    expect(headerFromBaggage(much)?.length).toBe(2 * 4_003 + 1);
  });

  it('of an implementation that throws is none', () => {
    const broken = Object.assign(Object.create(null), {
      getAllEntries: () => {
        throw new Error('broken');
      },
    });
    expect(headerFromBaggage(broken)).toBeUndefined();
  });

  it('reads back as the entries it was made of', () => {
    const key = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 5 });
    const value = fc.string({ unit: 'grapheme', maxLength: 10 });
    fc.assert(
      fc.property(fc.dictionary(key, value, { maxKeys: 5, noNullPrototype: true }), (entries) => {
        const baggage = propagation.createBaggage(
          Object.fromEntries(Object.entries(entries).map(([name, text]) => [name, { value: text }])),
        );
        const header = headerFromBaggage(baggage);
        const back = header === undefined ? [] : baggageFromHeader(header).getAllEntries();
        expect(Object.fromEntries(back.map(([name, entry]) => [name, entry.value]))).toEqual(entries);
        if (header !== undefined) expect(limitBaggage(header)).toBe(header);
      }),
    );
  });
});
