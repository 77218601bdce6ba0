import { describe, expect, it, test } from 'vitest';
import { type HeaderGetter, propagator } from '../../../src/propagate/index.ts';
import { JAEGER, parseUberTraceId } from '../../../src/propagate/jaeger.ts';
import { OT_TRACE } from '../../../src/propagate/ottrace.ts';
import { DEBUG, UNDECIDED } from '../../../src/propagate/types.ts';
import { parseAmznTraceId, XRAY } from '../../../src/propagate/xray.ts';

type Headers = Record<string, string | string[] | undefined>;

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const IDS = [0x4bf92f35, 0x77b34da6, 0xa3ce929d | 0, 0x0e0e4736, 0x00f067aa, 0x0ba902b7] as const;
const [t0, t1, t2, t3, s0, s1] = IDS;
const PARENT = { t0, t1, t2, t3, s0, s1, traceState: undefined };
const FORMATS = [JAEGER, XRAY, OT_TRACE];

const get: HeaderGetter<Headers> = (carrier, name) => carrier[name];
get.keys = Object.keys;
const chosen = (...names: string[]) => propagator(names, 1_000, FORMATS);

function injected(names: string[], flags = 1, baggage?: string): Headers {
  const headers: Headers = {};
  const set = (to: Headers, name: string, value: string): void => {
    to[name] = value;
  };
  chosen(...names).inject(headers, set, ...IDS, flags, undefined, baggage);
  return headers;
}

describe('jaeger', () => {
  test.each([
    [`${TRACE}:${SPAN}:0:1`, { ...PARENT, flags: 1 }],
    [`${TRACE}:${SPAN}:0:0`, { ...PARENT, flags: 0 }],
    [`${TRACE}:${SPAN}:${SPAN}:01`, { ...PARENT, flags: 1 }],
    [`${TRACE}:${SPAN}:0:3`, { ...PARENT, flags: 1 | DEBUG }],
    [`${TRACE}:${SPAN}:0:2`, { ...PARENT, flags: 1 | DEBUG }],
    [`${TRACE}:${SPAN}:0:8`, { ...PARENT, flags: 0 }],
    [`${TRACE}:${SPAN}:0:`, { ...PARENT, flags: UNDECIDED }],
    [`${TRACE.toUpperCase()}:${SPAN}:0:1`, { ...PARENT, flags: 1 }],
    [`${TRACE}%3A${SPAN}%3A0%3A1`, { ...PARENT, flags: 1 }],
    // Leading zeros are left out, 64 bits are enough.
    [`${TRACE.slice(16)}:${SPAN.slice(2)}:0:1`, { ...PARENT, t0: 0, t1: 0, flags: 1 }],
    ['a:b:0:1', { ...PARENT, t0: 0, t1: 0, t2: 0, t3: 10, s0: 0, s1: 11, flags: 1 }],
  ])('%s is a parent', (header, parent) => {
    expect(parseUberTraceId(header)).toEqual(parent);
  });

  test.each([
    '',
    '0:1:0:1',
    '1:0:0:1',
    ':1:0:1',
    '1::0:1',
    '1:2:1',
    '1:2:0:1:0',
    `0${TRACE}:${SPAN}:0:1`,
    `${TRACE}:0${SPAN}:0:1`,
    'g:1:0:1',
    '%:%',
    '%zz%3A1%3A0%3A1',
    `${'%3A'.repeat(100)}`,
  ])('%j is none', (header) => expect(parseUberTraceId(header)).toBeUndefined());

  it('is written in full, debugged or not', () => {
    expect(injected(['jaeger'])).toEqual({ 'uber-trace-id': `${TRACE}:${SPAN}:0:1` });
    expect(injected(['jaeger'], 0)).toEqual({ 'uber-trace-id': `${TRACE}:${SPAN}:0:0` });
    expect(injected(['jaeger'], 1 | DEBUG)).toEqual({ 'uber-trace-id': `${TRACE}:${SPAN}:0:3` });
  });

  it('carries baggage in headers of its own, both ways', () => {
    expect(injected(['jaeger'], 1, 'user=%C3%A4da,b%20c=1,empty=')).toEqual({
      'uber-trace-id': `${TRACE}:${SPAN}:0:1`,
      'uberctx-user': '%C3%A4da',
      'uberctx-empty': '',
    });
    const came = { 'uberctx-user': '%C3%A4da', 'Uberctx-Raw': '50%, all', 'uberctx-': 'x', uberctx: 'y' };
    expect(chosen('jaeger').extractBaggage(came, get)).toBe('user=%C3%A4da,Raw=50%25%2C%20all');
    // Without a way to list what came there is none.
    expect(chosen('jaeger').extractBaggage(came, (from, name) => from[name as 'uberctx'])).toBeUndefined();
  });

  it('writes no more baggage than is allowed, and takes no more than W3C Baggage', () => {
    const many = Array.from({ length: 200 }, (_, i) => `key${i}=${'v'.repeat(50)}`).join(',');
    const sent = Object.entries(injected(['jaeger'], 1, many)).slice(1);
    expect(
      sent.reduce((sum, [name, value]) => sum + name.length + String(value).length, 0),
    ).toBeLessThanOrEqual(1_000);
    // What was set last was set by the app.
    expect(sent[0][0]).toBe('uberctx-key199');
    const came = Object.fromEntries(
      Array.from({ length: 2_000 }, (_, i) => [`uberctx-k${i}`, 'v'.repeat(100)]),
    );
    expect(chosen('jaeger').extractBaggage(came, get)!.length).toBeLessThanOrEqual(8_192);
  });

  it('replaces what the app has of it', () => {
    expect(chosen('jaeger', 'baggage').fieldsFor('user=1,k=2')).toEqual([
      'uber-trace-id',
      'baggage',
      'uberctx-user',
      'uberctx-k',
    ]);
  });
});

describe('xray', () => {
  const ROOT = `Root=1-${TRACE.slice(0, 8)}-${TRACE.slice(8)}`;
  test.each([
    [`${ROOT};Parent=${SPAN};Sampled=1`, 1],
    [`${ROOT};Parent=${SPAN};Sampled=0`, 0],
    [`${ROOT};Parent=${SPAN};Sampled=?`, UNDECIDED],
    [`${ROOT};Parent=${SPAN}`, UNDECIDED],
    [` Sampled=1 ; Parent=${SPAN.toUpperCase()}; ${ROOT} ;`, 1],
    [`Self=1-67891234-12456789abcdef012345678;${ROOT};Parent=${SPAN};Sampled=1;Lineage=a87bd80c:1;x`, 1],
  ])('%s is a parent', (header, flags) => {
    expect(parseAmznTraceId(header)).toEqual({ ...PARENT, flags });
  });

  test.each([
    '',
    // A load balancer that starts a trace has no span in it.
    ROOT,
    `${ROOT};Sampled=1`,
    `${ROOT};Parent=1;Sampled=1`,
    `Root=2-${TRACE.slice(0, 8)}-${TRACE.slice(8)};Parent=${SPAN};Sampled=1`,
    `Root=1-${TRACE};Parent=${SPAN};Sampled=1`,
    `Root=1-00000000-000000000000000000000000;Parent=${SPAN};Sampled=1`,
    `${ROOT};Parent=0000000000000000;Sampled=1`,
    `Parent=${SPAN};Sampled=1`,
    '__proto__=1',
  ])('%j is none', (header) => expect(parseAmznTraceId(header)).toBeUndefined());

  it('is written with the decision', () => {
    const header = (sampled: string): Headers => ({
      'x-amzn-trace-id': `${ROOT};Parent=${SPAN};Sampled=${sampled}`,
    });
    expect(injected(['xray'])).toEqual(header('1'));
    expect(injected(['xray'], 2)).toEqual(header('0'));
    expect(injected(['xray'], UNDECIDED)).toEqual(header('?'));
  });

  it('passes the lineage of functions on, and no other baggage', () => {
    const came = { 'X-Amzn-Trace-Id': `${ROOT};Parent=${SPAN};Sampled=1;Lineage=a87bd80c:1|68fd508a:5` };
    const baggage = chosen('xray').extractBaggage(came, get);
    expect(baggage).toBe('Lineage=a87bd80c%3A1%7C68fd508a%3A5');
    expect(chosen('xray').extract(came, get)).toEqual({ ...PARENT, flags: 1 });
    expect(injected(['xray'], 1, `${baggage},user=1`)['x-amzn-trace-id']).toBe(
      `${ROOT};Parent=${SPAN};Sampled=1;Lineage=a87bd80c:1|68fd508a:5`,
    );
    const forged = { 'x-amzn-trace-id': `${ROOT};Parent=${SPAN};Lineage=x\r\ny` };
    expect(chosen('xray').extractBaggage(forged, get)).toBeUndefined();
    expect(injected(['xray'], 1, 'Lineage=x%0D%0Ay')['x-amzn-trace-id']).not.toContain('Lineage');
  });

  it('takes no header that is too long', () => {
    const header = `${ROOT};Parent=${SPAN};Sampled=1;${'x=1;'.repeat(300)}`;
    expect(chosen('xray').extract({ 'x-amzn-trace-id': header }, get)).toBeUndefined();
  });
});

describe('ottrace', () => {
  const headers = (sampled?: string, traceId = TRACE.slice(16)): Headers => ({
    'ot-tracer-traceid': traceId,
    'ot-tracer-spanid': SPAN,
    ...(sampled !== undefined && { 'ot-tracer-sampled': sampled }),
  });

  test.each([
    [headers('true'), { ...PARENT, t0: 0, t1: 0, flags: 1 }],
    [headers('false'), { ...PARENT, t0: 0, t1: 0, flags: 0 }],
    [headers(), { ...PARENT, t0: 0, t1: 0, flags: UNDECIDED }],
    [headers('true', TRACE), { ...PARENT, flags: 1 }],
    [headers('true', '1'), undefined],
    [headers('true', '0'.repeat(16)), undefined],
    [{ 'ot-tracer-traceid': TRACE }, undefined],
    [{ ...headers('true'), 'ot-tracer-spanid': [SPAN, SPAN] }, undefined],
  ])('%j', (came, parent) => expect(chosen('ottrace').extract(came, get)).toEqual(parent));

  it('is written with the lower half of the trace id, and with baggage as it is', () => {
    expect(injected(['ottrace'], 1, 'user=ada%2C%20x,x=%C3%A4')).toEqual({
      ...headers('true'),
      'ot-baggage-user': 'ada, x',
    });
    expect(injected(['ottrace'], 0)).toEqual(headers('false'));
  });

  it('takes baggage with a trace alone', () => {
    const came = { ...headers('true'), 'ot-baggage-user': 'ada, 50%' };
    expect(chosen('ottrace').extractBaggage(came, get)).toBe('user=ada%2C%2050%25');
    expect(chosen('ottrace').extractBaggage({ 'ot-baggage-user': 'ada' }, get)).toBeUndefined();
  });
});

describe('several', () => {
  const came = {
    traceparent: `00-0af7651916cd43dd8448eb211c80319c-${SPAN}-01`,
    'uber-trace-id': `${TRACE}:${SPAN}:0:1`,
    baggage: 'both=w3c,own=1',
    'uberctx-both': 'jaeger',
  };

  it.each([
    [['tracecontext', 'jaeger'], t0],
    [['jaeger', 'tracecontext'], 0x0af76519],
    [['jaeger', 'tracecontext', 'jaeger'], t0],
    [['xray', 'jaeger', 'ottrace'], t0],
    [['xray', 'ottrace'], undefined],
  ])('%j: the last one that finds a parent wins', (names, expected) => {
    expect(chosen(...names).extract(came, get)?.t0).toBe(expected);
  });

  it('have baggage of all, and of the last one for the same key', () => {
    expect(chosen('baggage', 'jaeger').extractBaggage(came, get)).toBe('both=jaeger,own=1');
    expect(chosen('jaeger', 'baggage').extractBaggage(came, get)).toBe('both=w3c,own=1');
  });

  it('are all written, once each', () => {
    expect(
      Object.keys(injected(['ottrace', 'jaeger', 'tracecontext', 'xray', 'jaeger', 'baggage'], 1, 'k=v')),
    ).toEqual([
      'ot-tracer-traceid',
      'ot-tracer-spanid',
      'ot-tracer-sampled',
      'traceparent',
      'x-amzn-trace-id',
      'uber-trace-id',
      'baggage',
      'ot-baggage-k',
      'uberctx-k',
    ]);
  });
});
