/**
 * Behaviour of an instrumented library that hands messages to a function of the app. A library costs what the kit of producers asks
 * for, and a table of how handlers fail.
 */
import { describe, expect, it } from 'vitest';
import { type ExpectedSpan, expectTrace } from '../support/expect-trace.ts';
import { runApp } from '../support/run-app.ts';
import { byTraceId, MANY, PLUMBING, remoteParent } from './harness.ts';
import {
  expectNoSecret,
  marked,
  messagingOperations,
  type MessagingLibrary,
  processSpan,
  SECRET,
  sendSpan,
  switchedOff,
  withoutDatabase,
} from './messaging.ts';

export interface ConsumerKit extends MessagingLibrary {
  /** Inputs of the operation `process`, each another way to consume. */
  ways: Record<string, object>;
  /** Attributes of the span of a message that is processed. */
  processed?: Record<string, unknown>;
  /** Attributes of the span of a message that is sent by the first style. */
  sent?: Record<string, unknown>;
  /** The span by which a handler of the fixture settles its message at its end, unless it fails. */
  settled?: (queue: string, way: string) => ExpectedSpan[];
  /** What the library tells of a message whose handler throws at once, and of one whose promise is rejected. */
  failures: Record<'throw' | 'reject', object>;
  /** What may stand where the context belongs. */
  poisoned: Record<string, unknown>;
}

export function consumerKit(library: ConsumerKit): void {
  const { title, fixture, broker, ways, failures, settled = () => [] } = library;
  const [usual] = Object.keys(ways);

  const span = (queue: string, way = usual, more: Partial<ExpectedSpan> = {}): ExpectedSpan => ({
    ...processSpan(library, queue, { attributes: library.processed }),
    children: [marked('handled'), marked('later'), ...settled(queue, way)],
    ...more,
  });

  describe(`${title}, processing`, () => {
    const kit = messagingOperations(fixture);

    interface Put {
      body?: object;
      carrier?: unknown;
      way?: string;
      bare?: boolean;
    }
    /** Puts one message into a queue of its own and lets the app process it. */
    async function process({ body, carrier, way = usual, bare = true }: Put): Promise<any> {
      const queue = await broker.queue();
      await broker.put(queue, { id: 1, text: SECRET, ...body }, carrier);
      const result = await kit.run('process', { destination: queue, bare, ...ways[way] });
      expect(result.handled).toMatchObject([{ id: 1 }]);
      return { queue, ...result };
    }

    it.each(Object.keys(ways))(
      'makes one CONSUMER span below the span that sent the message, and the handler is below it (%s)',
      async (way) => {
        const { traceId, spanId, traceparent } = remoteParent();
        const { queue } = await process({ carrier: { traceparent }, way });
        await kit.expectSpans([span(queue, way, { traceId, parentSpanId: spanId })]);
        expectNoSecret(kit);
      },
    );

    it.each(Object.keys(ways))(
      'ends the span when the promise of the handler is settled (%s)',
      async (way) => {
        await process({ way });
        const spans = await kit.collect(3);
        const consumer = spans.find(({ kind }) => kind === 'CONSUMER')!;
        const later = spans.find(({ name }) => name === 'later')!;
        expect(consumer.endTimeUnixNano >= later.endTimeUnixNano).toBe(true);
        expect(consumer.durationMs).toBeGreaterThan(3);
      },
    );

    it.each(Object.keys(ways))('starts a trace with a message that has no context (%s)', async (way) => {
      const { queue } = await process({ way });
      await kit.expectSpans([span(queue, way, { parentSpanId: undefined })]);
    });

    it.each(Object.entries(library.poisoned))(
      'starts a trace with a message whose context is broken: %s',
      async (_, carrier) => {
        const { queue, outcomes } = await process({ carrier });
        expect(outcomes).toHaveLength(1);
        await kit.expectSpans([span(queue, usual, { parentSpanId: undefined })]);
        expect(kit.app.stderr).toBe('');
      },
    );

    it.each(Object.keys(ways))(
      'makes no span of a message of an unsampled trace, and the handler knows the decision (%s)',
      async (way) => {
        const { traceId, traceparent } = remoteParent({ sampled: false });
        const { handled } = await process({ carrier: { traceparent }, way });
        if (!PLUMBING)
          expect(handled[0].traceparent).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-0[02]$`));
        await kit.expectSpans([]);
      },
    );

    it.each([true, false])('hands baggage to the handler (in a sampled trace: %s)', async (sampled) => {
      const { traceparent } = remoteParent({ sampled });
      const { handled } = await process({ carrier: { traceparent, baggage: 'canary=c1' } });
      if (!PLUMBING) expect(handled[0].baggage).toBe('canary=c1');
    });

    it.each(Object.keys(ways))(
      'puts a message into its own trace, not into that of the call that started the consumer (%s)',
      async (way) => {
        const { traceId, spanId, traceparent } = remoteParent();
        const { queue } = await process({ carrier: { traceparent }, way, bare: false });
        const spans = await kit.collect(5);
        const own = spans.filter((one) => one.traceId === traceId);
        expectTrace(own, [span(queue, way, { parentSpanId: spanId })]);
        const names = spans.filter((one) => one.traceId !== traceId).map(({ name }) => name);
        expect(names.sort()).toEqual(['after', 'parent']);
      },
    );

    it('starts a trace with a message without context also where a span started the consumer', async () => {
      const { queue } = await process({ bare: false });
      const spans = await kit.collect(5);
      const consumer = spans.find(({ kind }) => kind === 'CONSUMER');
      expect(consumer).toMatchObject({ name: `process ${queue}`, parentSpanId: undefined });
    });

    it.each(Object.keys(failures) as (keyof typeof failures)[])(
      'records how a handler fails, and the library tells of it as without us (%s)',
      async (how) => {
        const { traceId, spanId, traceparent } = remoteParent();
        const { queue, outcomes } = await process({ body: { do: how }, carrier: { traceparent } });
        expect(outcomes).toMatchObject([failures[how]]);
        await kit.expectSpans([
          {
            ...processSpan(library, queue, { attributes: library.processed, error: 'RangeError' }),
            traceId,
            parentSpanId: spanId,
            children: [marked('handled'), ...(how === 'reject' ? [marked('later')] : [])],
          },
        ]);
        expectNoSecret(kit);
      },
    );

    it(`keeps ${MANY} messages, ten at a time, each in its own trace and with its own baggage`, async () => {
      const queue = await broker.queue();
      const parents = Array.from({ length: MANY }, () => remoteParent());
      for (const [id, { traceparent }] of parents.entries())
        await broker.put(queue, { id }, { traceparent, baggage: `canary=c${id}` });
      const input = { destination: queue, count: MANY, concurrency: 10, bare: true };
      const { handled } = await kit.run('process', input);
      expect(new Set(handled.map(({ id }: any) => id)).size).toBe(MANY);
      const children = 2 + settled(queue, usual).length;
      const traces = byTraceId(await kit.collect(MANY * (1 + children)));
      expect(traces.size).toBe(MANY);
      for (const { id, baggage, traceparent } of handled) {
        const { traceId, spanId } = parents[id];
        const trace = traces.get(traceId) ?? [];
        const consumer = trace.find(({ kind }) => kind === 'CONSUMER')!;
        expect(consumer).toMatchObject({ name: `process ${queue}`, parentSpanId: spanId });
        expect(trace.filter((one) => one.parentSpanId === consumer.spanId)).toHaveLength(children);
        expect(baggage).toBe(`canary=c${id}`);
        expect(traceparent).toContain(consumer.spanId);
      }
    });

    it('is in the trace of the request that sent the message from another process', async () => {
      const env = { OTEL_SERVICE_NAME: 'web', OTEL_BSP_SCHEDULE_DELAY: '10', ...fixture.env };
      const agent = PLUMBING ? 'none' : 'import';
      const web = runApp({ agent, ...fixture, args: ['web'], receiver: kit.receiver, env });
      const queue = await broker.queue();
      const { traceId, spanId, traceparent } = remoteParent();
      const body = JSON.stringify({ destination: queue, body: { id: 1 } });
      const request = { method: 'POST', headers: { traceparent }, body };
      const response = await fetch(await web.url('/'), request);
      expect(await response.json()).toHaveProperty('unchanged', true);
      await kit.run('process', { destination: queue, bare: true });
      await web.stop();
      if (PLUMBING) return;
      const all = await kit.receiver.waitFor((spans) =>
        ['SERVER', 'PRODUCER', 'CONSUMER'].every((kind) => spans.some((one) => one.kind === kind)),
      );
      const spans = withoutDatabase(all).filter((one) => one.traceId === traceId);
      expectTrace(spans, [
        {
          name: 'POST',
          kind: 'SERVER',
          parentSpanId: spanId,
          children: [{ ...sendSpan(library, queue, { attributes: library.sent }), children: [span(queue)] }],
        },
      ]);
      const services = spans.map(({ kind, resource }) => [kind, resource['service.name'] === 'web']);
      expect(services).toContainEqual(['PRODUCER', true]);
      expect(services).toContainEqual(['CONSUMER', false]);
    });
  });

  describe(`${title}, processing, switched off`, () => {
    const kit = messagingOperations(switchedOff(library));

    it('makes no span, and the handler has no context of the message', async () => {
      const queue = await broker.queue();
      const { traceId, traceparent } = remoteParent();
      await broker.put(queue, { id: 1 }, { traceparent });
      await kit.run('process', { destination: queue, bare: true });
      const spans = await kit.collect(2);
      expect(spans.map(({ name }) => name).sort()).toEqual(['handled', 'later']);
      expect(spans.some((one) => one.traceId === traceId)).toBe(false);
    });
  });
}
