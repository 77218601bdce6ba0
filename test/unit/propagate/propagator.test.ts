import { propagation } from '@opentelemetry/api';
import * as fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { baggageFromHeader } from '../../../src/propagate/baggage.ts';
import { carriesIds, propagator } from '../../../src/propagate/index.ts';
import { DEBUG, UNDECIDED } from '../../../src/propagate/types.ts';

type Headers = Record<string, string | string[] | undefined>;

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const OTHER = '0af7651916cd43dd8448eb211c80319c';
const SPAN = '00f067aa0ba902b7';
const IDS = [0x4bf92f35, 0x77b34da6, 0xa3ce929d | 0, 0x0e0e4736, 0x00f067aa, 0x0ba902b7] as const;

const get = (carrier: Headers, name: string): string | string[] | undefined => carrier[name];
const set = (carrier: Headers, name: string, value: string): void => {
  carrier[name] = value;
};

function injected(
  names: readonly string[],
  flags = 1,
  traceState?: string,
  baggage?: Parameters<ReturnType<typeof propagator>['inject']>[10],
): Headers {
  const carrier: Headers = {};
  propagator(names).inject(carrier, set, ...IDS, flags, traceState, baggage);
  return carrier;
}

describe('propagators by the names of OTEL_PROPAGATORS', () => {
  test.each<readonly [names: string[], headers: Headers]>([
    [['tracecontext'], { traceparent: `00-${TRACE}-${SPAN}-01`, tracestate: 'a=1' }],
    [['baggage'], { baggage: 'k=v' }],
    [
      ['tracecontext', 'baggage'],
      { traceparent: `00-${TRACE}-${SPAN}-01`, tracestate: 'a=1', baggage: 'k=v' },
    ],
    [['b3'], { b3: `${TRACE}-${SPAN}-1` }],
    [['b3multi'], { 'x-b3-traceid': TRACE, 'x-b3-spanid': SPAN, 'x-b3-sampled': '1' }],
    [['none'], {}],
    [[], {}],
    [
      ['whatever', 'tracecontext', 'tracecontext'],
      { traceparent: `00-${TRACE}-${SPAN}-01`, tracestate: 'a=1' },
    ],
  ])('%j write %j', (names, headers) => {
    expect(injected(names, 1, 'a=1', 'k=v')).toEqual(headers);
    const { fields } = propagator(names);
    // Written in place of the sampled state by those who debug.
    expect(fields.filter((name) => name !== 'x-b3-flags')).toEqual(Object.keys(headers));
    expect(fields.includes('x-b3-flags')).toBe(names.includes('b3multi'));
  });

  it('write that the caller debugs, or that nothing is decided, where the headers have a word for it', () => {
    const names = ['tracecontext', 'b3', 'b3multi'];
    const ids = { 'x-b3-traceid': TRACE, 'x-b3-spanid': SPAN };
    expect(injected(names, 1 | DEBUG)).toEqual({
      traceparent: `00-${TRACE}-${SPAN}-01`,
      b3: `${TRACE}-${SPAN}-d`,
      ...ids,
      'x-b3-flags': '1',
    });
    expect(injected(names, UNDECIDED)).toEqual({
      traceparent: `00-${TRACE}-${SPAN}-00`,
      b3: `${TRACE}-${SPAN}`,
      ...ids,
    });
  });

  it('write that a span is not sampled, and the random flag', () => {
    expect(injected(['b3', 'b3multi'], 0)).toEqual({
      b3: `${TRACE}-${SPAN}-0`,
      'x-b3-traceid': TRACE,
      'x-b3-spanid': SPAN,
      'x-b3-sampled': '0',
    });
    expect(injected(['tracecontext'], 0x103).traceparent).toBe(`00-${TRACE}-${SPAN}-03`);
  });

  it('write no ids without a span, but baggage', () => {
    const carrier: Headers = {};
    propagator(['tracecontext', 'b3', 'b3multi', 'baggage']).inject(
      carrier,
      set,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      'a=1',
      'k=v',
    );
    expect(carrier).toEqual({ baggage: 'k=v' });
  });

  it('add less than 4 KB to a request, whatever came in', () => {
    const names = ['tracecontext', 'baggage', 'b3', 'b3multi'];
    const { extract, extractBaggage, inject } = propagator(names, 3_072);
    const state = Array.from({ length: 32 }, (_, i) => `${String(i).padEnd(100, 'k')}=${'v'.repeat(256)}`);
    const pairs = Array.from({ length: 180 }, (_, i) => `${String(i).padEnd(20, 'k')}=${'v'.repeat(80)}`);
    const came: Headers = {
      traceparent: `00-${TRACE}-${SPAN}-01`,
      tracestate: state.join(','),
      baggage: pairs.join(','),
    };
    const remote = extract(came, get);
    const baggage = extractBaggage(came, get);
    expect(baggage?.length).toBeGreaterThan(8_000);
    const goes: Headers = {};
    inject(goes, set, ...IDS, 1, remote?.traceState, baggage);
    const bytes = Object.entries(goes).reduce(
      (sum, [name, value]) => sum + `${name}: ${value}\r\n`.length,
      0,
    );
    expect(Object.keys(goes)).toHaveLength(7);
    expect(bytes).toBeGreaterThan(3_072);
    expect(bytes).toBeLessThan(4_096);
  });

  it('leave out whole entries of baggage beyond the limit', () => {
    const carrier: Headers = {};
    const write = (baggage: Parameters<ReturnType<typeof propagator>['inject']>[10]): unknown => {
      propagator(['baggage'], 9).inject(carrier, set, ...IDS, 1, undefined, baggage);
      return carrier.baggage;
    };
    expect(write('a=1,long=word,b=2,c=3,d=4')).toBe('a=1,b=2');
    // What the app sets is the last.
    const mine = baggageFromHeader('a=1,b=2,c=3').setEntry('mine', { value: '1' });
    expect(write(mine)).toBe('mine=1');
  });

  it('write baggage of the API, within the limits', () => {
    const baggage = propagation.createBaggage({ a: { value: 'b c' } });
    expect(injected(['baggage'], 1, undefined, baggage)).toEqual({ baggage: 'a=b%20c' });
    expect(injected(['baggage'], 1, undefined, propagation.createBaggage())).toEqual({});
    expect(injected(['baggage'], 1, undefined, `a=1,b=${'x'.repeat(4_096)}`)).toEqual({ baggage: 'a=1' });
  });

  it('take two traceparents for none', () => {
    const { extract } = propagator(['tracecontext']);
    const header = `00-${TRACE}-${SPAN}-01`;
    expect(extract({ traceparent: [header] }, get)?.flags).toBe(1);
    expect(extract({ traceparent: [header, header] }, get)).toBeUndefined();
    expect(extract({ traceparent: `${header}, ${header}` }, get)).toBeUndefined();
    expect(extract({ traceparent: [] }, get)).toBeUndefined();
  });

  it('keep a parent whose tracestate is broken, and no tracestate without a parent', () => {
    const { extract } = propagator(['tracecontext']);
    const traceparent = `00-${TRACE}-${SPAN}-01`;
    expect(extract({ traceparent, tracestate: ['a=1', 'b=2'] }, get)?.traceState).toBe('a=1,b=2');
    const broken = extract({ traceparent, tracestate: 'A=1' }, get);
    expect(broken?.s1).toBe(IDS[5]);
    expect(broken?.traceState).toBeUndefined();
    expect(extract({ tracestate: 'a=1' }, get)).toBeUndefined();
  });

  it('let the last one that finds a parent win', () => {
    const headers = { traceparent: `00-${TRACE}-${SPAN}-01`, b3: `${OTHER}-${SPAN}-1` };
    expect(propagator(['tracecontext', 'b3']).extract(headers, get)?.t0).toBe(0x0af76519);
    expect(propagator(['b3multi', 'tracecontext']).extract(headers, get)?.t0).toBe(0x4bf92f35);
    expect(propagator(['tracecontext', 'b3']).extract({ ...headers, b3: 'x' }, get)?.t0).toBe(0x4bf92f35);
    expect(propagator(['b3', 'tracecontext']).extract({ b3: headers.b3 }, get)?.t0).toBe(0x0af76519);
    const denial = propagator(['b3']).extract({ b3: '0' }, get);
    expect(denial && carriesIds(denial)).toBe(false);
  });

  it('give baggage as it came, cut to the limits', () => {
    expect(propagator(['baggage']).extractBaggage({ baggage: ['a=1', 'b=2'] }, get)).toBe('a=1,b=2');
    expect(propagator(['baggage']).extractBaggage({}, get)).toBeUndefined();
    expect(propagator(['tracecontext']).extractBaggage({ baggage: 'a=1' }, get)).toBeUndefined();
  });

  it('never throw, whatever the carrier does', () => {
    const all = propagator(['tracecontext', 'baggage', 'b3', 'b3multi']);
    const fail = (): never => {
      throw new Error('headers already sent');
    };
    expect(all.extract({}, fail)).toBeUndefined();
    expect(all.extractBaggage({}, fail)).toBeUndefined();
    expect(() => all.inject({}, fail, ...IDS, 1, 'a=1', 'k=v')).not.toThrow();
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...all.fields, 'x-b3-flags'), fc.anything()), (carrier) => {
        const read = (from: Record<string, unknown>, name: string): string => from[name] as string;
        const parent = all.extract(carrier, read);
        expect(parent === undefined || typeof parent.t0 === 'number').toBe(true);
        const baggage = all.extractBaggage(carrier, read);
        expect(baggage === undefined || typeof baggage === 'string').toBe(true);
      }),
    );
  });
});
