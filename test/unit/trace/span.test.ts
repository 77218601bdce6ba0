import { ROOT_CONTEXT, SpanStatusCode, trace } from '@opentelemetry/api';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Environment, readConfig } from '../../../src/config/read.ts';
import { active, run } from '../../../src/context/active.ts';
import { key } from '../../../src/encode/key.ts';
import { clockAt, now } from '../../../src/trace/clock.ts';
import * as limits from '../../../src/trace/limits.ts';
import { scope } from '../../../src/trace/scope.ts';
import { setSink, Span } from '../../../src/trace/span.ts';
import { idsOf, NonRecordingSpan } from '../../../src/trace/span-context.ts';
import { startSpan } from '../../../src/operation/start.ts';
import { collectSpans } from '../../fixtures/core/spans.ts';
import type { ReceivedSpan } from '../../support/otlp.ts';
import { setLogLevel } from '../../../src/log.ts';
import { cpuMs } from '../../support/cpu-time.ts';

const limit = (env: Environment): void => limits.configure(readConfig(env).config.limits);
let spans: ReceivedSpan[];
beforeEach(() => {
  spans = collectSpans();
  limit({});
});

const start = (name = 'test'): Span => startSpan(scope('unit'), name, 1, active()) as Span;

/** Ends the span and returns what was sent. */
function sent(span: Span): ReceivedSpan {
  span.end();
  return spans[spans.length - 1];
}

const link = (attributes?: Record<string, unknown>, extra = {}) => ({
  context: {
    traceId: '0123456789abcdef0123456789abcdef',
    spanId: '0123456789abcdef',
    traceFlags: 1,
    ...extra,
  },
  attributes: attributes as never,
});

describe('attributes of a span', () => {
  it('keep the last value under each name', () => {
    const span = start().setAttribute('a', 1).setAttributes({ b: 'x', a: 2 }).setAttribute('b', ['y']);
    expect({ ...sent(span).attributes }).toEqual({ a: 2, b: ['y'] });
  });

  it('of the app win over ours of the same name, whichever was set first, and are there once', () => {
    const span = start();
    const ours = key('http.request.method');
    span.add(ours, 'GET');
    span.setAttribute('http.request.method', 'MINE');
    span.add(key('late'), 1);
    expect({ ...sent(span).attributes }).toEqual({ 'http.request.method': 'MINE', late: 1 });
    const other = start();
    other.setAttribute('late', 'mine');
    other.add(key('late'), 1);
    expect({ ...sent(other).attributes }).toEqual({ late: 'mine' });
  });

  it('stop at 128, and the 129th is counted', () => {
    const full = start();
    for (let i = 0; i < 128; i++) full.setAttribute(`k${i}`, i);
    full.setAttribute('k0', 'changed');
    expect(sent(full)).toMatchObject({ droppedAttributesCount: 0, attributes: { k0: 'changed', k127: 127 } });
    const over = start();
    for (let i = 0; i < 129; i++) over.setAttribute(`k${i}`, i);
    const { attributes, droppedAttributesCount } = sent(over);
    expect(Object.keys(attributes)).toHaveLength(128);
    expect(droppedAttributesCount).toBe(1);
  });

  it('of a date are its ISO text', () => {
    const span = start();
    span.setAttribute('when', new Date(1_700_000_000_123) as never);
    span.setAttribute('list', [new Date(0), new Date(Number.NaN)] as never);
    span.setAttribute('never', new Date(Number.NaN) as never);
    const { attributes, droppedAttributesCount } = sent(span);
    expect({ ...attributes }).toEqual({
      when: '2023-11-14T22:13:20.123Z',
      list: ['1970-01-01T00:00:00.000Z', null],
    });
    expect(droppedAttributesCount).toBe(1);
  });

  it('are taken as they are when they are set', () => {
    const list = [1, 2];
    const map = { deep: { value: 1 } };
    const span = start().setAttribute('list', list).setAttribute('map', map);
    list.push(3);
    map.deep.value = 2;
    expect(sent(span).attributes).toMatchObject({ list: [1, 2], map: { deep: { value: 1 } } });
  });

  it('without a proper name or value are not sent', () => {
    const span = start();
    for (const name of ['', '\ud800', 'x'.repeat(4_097), 7, null, undefined, Symbol('s')])
      span.setAttribute(name as string, 1);
    for (const value of [Symbol('s'), () => {}, 10n ** 400n]) span.setAttribute('value', value);
    span.setAttribute('null', null).setAttribute('undefined', undefined);
    expect(sent(span)).toMatchObject({ attributes: {}, droppedAttributesCount: 10 });
  });

  it('may have a getter that ends another span, without harm to either', () => {
    const outer = start('outer');
    outer.setAttribute('before', 'b'.repeat(100));
    outer.setAttribute('lazy', {
      get value() {
        const inner = start('inner');
        inner.setAttribute('inside', 'i'.repeat(300));
        inner.end();
        return 'loaded';
      },
    });
    outer.end();
    expect(spans.map(({ name }) => name)).toEqual(['inner', 'outer']);
    expect(spans[1].attributes).toMatchObject({ before: 'b'.repeat(100), lazy: { value: 'loaded' } });
  });

  it('are never the app’s problem, whatever they are', () => {
    const throwing: ProxyHandler<object> = {
      ownKeys: () => {
        throw new Error('ownKeys');
      },
      get: () => {
        throw new Error('get');
      },
      getPrototypeOf: () => {
        throw new Error('getPrototypeOf');
      },
    };
    const made: (() => unknown)[] = [
      () => new Proxy({}, throwing),
      () => new Proxy([1, 2], throwing),
      () => new Proxy(() => {}, throwing),
      () => new Proxy(new Uint8Array(3), {}),
      () => Object.defineProperty({}, 'a', { enumerable: true, get: throwing.get as () => never }),
      () => Object.create(null),
      () => class {},
    ];
    // Made inside of the property: fast-check itself would trip over some when it prints them.
    const hostile = fc.oneof(
      fc.anything({
        withBigInt: true,
        withDate: true,
        withMap: true,
        withTypedArray: true,
        withSparseArray: true,
      }),
      fc.nat({ max: made.length - 1 }).map((index) => ({ index })),
    );
    const real = (value: unknown): unknown =>
      made[(value as { index?: number } | undefined)?.index ?? -1]?.() ?? value;
    fc.assert(
      fc.property(hostile, hostile, hostile, (...picked) => {
        const [a, b, c] = picked.map(real);
        const span = start();
        span.setAttribute('a', a).setAttributes(b as never);
        span.setAttribute(c as never, 1);
        span.addEvent(a as never, b, c as never).addEvent('event', c as never, a as never);
        span
          .addLink(a as never)
          .addLink(link(b as never))
          .addLinks([b, c] as never)
          .addLinks(a as never);
        span.setStatus(a as never).setStatus({ code: 2, message: b as never });
        span.updateName(c as never).recordException(a as never, b as never);
        span.updateName('named');
        span.end(c as never);
        expect(spans.pop()?.name).toBe('named');
      }),
      { numRuns: 500 },
    );
  });

  it('take at most a millisecond even where they are hostile', () => {
    const cyclic: Record<string, unknown> = {};
    for (let i = 0; i < 1_000; i++) cyclic[`k${i}`] = cyclic;
    const wide: unknown[] = [];
    for (let i = 0; i < 1_024; i++) wide.push(wide, { a: wide });
    const hostile: [string, unknown][] = [
      ['cyclic map', cyclic],
      ['cyclic list', wide],
      ['text of 10 MB', 'x'.repeat(10_000_000)],
      ['bigint of a million digits', 1n << 3_000_000n],
      ['lone surrogates', '\ud800'.repeat(10_000)],
      ['list of a million', Array.from({ length: 1_000_000 }, () => 1)],
    ];
    for (const [name, value] of hostile) {
      // Without the decoding of this test.
      setSink(() => {});
      const quickMs = cpuMs(1, () => {
        const span = start();
        span.setAttribute(name, value);
        span.endAt(now());
      });
      spans = collectSpans();
      expect(quickMs, name).toBeLessThan(1);
    }
  });
});

describe('events', () => {
  it('stop at 128, and the 129th is counted', () => {
    const span = start();
    for (let i = 0; i < 128; i++) span.addEvent(`e${i}`);
    expect(sent(span)).toMatchObject({
      droppedEventsCount: 0,
      events: expect.objectContaining({ length: 128 }),
    });
    const over = start();
    for (let i = 0; i < 129; i++) over.addEvent(`e${i}`);
    expect(sent(over)).toMatchObject({
      droppedEventsCount: 1,
      events: expect.objectContaining({ length: 128 }),
    });
  });

  it('have at most 128 attributes each, and a limit of 0 drops all events', () => {
    const attributes = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, i]));
    const [full, over] = sent(
      start().addEvent('full', attributes(128)).addEvent('over', attributes(129)),
    ).events;
    expect([Object.keys(full.attributes).length, full.droppedAttributesCount]).toEqual([128, 0]);
    expect([Object.keys(over.attributes).length, over.droppedAttributesCount]).toEqual([128, 1]);
    limit({ OTEL_SPAN_EVENT_COUNT_LIMIT: '0' });
    expect(sent(start().addEvent('none'))).toMatchObject({ events: [], droppedEventsCount: 1 });
  });

  it('take their time as HrTime, Date, epoch ms or performance.now(), in either place', () => {
    const epochMs = Math.floor(performance.timeOrigin + performance.now());
    const span = start();
    span.addEvent('date', new Date(epochMs));
    span.addEvent('ms', epochMs);
    span.addEvent('hrtime', [Math.floor(epochMs / 1_000), (epochMs % 1_000) * 1e6]);
    span.addEvent('after attributes', { a: 1 }, new Date(epochMs));
    span.addEvent('performance', performance.now());
    span.addEvent('nonsense', { a: 1 }, 'yesterday' as never);
    const { events } = sent(span);
    const off = events.map(
      ({ timeUnixNano }) => Math.abs(Number(timeUnixNano - BigInt(epochMs) * 1_000_000n)) / 1e6,
    );
    for (const ms of off.slice(0, 4)) expect(ms).toBeLessThan(0.01);
    for (const ms of off.slice(4)) expect(ms).toBeLessThan(1_000);
    expect(events[3].attributes).toMatchObject({ a: 1 });
  });

  it('of an exception have its type, message and stack', () => {
    const error = Object.assign(new TypeError('bad input'), {});
    const span = start();
    span.recordException(error);
    span.recordException('just text');
    span.recordException(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }));
    span.recordException(undefined as never);
    const { events, status } = sent(span);
    expect(events).toMatchObject([
      {
        name: 'exception',
        attributes: {
          'exception.type': 'TypeError',
          'exception.message': 'bad input',
          'exception.stacktrace': error.stack,
        },
      },
      { attributes: { 'exception.message': 'just text' } },
      { attributes: { 'exception.type': 'Error', 'exception.message': 'refused' } },
    ]);
    expect(status.code).toBe('UNSET');
  });
});

describe('links', () => {
  it('stop at 128, and the 129th is counted', () => {
    const span = start();
    span.addLinks(Array.from({ length: 128 }, () => link()));
    expect(sent(span)).toMatchObject({
      droppedLinksCount: 0,
      links: expect.objectContaining({ length: 128 }),
    });
    const over = start();
    over.addLinks(Array.from({ length: 129 }, () => link()));
    expect(sent(over)).toMatchObject({
      droppedLinksCount: 1,
      links: expect.objectContaining({ length: 128 }),
    });
  });

  it('carry flags, remoteness, tracestate and at most 128 attributes', () => {
    const attributes = Object.fromEntries(Array.from({ length: 129 }, (_, i) => [`k${i}`, i]));
    const traceState = { serialize: () => 'a=b' };
    const [first, second] = sent(
      start()
        .addLink(link(attributes))
        .addLink(link({ x: 'y' }, { traceState, isRemote: true, traceFlags: 3 })),
    ).links;
    expect(Object.keys(first.attributes)).toHaveLength(128);
    expect(first).toMatchObject({ droppedAttributesCount: 1, flags: 0x101 });
    expect(second).toMatchObject({ attributes: { x: 'y' }, traceState: 'a=b', flags: 0x303 });
  });

  it.each([
    ['all zeroes', '0'.repeat(32), '0123456789abcdef'],
    ['no hexadecimal digits', 'g'.repeat(32), '0123456789abcdef'],
    ['too short', '0123', '0123456789abcdef'],
    ['a span id of zeroes', '1'.repeat(32), '0'.repeat(16)],
  ])('to ids that are %s are kept for their attributes, else counted as dropped', (_, traceId, spanId) => {
    const context = { traceId, spanId, traceFlags: 1 };
    expect(idsOf(context)).toBeUndefined();
    expect(sent(start().addLink({ context }))).toMatchObject({ links: [], droppedLinksCount: 1 });
    expect(sent(start().addLink({ context, attributes: { a: 1 } }))).toMatchObject({
      links: [{ traceId: undefined, spanId: undefined, attributes: { a: 1 } }],
      droppedLinksCount: 0,
    });
  });
});

describe('status', () => {
  it.each([
    [[{ code: 2, message: 'why' }], { code: 'ERROR', message: 'why' }],
    [[{ code: 1, message: 'ignored' }], { code: 'OK' }],
    [[{ code: 2, message: 'why' }, { code: 0 }], { code: 'ERROR', message: 'why' }],
    [[{ code: 1 }, { code: 2, message: 'late' }], { code: 'OK' }],
    [
      [
        { code: 2, message: 'first' },
        { code: 2, message: 'second' },
      ],
      { code: 'ERROR', message: 'second' },
    ],
    [[{ code: 2, message: 'first' }, { code: 1 }], { code: 'OK' }],
    [[{ code: 7 }], { code: 'UNSET' }],
    [[{ code: 2, message: 5 }], { code: 'ERROR' }],
  ])('after %j is %j', (calls, expected) => {
    const span = start();
    for (const status of calls) span.setStatus(status as never);
    expect(sent(span).status).toEqual(expected);
  });

  it('of the app is not overwritten by ours', () => {
    const span = start().setStatus({ code: SpanStatusCode.OK });
    span.fail('ours');
    expect(sent(span).status).toEqual({ code: 'OK' });
  });
});

describe('the name of a span', () => {
  it.each([null, {}, ''])('stays when it would become %o', (name) => {
    const span = start();
    span.updateName(name as never).end();
    expect(spans.pop()?.name).toBe('test');
  });
});

describe('the end of a span', () => {
  it('comes once; afterwards nothing changes', () => {
    const span = start();
    expect(span.isRecording()).toBe(true);
    span.end();
    expect(span.isRecording()).toBe(false);
    span
      .setAttribute('late', 1)
      .addEvent('late')
      .addLink(link())
      .setStatus({ code: 2 })
      .updateName('late')
      .end();
    expect(spans).toHaveLength(1);
    expect(spans[0]).toMatchObject({
      name: 'test',
      attributes: {},
      events: [],
      links: [],
      status: { code: 'UNSET' },
    });
  });

  it('is never before the start, whatever times are given', () => {
    fc.assert(
      fc.property(
        fc.anything(),
        fc.oneof(
          fc.double(),
          fc.date(),
          fc.tuple(fc.double(), fc.double()),
          fc.maxSafeInteger(),
          fc.anything(),
        ),
        (_, end) => {
          start().end(end as never);
          const { startTimeUnixNano, endTimeUnixNano } = spans.pop()!;
          expect(endTimeUnixNano).toBeGreaterThanOrEqual(startTimeUnixNano);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('has the exact ns of the clocks', () => {
    const clock = clockAt(now());
    const span = new Span(
      scope('s'),
      'exact',
      1,
      { t0: 1, t1: 1, t2: 1, t3: 1, flags: 1, traceState: undefined },
      1,
      1,
      0,
      0,
      false,
      clock,
      1_000.5,
    );
    span.endAt(1_002.000_001);
    const origin = (BigInt(clock.high) << 32n) + BigInt(clock.low);
    expect(spans[0].startTimeUnixNano).toBe(origin + 1_000_500_000n);
    expect(spans[0].endTimeUnixNano).toBe(origin + 1_002_000_001n);
    expect(Number(origin / 1_000n)).toBeCloseTo(clock.originMs * 1_000, -1);
  });

  it('reaches the app as no exception when the export side fails', () => {
    setSink(() => {
      throw new Error('export side');
    });
    setLogLevel('none');
    expect(() => start().end()).not.toThrow();
    setLogLevel('warn');
  });

  it('lets go of what the span held', () => {
    const span = start().setAttribute('a', 'x').addEvent('e').addLink(link());
    span.add(key('own'), 1);
    span.end();
    expect([span.own, span.user, span.events, span.links]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('a span’s ids', () => {
  it('are those that are sent, in lower-case hexadecimal digits', () => {
    const span = start();
    const { traceId, spanId, traceFlags } = span.spanContext();
    expect(sent(span)).toMatchObject({ traceId, spanId, parentSpanId: undefined });
    expect(traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(traceFlags & 1).toBe(1);
  });

  it('come from a parent of any implementation', () => {
    const foreign = trace.wrapSpanContext({
      traceId: 'ab'.repeat(16),
      spanId: 'cd'.repeat(8),
      traceFlags: 1,
      isRemote: true,
    });
    const parent = active().setValue(Symbol.for('OpenTelemetry Context Key SPAN'), foreign);
    run(parent, () => start().end());
    expect(spans[0]).toMatchObject({ traceId: 'ab'.repeat(16), parentSpanId: 'cd'.repeat(8), flags: 0x301 });
    expect(trace.getSpan(trace.setSpan(ROOT_CONTEXT, start()))).toBeInstanceOf(Span);
  });

  it('of a span that is not recorded are passed on, and everything else does nothing', () => {
    const passed = new NonRecordingSpan(1, 2, 3, 4, 5, 6, 2, 'a=b', true);
    passed.setAttribute().setAttributes().addEvent().addLink().addLinks().setStatus().updateName().end();
    expect(passed.isRecording()).toBe(false);
    expect(passed.recordException()).toBeUndefined();
    const { traceState, ...rest } = passed.spanContext();
    expect(rest).toEqual({
      traceId: '00000001000000020000000300000004',
      spanId: '0000000500000006',
      traceFlags: 2,
      isRemote: true,
    });
    expect(traceState?.serialize()).toBe('a=b');
    expect(spans).toEqual([]);
  });
});
