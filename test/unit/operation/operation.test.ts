import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { active, run } from '../../../src/context/active.ts';
import { type Context, ROOT, SPAN_KEY, SUPPRESS_KEY } from '../../../src/context/context.ts';
import { ALL, DB, HTTP, MESSAGING, NONE } from '../../../src/context/layers.ts';
import { begin, contextBelow, type Role, setMeasure } from '../../../src/operation/operation.ts';
import { oldestOpen } from '../../../src/operation/entry.ts';
import * as roots from '../../../src/operation/roots.ts';
import * as sampler from '../../../src/trace/sampler.ts';
import { scope } from '../../../src/trace/scope.ts';
import { CLIENT, CONSUMER, PRODUCER } from '../../../src/trace/span.ts';
import { NonRecordingSpan } from '../../../src/trace/span-context.ts';
import { collectSpans } from '../../fixtures/core/spans.ts';
import type { ReceivedSpan } from '../../support/otlp.ts';

let spans: ReceivedSpan[];
beforeEach(() => {
  spans = collectSpans();
});
afterEach(() => {
  setMeasure(undefined);
  sampler.configure({ name: 'parentbased_always_on', ratio: 1 });
  roots.configure(true);
});

const base = { scope: scope('unit'), kind: CLIENT, layer: DB } as const;
const asked: unknown[] = [];
const query: Role<unknown, [string?]> = {
  ...base,
  of(_self, [name]) {
    asked.push(name);
    return name === undefined ? undefined : { name };
  },
};
const unsampled = ROOT.setValue(SPAN_KEY, new NonRecordingSpan(1, 2, 3, 4, 5, 6, 0, undefined, true));
const suppressed = ROOT.setValue(SUPPRESS_KEY, true);

/** The names of the spans that a role makes of one call in a context. */
function spansIn(context: Context, role: Role<unknown, [string?]> = query): string[] {
  spans.length = 0;
  run(context, () => begin(role, undefined, ['call'])?.end(undefined));
  return spans.map(({ name }) => name);
}

describe('an operation', () => {
  it('has one span, which ends once', () => {
    const operation = begin(query, undefined, ['call']);
    operation?.end(undefined);
    operation?.end(new Error('late'));
    expect(spans).toMatchObject([{ name: 'call', kind: 'CLIENT', status: { code: 'UNSET' } }]);
  });

  it('is none where its role says so', () => {
    expect(begin(query, undefined, [])).toBeUndefined();
  });

  it('is not asked what it is under an unsampled parent, or in a suppressed context', () => {
    asked.length = 0;
    for (const context of [unsampled, suppressed, ROOT.suppress(DB)]) expect(spansIn(context)).toEqual([]);
    expect(asked).toEqual([]);
  });

  it('is suppressed by its own layer and by all, not by another', () => {
    expect(spansIn(ROOT.suppress(HTTP))).toEqual(['call']);
    expect(spansIn(ROOT.suppress(HTTP).suppress(DB))).toEqual([]);
    expect(spansIn(ROOT.suppress(ALL))).toEqual([]);
    expect(ROOT.suppress(DB).getValue(SUPPRESS_KEY)).toBeUndefined();
    expect(ROOT.suppress(ALL).getValue(SUPPRESS_KEY)).toBe(true);
  });

  it('starts a trace where the operator wants it', () => {
    roots.configure(new Set(['other']));
    expect(spansIn(ROOT)).toEqual([]);
    roots.configure(new Set(['unit']));
    expect(spansIn(ROOT)).toEqual(['call']);
  });

  it('may be known late, which gives it its name', () => {
    const late: Role<unknown, [string?]> = { ...query, late: ({ name }) => ({ name: `${name}, late` }) };
    expect(spansIn(ROOT, late)).toEqual(['call, late']);
    const told: Role<unknown, [string?]> = {
      ...query,
      late: (_, error, result) => ({ name: `${String(error)} ${String(result)}` }),
    };
    begin(told, undefined, ['call'])?.end(undefined, 'result');
    expect(spans.at(-1)).toMatchObject({ name: 'undefined result' });
  });

  it('suppresses below it the layers that it is sent by', () => {
    const role: Role<unknown, [string?]> = { ...query, suppresses: HTTP };
    const operation = begin(role, undefined, ['call']);
    const context = contextBelow(operation!);
    expect(context.suppressed).toBe(HTTP);
    expect(context.span).toBe(operation?.span);
    operation?.end(undefined);
  });
});

describe('the slot for measuring', () => {
  const measured: unknown[] = [];
  const listen = (): void =>
    setMeasure((role, facts, startMs, endMs, error) => {
      measured.push([role.scope.name, facts.name, endMs >= startMs, error]);
    });
  beforeEach(() => {
    measured.length = 0;
  });

  it('hears of operations without a span, unsampled or suppressed ones too', () => {
    listen();
    const failure = new Error('theirs');
    run(unsampled, () => begin(query, undefined, ['a'])?.end(failure));
    run(suppressed, () => begin(query, undefined, ['b'])?.end(undefined));
    begin(query, undefined, ['c'])?.end(undefined);
    expect(measured).toEqual([
      ['unit', 'a', true, failure],
      ['unit', 'b', true, undefined],
      ['unit', 'c', true, undefined],
    ]);
    expect(spans.map(({ name }) => name)).toEqual(['c']);
  });

  it('gets the same facts for what repeats, and those that are known late', () => {
    const seen = new Set<unknown>();
    setMeasure((_, facts) => seen.add(facts));
    const facts = { name: 'call' };
    const role: Role<unknown, []> = { ...base, of: () => facts };
    for (let i = 0; i < 3; i++) begin(role, undefined, [])?.end(undefined);
    expect([...seen]).toEqual([facts]);
    const late = { name: 'late' };
    begin({ ...role, late: () => late } as Role<unknown, []>, undefined, [])?.end(undefined);
    expect([...seen]).toEqual([facts, late]);
  });

  it('is nothing while nobody listens', () => {
    expect(run(unsampled, () => begin(query, undefined, ['a']))).toBeUndefined();
  });
});

describe('what travels', () => {
  const sent: { flags: number; recorded: boolean }[] = [];
  const send: Role<unknown, [string?]> = {
    ...query,
    kind: PRODUCER,
    layer: MESSAGING,
    inject: (span) => void sent.push({ flags: span.flags & 1, recorded: span.isRecording() }),
  };
  beforeEach(() => {
    sent.length = 0;
  });

  it('is the span, or what is not recorded in its place', () => {
    expect(spansIn(ROOT, send)).toEqual(['call']);
    expect(spansIn(unsampled, send)).toEqual([]);
    sampler.configure({ name: 'always_off', ratio: 1 });
    expect(spansIn(ROOT, send)).toEqual([]);
    expect(sent).toEqual([
      { flags: 1, recorded: true },
      { flags: 0, recorded: false },
      { flags: 0, recorded: false },
    ]);
  });

  it('is nothing in a suppressed context, or without a parent where that starts no trace', () => {
    spansIn(suppressed, send);
    spansIn(ROOT.suppress(MESSAGING), send);
    roots.configure(false);
    spansIn(ROOT, send);
    expect(sent).toEqual([]);
  });
});

describe('what another process asks for', () => {
  const parent = (id: string, flags = '01'): string => `00-${id.repeat(32)}-${id.repeat(16)}-${flags}`;
  const get = (carrier: Record<string, string>, name: string): string | undefined => carrier[name];
  const receive = (...carriers: Record<string, string>[]): Role<unknown, []> => ({
    ...base,
    kind: CONSUMER,
    layer: MESSAGING,
    of: () => ({ name: 'process' }),
    received: () => ({ carriers: carriers as never[], get: get as never }),
  });
  const enter = (role: Role<unknown, []>): Context => {
    const operation = begin(role, undefined, []);
    const context = contextBelow(operation!);
    operation?.end(undefined);
    return context;
  };

  it('is below the span that the carrier names, with its baggage, and an entry of what runs below it', () => {
    const operation = begin(receive({ traceparent: parent('a'), baggage: 'user=ada' }), undefined, []);
    const context = contextBelow(operation!);
    expect(context.entry?.span).toBe(operation?.span);
    expect(context.baggage).toBe('user=ada');
    expect(oldestOpen()?.span).toBe(operation?.span);
    operation?.end(undefined);
    expect(oldestOpen()).toBeUndefined();
    expect(spans).toMatchObject([{ traceId: 'a'.repeat(32), parentSpanId: 'a'.repeat(16), links: [] }]);
  });

  it('has a link to a span that is active all the same', () => {
    const around = begin(query, undefined, ['around']);
    run(contextBelow(around!), () => enter(receive({ traceparent: parent('a') })));
    around?.end(undefined);
    const [consumer, ambient] = spans;
    expect(consumer).toMatchObject({ traceId: 'a'.repeat(32) });
    expect(consumer.links).toMatchObject([{ traceId: ambient.traceId, spanId: ambient.spanId }]);
  });

  it('links each of many, and is below none of them', () => {
    enter(receive({ traceparent: parent('a') }, {}, { traceparent: parent('b', '00') }));
    expect(spans[0].links.map(({ traceId }) => traceId[0])).toEqual(['a', 'b']);
    expect(spans[0]).toMatchObject({ parentSpanId: undefined });
    expect(spans[0].traceId).not.toBe('a'.repeat(32));
  });

  it('may have its parent from the environment, as the jobs of a CI have', () => {
    const environment = { TRACEPARENT: parent('c') };
    const role: Role<unknown, []> = {
      ...receive(),
      received: () => ({
        carriers: [environment] as never[],
        get: ((from: Record<string, string>, name: string) => from[name.toUpperCase()]) as never,
      }),
    };
    enter(role);
    expect(spans).toMatchObject([{ traceId: 'c'.repeat(32), parentSpanId: 'c'.repeat(16) }]);
  });

  it('starts a trace where the carrier names none', () => {
    enter(receive({ traceparent: 'nonsense' }));
    expect(spans).toMatchObject([{ name: 'process', parentSpanId: undefined }]);
  });

  it('keeps an unsampled trace for what runs below it', () => {
    const context = enter(receive({ traceparent: parent('a', '00') }));
    expect(spans).toEqual([]);
    expect(context.span?.spanContext()).toMatchObject({ traceId: 'a'.repeat(32), traceFlags: 0 });
    expect(context.entry?.span).toBeUndefined();
  });

  it("is neither below what is active nor linked to it where that is nobody's will, nor suppressed by it", () => {
    const around = begin(query, undefined, ['around']);
    const role = { ...receive({}), ignoresContext: true } as const;
    const context = run(contextBelow(around!).suppress(ALL), () => enter(role));
    expect(context.suppressed).toBe(NONE);
    expect(spans).toMatchObject([{ name: 'process', parentSpanId: undefined, links: [] }]);
    expect(spans[0].traceId).not.toBe(around?.span?.spanContext().traceId);
    around?.end(undefined);
  });

  it('is linked to who asked, and without its baggage, where it comes again and again', () => {
    const carrier = { traceparent: parent('a'), baggage: 'user=ada' };
    const received = (): object => ({ carriers: [carrier], get, isRepeated: true });
    const context = enter({ ...receive(), received } as Role<unknown, []>);
    expect(context.baggage).toBeUndefined();
    expect(spans).toMatchObject([{ parentSpanId: undefined, links: [{ traceId: 'a'.repeat(32) }] }]);
    expect(spans[0].traceId).not.toBe('a'.repeat(32));
  });

  it('suppresses nothing below it that is suppressed where it comes in', () => {
    expect(run(ROOT.suppress(DB), () => enter(receive({}))).suppressed).toBe(NONE);
  });

  it('is nothing where its layer is suppressed', () => {
    const role = receive({ traceparent: parent('a') });
    expect(run(ROOT.suppress(MESSAGING), () => begin(role, undefined, []))).toBeUndefined();
    expect(active()).toBe(ROOT);
  });
});
