import * as fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { formatTraceparent, parseTraceparent, parseTracestate } from '../../../src/propagate/tracecontext.ts';
import { cpuMs } from '../../support/cpu-time.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

describe('a traceparent', () => {
  it('gives the ids as integers', () => {
    expect(parseTraceparent(`00-${TRACE}-${SPAN}-01`)).toEqual({
      t0: 0x4bf92f35,
      t1: 0x77b34da6,
      t2: 0xa3ce929d | 0,
      t3: 0x0e0e4736,
      s0: 0x00f067aa,
      s1: 0x0ba902b7,
      flags: 1,
      traceState: undefined,
    });
  });

  test.each([
    [`00-${TRACE}-${SPAN}-00`, 0],
    [`00-${TRACE}-${SPAN}-02`, 2],
    [`00-${TRACE}-${SPAN}-03`, 3],
    [`00-${TRACE}-${SPAN}-ff`, 3],
    [`00-${TRACE}-${SPAN}-fc`, 0],
    [`cc-${TRACE}-${SPAN}-01`, 1],
    [`cc-${TRACE}-${SPAN}-01-`, 1],
    [`cc-${TRACE}-${SPAN}-01-what-the-future-will-be-like`, 1],
    [`01-${TRACE}-${SPAN}-01`, 1],
    [`0f-${TRACE}-${SPAN}-01`, 1],
    [`f0-${TRACE}-${SPAN}-01`, 1],
    [`fe-${TRACE}-${SPAN}-01`, 1],
    [` \t00-${TRACE}-${SPAN}-01\t `, 1],
    [`00-${'0'.repeat(31)}1-${'0'.repeat(15)}1-01`, 1],
  ])('%s is accepted with flags %i', (header, flags) => {
    expect(parseTraceparent(header)?.flags).toBe(flags);
  });

  test.each([
    '',
    '00',
    `00-${TRACE}-${SPAN}`,
    `00-${TRACE}-${SPAN}-0`,
    `00-${TRACE}-${SPAN}-01-`,
    `00-${TRACE}-${SPAN}-01-x`,
    `00-${TRACE}-${SPAN}-011`,
    `cc-${TRACE}-${SPAN}-01.what`,
    `cc-${TRACE}-${SPAN}-012`,
    `ff-${TRACE}-${SPAN}-01`,
    `0-${TRACE}-${SPAN}-01`,
    `.0-${TRACE}-${SPAN}-01`,
    `0.-${TRACE}-${SPAN}-01`,
    `CC-${TRACE}-${SPAN}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${TRACE}-${SPAN.toUpperCase()}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE.slice(1)}.-${SPAN}-01`,
    `00-.${TRACE.slice(1)}-${SPAN}-01`,
    `00-${TRACE}-${SPAN.slice(1)}.-01`,
    `00-${TRACE}-${SPAN}-.0`,
    `00-${TRACE}-${SPAN}-0.`,
    `00_${TRACE}-${SPAN}-01`,
    `00-${TRACE}_${SPAN}-01`,
    `00-${TRACE}-${SPAN}_01`,
    `00-${TRACE}-${SPAN}-01,00-${TRACE}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-01, cc-${TRACE}-${SPAN}-01`,
    `00-${TRACE}é-${SPAN}-01`,
  ])('%s is refused', (header) => {
    expect(parseTraceparent(header)).toBeUndefined();
  });

  it('comes out as it went in', () => {
    const int32 = fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff });
    fc.assert(
      fc.property(int32, int32, int32, int32, int32, int32, fc.nat(3), (t0, t1, t2, t3, s0, s1, flags) => {
        const header = formatTraceparent(t0, t1, t2, t3, s0, s1, flags);
        expect(header).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[0-3]$/);
        const valid = (t0 | t1 | t2 | t3) !== 0 && (s0 | s1) !== 0;
        expect(parseTraceparent(header)).toEqual(
          valid ? { t0, t1, t2, t3, s0, s1, flags, traceState: undefined } : undefined,
        );
      }),
    );
  });

  it('is accepted exactly if it has the form of the specification', () => {
    const unit = fc.constantFrom(...'0123456789abcdef-AF.g ');
    const header = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 80 }),
      fc.string({ unit, minLength: 50, maxLength: 60 }),
      fc.tuple(fc.nat(60), unit).map(([at, char]) => {
        const text = `00-${TRACE}-${SPAN}-01`;
        return text.slice(0, at) + char + text.slice(at + 1);
      }),
    );
    const form =
      /^(?:00-(?<t>[0-9a-f]{32})-(?<s>[0-9a-f]{16})-[0-9a-f]{2}|(?!00|ff)[0-9a-f]{2}-(?<u>[0-9a-f]{32})-(?<v>[0-9a-f]{16})-[0-9a-f]{2}(?:-.*)?)$/s;
    fc.assert(
      fc.property(header, (text) => {
        const groups = form.exec(text.replace(/^[ \t]+|[ \t]+$/g, ''))?.groups;
        const valid =
          groups !== undefined && /[^0]/.test(groups.t ?? groups.u) && /[^0]/.test(groups.s ?? groups.v);
        expect(parseTraceparent(text) !== undefined).toBe(valid);
      }),
      { numRuns: 3_000 },
    );
  });
});

describe('a tracestate', () => {
  const members = (count: number): string => Array.from({ length: count }, (_, i) => `k${i}=${i}`).join(',');

  test.each<readonly [header: string | string[], state: string | undefined]>([
    ['foo=1', 'foo=1'],
    ['foo=1,bar=2', 'foo=1,bar=2'],
    ['foo=1 \t , \t bar=2, \t baz=3', 'foo=1,bar=2,baz=3'],
    [' foo=1\t', 'foo=1'],
    ['', undefined],
    [' , ,', undefined],
    ['foo=1,', 'foo=1'],
    [',foo=1', 'foo=1'],
    ['foo=1,,bar=2', 'foo=1,bar=2'],
    [['foo=1', 'bar=2'], 'foo=1,bar=2'],
    [['foo=1', '', 'bar=2 '], 'foo=1,bar=2'],
    [['foo=1,bar=2', 'baz=3'], 'foo=1,bar=2,baz=3'],
    [[], undefined],
    ['foo=1,foo=2', 'foo=1,foo=2'],
    ['0foo=1', '0foo=1'],
    ['t@v=1', 't@v=1'],
    ['0t@v=1', '0t@v=1'],
    ['a_-*/0=!"#$%&\'()*+-./:;<>?@[]^_`{|}~', 'a_-*/0=!"#$%&\'()*+-./:;<>?@[]^_`{|}~'],
    ['foo=a b', 'foo=a b'],
    ['foo', undefined],
    ['foo=', undefined],
    ['=1', undefined],
    ['foo=bar=baz', undefined],
    ['foo=,bar=3', undefined],
    ['foo =1', undefined],
    ['foo= ', undefined],
    ['FOO=1', undefined],
    ['foo.bar=1', undefined],
    ['foo@=1,bar=2', 'foo@=1,bar=2'],
    ['@foo=1,bar=2', undefined],
    ['foo@@bar=1,bar=2', 'foo@@bar=1,bar=2'],
    ['foo@bar@baz=1,bar=2', 'foo@bar@baz=1,bar=2'],
    ['foo@0=1', 'foo@0=1'],
    ['_foo=1', undefined],
    ['foo=é', undefined],
    ['foo=\u0001', undefined],
    ['foo=1;bar', 'foo=1;bar'],
  ])('%j gives %j', (header, state) => {
    expect(parseTracestate(header)).toBe(state);
  });

  it('has 32 members, and is dropped as a whole with 33', () => {
    expect(parseTracestate(members(32))).toBe(members(32));
    expect(parseTracestate(members(33))).toBeUndefined();
    expect(parseTracestate([members(16), members(16)])).toBe(`${members(16)},${members(16)}`);
    expect(parseTracestate([members(16), members(17)])).toBeUndefined();
    expect(parseTracestate(`${members(32)},,, ,`)).toBe(members(32));
  });

  it('has keys of 256 characters and not one more, with an `@` wherever it is not first', () => {
    expect(parseTracestate(`foo=1,${'z'.repeat(256)}=1`)).toBe(`foo=1,${'z'.repeat(256)}=1`);
    expect(parseTracestate(`foo=1,${'z'.repeat(257)}=1`)).toBeUndefined();
    for (const key of [`${'t'.repeat(242)}@v`, `t@${'v'.repeat(254)}`]) {
      expect(parseTracestate(`${key}=1`)).toBe(`${key}=1`);
    }
    expect(parseTracestate(`t@${'v'.repeat(255)}=1`)).toBeUndefined();
  });

  it('has values of 256 characters and not one more', () => {
    expect(parseTracestate(`foo=${'x'.repeat(256)}`)).toBe(`foo=${'x'.repeat(256)}`);
    expect(parseTracestate(`foo=${'x'.repeat(257)}`)).toBeUndefined();
  });

  describe('of more than 512 characters', () => {
    const member = (key: string, length: number): string => `${key}=`.padEnd(length, 'v');

    it('is kept up to the 512th', () => {
      const fits = [member('a', 128), member('b', 128), member('c', 128), member('d', 125)].join(',');
      expect(fits).toHaveLength(512);
      expect(parseTracestate(fits)).toBe(fits);
      expect(parseTracestate(`${fits}v`)).toBe(fits.slice(0, fits.lastIndexOf(',')));
      expect(parseTracestate(` ${fits.replaceAll(',', ' , ')}, `)).toBe(fits);
    });

    it('loses large members first, and then those at the end', () => {
      const [small, large] = [member('s', 128), member('l', 129)];
      expect(parseTracestate(`${large},a=1,${small},${small},${small}`)).toBe(
        `a=1,${small},${small},${small}`,
      );
      expect(parseTracestate(`${large},${small},${large},${large}`)).toBe(`${large},${small},${large}`);
      expect(parseTracestate(`${small},${small},${small},${small},a=1`)).toBe(
        `${small},${small},${small},a=1`.slice(0, 386),
      );
    });

    it('is lost if it is one member', () => {
      expect(parseTracestate(`${'k'.repeat(256)}=${'v'.repeat(256)}`)).toBeUndefined();
      expect(parseTracestate(`${'k'.repeat(255)}=${'v'.repeat(256)}`)).toHaveLength(512);
    });

    it('keeps members of the greatest size that fit', () => {
      const state = Array.from(
        { length: 32 },
        (_, i) => `${String(i).padEnd(200, 'k')}=${'v'.repeat(256)}`,
      ).join(',');
      expect(parseTracestate(state)).toBe(state.slice(0, 457));
    });
  });

  it('that is kept is valid, and stays as it is when read again', () => {
    const char = fc.constantFrom(...'abz019_-*/@=, \t.Aé\u0000');
    fc.assert(
      fc.property(fc.array(fc.string({ unit: char, maxLength: 12 }), { maxLength: 5 }), (lines) => {
        const state = parseTracestate(lines);
        if (state === undefined) return;
        expect(state).toMatch(/^[a-z0-9][-a-z0-9_*/@]*=[\x20-\x7e]+$/);
        expect(state.length).toBeLessThanOrEqual(512);
        expect(parseTracestate(state)).toBe(state);
      }),
      { numRuns: 3_000 },
    );
  });

  it('of a megabyte of commas takes no time', () => {
    for (const header of [','.repeat(1 << 20), Array.from({ length: 80 }, () => ' ,'.repeat(4_096))]) {
      expect(cpuMs(20, () => expect(parseTracestate(header)).toBeUndefined())).toBeLessThan(20);
    }
  });
});
