import * as fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { carriesIds, extractB3, parseB3 } from '../../../src/propagate/b3.ts';
import { DEBUG, UNDECIDED } from '../../../src/propagate/types.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const PARENT = {
  t0: 0x4bf92f35,
  t1: 0x77b34da6,
  t2: 0xa3ce929d | 0,
  t3: 0x0e0e4736,
  s0: 0x00f067aa,
  s1: 0x0ba902b7,
};
const DENIAL = { t0: 0, t1: 0, t2: 0, t3: 0, s0: 0, s1: 0, flags: 0, traceState: undefined };

const get = (carrier: Record<string, string | string[]>, name: string): string | string[] | undefined =>
  carrier[name];

describe('a single b3 header', () => {
  test.each([
    [`${TRACE}-${SPAN}-1`, 1],
    [`${TRACE}-${SPAN}-0`, 0],
    [`${TRACE}-${SPAN}-d`, 1 | DEBUG],
    [`${TRACE}-${SPAN}`, UNDECIDED],
    [`${TRACE}-${SPAN}-x`, UNDECIDED],
    [`${TRACE}-${SPAN}-1-${SPAN}`, 1],
    [`${TRACE.toUpperCase()}-${SPAN.toUpperCase()}-1`, 1],
  ])('%s names a parent with flags %i', (header, flags) => {
    expect(parseB3(header)).toEqual({ ...PARENT, flags, traceState: undefined });
  });

  it('with a 64-bit trace id is padded on the left', () => {
    expect(parseB3(`${TRACE.slice(16)}-${SPAN}-1`)).toEqual({
      ...PARENT,
      t0: 0,
      t1: 0,
      flags: 1,
      traceState: undefined,
    });
  });

  it('of 0 alone denies the recording and names no parent', () => {
    const denial = parseB3('0');
    expect(denial).toEqual(DENIAL);
    expect(denial && carriesIds(denial)).toBe(false);
  });

  test.each([
    '',
    '1',
    'd',
    '-',
    `${TRACE}`,
    `${TRACE}-`,
    `-${SPAN}-1`,
    `${TRACE}x-${SPAN}-1`,
    `${TRACE}-${SPAN}0-1`,
    `${'0'.repeat(32)}-${SPAN}-1`,
    `${TRACE}-${'0'.repeat(16)}-1`,
    `${TRACE.slice(1)}g-${SPAN}-1`,
    'x'.repeat(1_000),
  ])('%s is refused', (header) => {
    expect(parseB3(header)).toBeUndefined();
  });
});

describe('the b3 headers', () => {
  test.each([
    ['1', undefined, 1],
    ['true', undefined, 1],
    ['0', undefined, 0],
    ['false', undefined, 0],
    [undefined, undefined, UNDECIDED],
    [undefined, '1', 1 | DEBUG],
    ['0', '1', 1 | DEBUG],
    ['1', '0', 1],
  ])('with sampled %s and flags %s give flags %i', (sampled, debug, flags) => {
    const carrier: Record<string, string> = { 'x-b3-traceid': TRACE, 'x-b3-spanid': SPAN };
    if (sampled !== undefined) carrier['x-b3-sampled'] = sampled;
    if (debug !== undefined) carrier['x-b3-flags'] = debug;
    expect(extractB3(carrier, get)).toEqual({ ...PARENT, flags, traceState: undefined });
  });

  it('deny the recording with x-b3-sampled of 0 alone', () => {
    expect(extractB3({ 'x-b3-sampled': '0' }, get)).toEqual(DENIAL);
    expect(extractB3({ 'x-b3-sampled': '1' }, get)).toBeUndefined();
    expect(extractB3({ 'x-b3-sampled': '0', 'x-b3-traceid': TRACE }, get)).toBeUndefined();
  });

  it('come second to the single one, if that is valid', () => {
    const multi = { 'x-b3-traceid': TRACE, 'x-b3-spanid': SPAN, 'x-b3-sampled': '1' };
    expect(extractB3({ ...multi, b3: '0' }, get)).toEqual(DENIAL);
    expect(extractB3({ ...multi, b3: 'broken' }, get)?.flags).toBe(1);
  });

  it('with more than one line are not taken', () => {
    expect(extractB3({ b3: [`${TRACE}-${SPAN}-1`] }, get)?.flags).toBe(1);
    expect(extractB3({ b3: [`${TRACE}-${SPAN}-1`, `${TRACE}-${SPAN}-1`] }, get)).toBeUndefined();
  });

  it('never fail', () => {
    const header = fc.option(
      fc.oneof(fc.string({ unit: 'binary' }), fc.array(fc.string(), { maxLength: 2 })),
      { nil: undefined },
    );
    const carrier = fc.record({
      b3: header,
      'x-b3-traceid': header,
      'x-b3-spanid': header,
      'x-b3-sampled': header,
      'x-b3-flags': header,
    });
    fc.assert(
      fc.property(carrier, (headers) => {
        const parent = extractB3(headers, (from, name) => from[name as keyof typeof from]);
        if (parent !== undefined) expect([0, 1, 1 | DEBUG, UNDECIDED]).toContain(parent.flags);
      }),
    );
  });
});
