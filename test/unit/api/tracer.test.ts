import {
  type Context,
  context,
  defaultTextMapGetter,
  defaultTextMapSetter,
  isSpanContextValid,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  trace,
} from '@opentelemetry/api';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Environment, readConfig } from '../../../src/config/read.ts';
import { contextManager } from '../../../src/api/context-manager.ts';
import { textMapPropagator } from '../../../src/api/propagator.ts';
import * as propagation from '../../../src/propagate/current.ts';
import * as sampler from '../../../src/trace/sampler.ts';
import { setSink } from '../../../src/trace/span.ts';
import { tracerProvider } from '../../../src/api/tracer.ts';
import { collectSpans } from '../../fixtures/core/spans.ts';
import type { ReceivedSpan } from '../../support/otlp.ts';

let spans: ReceivedSpan[];
beforeAll(() => {
  context.setGlobalContextManager(contextManager);
  trace.setGlobalTracerProvider(tracerProvider);
});
beforeEach(() => {
  spans = collectSpans();
});
afterAll(() => {
  context.disable();
  trace.disable();
});

const tracer = tracerProvider.getTracer('app', '1.2.3', { schemaUrl: 'https://example.com/schema' });
const byName = (name: string): ReceivedSpan => spans.find((span) => span.name === name)!;

describe('startSpan', () => {
  it('takes kind, attributes, links and start time', () => {
    const startTime = new Date(Date.now() - 5_000);
    const target = { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), traceFlags: 1 };
    const span = tracer.startSpan('full', {
      kind: SpanKind.PRODUCER,
      attributes: { a: 1, b: undefined },
      links: [{ context: target, attributes: { c: 2 } }],
      startTime,
    });
    span.end();
    expect(spans[0]).toMatchObject({
      name: 'full',
      kind: 'PRODUCER',
      attributes: { a: 1 },
      links: [{ traceId: target.traceId, attributes: { c: 2 } }],
    });
    expect(Number(spans[0].startTimeUnixNano - BigInt(startTime.getTime()) * 1_000_000n)).toBeLessThan(
      10_000,
    );
    expect(spans[0].durationMs).toBeGreaterThan(4_990);
  });

  it.each([
    [SpanKind.INTERNAL, 'INTERNAL'],
    [SpanKind.SERVER, 'SERVER'],
    [SpanKind.CLIENT, 'CLIENT'],
    [SpanKind.PRODUCER, 'PRODUCER'],
    [SpanKind.CONSUMER, 'CONSUMER'],
    [undefined, 'INTERNAL'],
    [5, 'INTERNAL'],
    [-1, 'INTERNAL'],
    [-7, 'INTERNAL'],
    [1.5, 'INTERNAL'],
    ['1', 'INTERNAL'],
  ])('makes of kind %s %s', (kind, expected) => {
    tracer.startSpan('kind', { kind: kind as SpanKind }).end();
    expect(spans[0].kind).toBe(expected);
  });

  it('nests under the active span, an explicit context, or nothing with root', () => {
    tracer.startActiveSpan('parent', (parent) => {
      tracer.startSpan('child').end();
      tracer.startSpan('root', { root: true }).end();
      tracer.startSpan('elsewhere', {}, ROOT_CONTEXT).end();
      parent.end();
    });
    const parent = byName('parent');
    expect(byName('child')).toMatchObject({
      traceId: parent.traceId,
      parentSpanId: parent.spanId,
      flags: 0x103,
    });
    for (const name of ['root', 'elsewhere']) {
      expect(byName(name).parentSpanId).toBeUndefined();
      expect(byName(name).traceId).not.toBe(parent.traceId);
    }
  });

  it('survives names, versions and options of any kind', () => {
    // Some end up without a name, which the strict reader refuses.
    setSink(() => {});
    const odd = [undefined, null, 0, 7n, Symbol('s'), {}, Object.create(null), () => {}];
    for (const value of odd) {
      expect(() => tracer.startSpan(value as never, value as never, value as never).end()).not.toThrow();
      const made = tracerProvider.getTracer(value as never, value as never, value as never);
      expect(() => made.startSpan('odd').end()).not.toThrow();
    }
  });

  it('never ends before a parent’s clock: children share it', () => {
    tracer.startActiveSpan('parent', (parent) => {
      const childStart = performance.timeOrigin + performance.now();
      tracer.startSpan('child', { startTime: childStart }).end();
      parent.end();
    });
    expect(byName('child').startTimeUnixNano).toBeGreaterThanOrEqual(byName('parent').startTimeUnixNano);
  });
});

describe('startActiveSpan', () => {
  it('has three forms, and returns what the function returns', () => {
    const elsewhere = trace.setSpanContext(ROOT_CONTEXT, {
      traceId: 'ab'.repeat(16),
      spanId: 'cd'.repeat(8),
      traceFlags: 1,
    });
    const inside = (name: string) => (span: Span) => {
      expect(trace.getActiveSpan()).toBe(span);
      span.end();
      return `${name} result`;
    };
    expect(tracer.startActiveSpan('two', inside('two'))).toBe('two result');
    expect(tracer.startActiveSpan('three', { attributes: { a: 1 } }, inside('three'))).toBe('three result');
    expect(tracer.startActiveSpan('four', { attributes: { a: 2 } }, elsewhere, inside('four'))).toBe(
      'four result',
    );
    expect(byName('three').attributes).toMatchObject({ a: 1 });
    expect(byName('four')).toMatchObject({ attributes: { a: 2 }, parentSpanId: 'cd'.repeat(8) });
    expect(trace.getActiveSpan()).toBeUndefined();
  });

  it('passes on what the function throws, and keeps the context across await', async () => {
    expect(() =>
      tracer.startActiveSpan('throws', () => {
        throw new RangeError('app');
      }),
    ).toThrow(new RangeError('app'));
    await tracer.startActiveSpan('async', async (span) => {
      await new Promise((resolve) => setImmediate(resolve));
      expect(trace.getActiveSpan()).toBe(span);
      span.end();
    });
  });
});

describe('a suppressed context', () => {
  const suppressed = (parent: Context): Context =>
    parent.setValue(Symbol.for('OpenTelemetry SDK Context Key SUPPRESS_TRACING'), true);

  it('has no spans, neither roots nor children', () => {
    context.with(suppressed(context.active()), () => {
      const span = tracer.startSpan('none');
      expect(span.isRecording()).toBe(false);
      span.end();
    });
    tracer.startActiveSpan('parent', (parent) => {
      context.with(suppressed(context.active()), () => tracer.startActiveSpan('none', (span) => span.end()));
      context.with(suppressed(ROOT_CONTEXT), () => tracer.startActiveSpan('none', (span) => span.end()));
      tracer.startSpan('child').end();
      parent.end();
    });
    expect(spans.map(({ name }) => name)).toEqual(['child', 'parent']);
  });

  it('gives spans without ids, under which a trace of its own starts once the suppression is over', () => {
    const none = tracer.startSpan('none', {}, suppressed(ROOT_CONTEXT));
    expect(isSpanContextValid(none.spanContext())).toBe(false);
    const later = trace.setSpan(ROOT_CONTEXT, none);
    const carrier = {};
    textMapPropagator.inject(later, carrier, defaultTextMapSetter);
    expect(carrier).toEqual({});
    tracer.startSpan('later', {}, later).end();
    expect(spans).toMatchObject([{ name: 'later', parentSpanId: undefined }]);
    expect(spans[0].traceId).toMatch(/[1-9a-f]/);
  });
});

describe('what is extracted of b3', () => {
  const propagate = (env: Environment): void => propagation.configure(readConfig(env).config.propagation);
  beforeAll(() => propagate({ OTEL_PROPAGATORS: 'b3' }));
  afterAll(() => propagate({}));
  const extracted = (b3: string): Context =>
    textMapPropagator.extract(ROOT_CONTEXT, { b3 }, defaultTextMapGetter);
  const carriedOn = (span: Span): unknown => {
    const carrier: { b3?: string } = {};
    textMapPropagator.inject(trace.setSpan(ROOT_CONTEXT, span), carrier, defaultTextMapSetter);
    return carrier.b3;
  };

  it('denies the recording with 0, whatever the sampler would say', () => {
    const span = tracer.startSpan('denied', {}, extracted('0'));
    tracer.startSpan('below', {}, trace.setSpan(ROOT_CONTEXT, span)).end();
    span.end();
    expect(spans).toEqual([]);
    expect(carriedOn(span)).toMatch(/^[0-9a-f]{32}-[0-9a-f]{16}-0$/);
    expect(trace.getSpanContext(extracted('0'))?.traceId).toBe('0'.repeat(32));
  });

  it('leaves the decision to the sampler without a state', () => {
    const ids = `${'ab'.repeat(16)}-${'cd'.repeat(8)}`;
    for (const [name, state] of [
      ['parentbased_always_on', '1'],
      ['parentbased_always_off', '0'],
    ] as const) {
      sampler.configure({ name: name, ratio: 1 });
      const span = tracer.startSpan(name, {}, extracted(ids));
      span.end();
      expect(carriedOn(span)).toBe(`${'ab'.repeat(16)}-${span.spanContext().spanId}-${state}`);
    }
    sampler.configure({ name: 'parentbased_always_on', ratio: 1 });
    expect(spans).toMatchObject([
      { name: 'parentbased_always_on', parentSpanId: 'cd'.repeat(8), flags: 0x301 },
    ]);
  });

  it('carries on that the caller debugs, through spans below and through those that are not recorded', () => {
    const remote = extracted(`${'ab'.repeat(16)}-${'cd'.repeat(8)}-d`);
    const first = tracer.startSpan('first', {}, remote);
    const second = tracer.startSpan('second', {}, trace.setSpan(ROOT_CONTEXT, first));
    expect(carriedOn(second)).toMatch(/-d$/);
    second.end();
    first.end();
    expect(spans.map(({ name, flags }) => [name, flags])).toEqual([
      ['second', 0x101],
      ['first', 0x301],
    ]);
    sampler.configure({ name: 'always_off', ratio: 0 });
    expect(carriedOn(tracer.startSpan('dropped', {}, remote))).toMatch(/-d$/);
    sampler.configure({ name: 'parentbased_always_on', ratio: 1 });
  });
});

describe('an unsampled trace', () => {
  it('has no spans, while its ids stay the same all the way down', () => {
    sampler.configure({ name: 'always_off', ratio: 0 });
    tracer.startActiveSpan('a', (a) => {
      tracer.startActiveSpan('b', (b) => {
        expect(b.spanContext().traceId).toBe(a.spanContext().traceId);
        expect(b.spanContext().traceFlags & 1).toBe(0);
        b.end();
      });
      a.end();
    });
    sampler.configure({ name: 'parentbased_always_on', ratio: 1 });
    expect(spans).toEqual([]);
  });
});

describe('spans of other implementations', () => {
  it('that fail to tell their ids are no parents', () => {
    const broken = {
      spanContext: () => {
        throw new Error('theirs');
      },
    } as unknown as Span;
    context.with(trace.setSpan(context.active(), broken), () => tracer.startSpan('alone').end());
    expect(spans).toMatchObject([{ name: 'alone', parentSpanId: undefined }]);
  });
});
