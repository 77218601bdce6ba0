/**
 * Behaviour of an instrumented library that sends messages. A library costs a fixture (`test/fixtures/lib/messaging.cjs`), a broker
 * that the test's process reads, and a table of the ways to send.
 */
import { describe, expect, it } from 'vitest';
import type { ExpectedSpan } from '../support/expect-trace.ts';
import { byTraceId, itIf, MANY, PLUMBING, remoteParent } from './harness.ts';
import {
  expectNoSecret,
  messagingOperations,
  type MessagingLibrary,
  type Operation,
  SECRET,
  sendSpan,
  switchedOff,
  withAndWithout,
} from './messaging.ts';
import { underParent } from './operations.ts';

export interface ProducerKit extends MessagingLibrary {
  /** The values of `style` in the operation `send`, each with the names of the marks that its callbacks make. */
  styles: Record<string, string[]>;
  /** Further attributes that the span of a style has. */
  styleAttributes?: Record<string, Record<string, unknown>>;
  /** Options as an app gives them to the library, and what of them has to arrive. */
  options: { given: object; arrives: object };
  /** Options of an app that brings a trace of its own along; absent where the library has no place for it. */
  ownContext?: (traceparent: string) => object;
  /** Operations that fail, with what is in the app's error, and the span. */
  failing: { title: string; op: string; input: object; error: RegExp; span?: Partial<Operation> }[];
  /** How to get the name of the queue into the input of the other operations. */
  queueAs?: string;
  /** Inputs of the operation `crash`, each of which ends the process. */
  crashes: object[];
}

export function producerKit(library: ProducerKit): void {
  const {
    title,
    fixture,
    broker,
    styles,
    styleAttributes = {},
    options,
    failing,
    queueAs = 'queue',
  } = library;
  const [usual] = Object.keys(styles);
  const span = (queue: string, style = usual): ExpectedSpan =>
    sendSpan(library, queue, { attributes: styleAttributes[style] });

  describe(`${title}, sending`, () => {
    const kit = messagingOperations(fixture);
    const body = { id: 1, text: SECRET };

    /** Sends one message to a queue of its own; resolves with the queue, and the message as it has arrived. */
    async function send(input: object): Promise<{ queue: string; result: any; carrier: any; own: any }> {
      const queue = await broker.queue();
      const result = await kit.run('send', { destination: queue, body, ...input });
      const messages = await broker.take(queue);
      expect(messages.map((message) => message.body)).toEqual([body]);
      return { queue, result, ...messages[0] };
    }

    it.each(Object.entries(styles))(
      'makes one PRODUCER span of a message, sends its ids and keeps the context (style: %s)',
      async (style, marks) => {
        const { queue, carrier } = await send({ style });
        const spans = await kit.collect(3 + marks.length);
        expectNoSecret(kit);
        const producer = spans.find(({ kind }) => kind === 'PRODUCER');
        expect(carrier.traceparent).toMatch(
          new RegExp(`^00-${producer?.traceId}-${producer?.spanId}-0[13]$`),
        );
        // One more, for the whole tree.
        const again = await send({ style });
        await kit.expectSpans(underParent([span(again.queue, style)], { marks }));
        expect(again.queue).not.toBe(queue);
      },
    );

    it('makes a root span of a message outside of any span', async () => {
      const { queue, carrier } = await send({ bare: true });
      const [producer] = await kit.collect(1);
      expect(producer).toMatchObject({ name: `send ${queue}`, parentSpanId: undefined });
      expect(carrier.traceparent).toContain(producer.spanId);
    });

    it('makes a child of the parent that the app has extracted', async () => {
      const { traceId, spanId, traceparent } = remoteParent();
      const { queue, carrier } = await send({ extracted: traceparent });
      const spans = await kit.collect(1 + styles[usual].length);
      const producer = spans.find(({ kind }) => kind === 'PRODUCER');
      expect(producer).toMatchObject({ name: `send ${queue}`, traceId, parentSpanId: spanId });
      expect(carrier.traceparent).toContain(producer!.spanId);
    });

    it.each(Object.keys(styles))(
      'makes no span under an unsampled parent, and sends the decision on (style: %s)',
      async (style) => {
        const { traceId, traceparent } = remoteParent({ sampled: false });
        const { carrier } = await send({ style, traceparent });
        if (!PLUMBING) expect(carrier.traceparent).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-0[02]$`));
        await kit.expectSpans([]);
      },
    );

    it.each(Object.keys(styles))('sends baggage along (style: %s)', async (style) => {
      const { carrier } = await send({ style, baggage: 'c1' });
      if (!PLUMBING) expect(carrier.baggage).toBe('canary=c1');
      await kit.collect(3 + styles[style].length);
    });

    it('sends baggage along without a sampled trace', async () => {
      const { traceparent } = remoteParent({ sampled: false });
      const { carrier } = await send({ traceparent, baggage: 'c1' });
      if (!PLUMBING) expect(carrier.baggage).toBe('canary=c1');
      await kit.expectSpans([]);
    });

    it.each(Object.keys(styles))(
      'leaves the message and the options of the app as they were, also frozen ones (style: %s)',
      async (style) => {
        for (const frozen of [false, true]) {
          const { result, own } = await send({ style, options: options.given, frozen });
          expect(result.unchanged).toBe(true);
          expect(own).toMatchObject(options.arrives);
        }
        await kit.collect(2 * (3 + styles[style].length));
      },
    );

    itIf(library.ownContext)('leaves a context that the app has put into the message', async () => {
      const { traceparent } = remoteParent();
      const { queue, carrier } = await send({ options: library.ownContext!(traceparent) });
      expect(carrier.traceparent).toBe(traceparent);
      const names = (await kit.collect(3)).map(({ name }) => name);
      expect(names).toContain(`send ${queue}`);
    });

    it.each(failing.map((one) => [one.title, one] as const))(
      'takes it for an error, and leaves it to the app: %s',
      async (_, { op, input, error, span: differences }) => {
        const queue = await broker.queue();
        const { name, message, code } = await kit.fail(op, { ...input, [queueAs]: queue });
        expect(`${name} ${code ?? ''} ${message}`).toMatch(error);
        const spans = await kit.collect(2);
        const failed = spans.filter(({ kind }) => kind === 'PRODUCER');
        expect(failed).toHaveLength(1);
        const expected = sendSpan(library, queue, differences);
        expect(failed[0]).toMatchObject({ name: expected.name, status: { code: 'ERROR' } });
        expect(failed[0].attributes['error.type']).toEqual(differences?.error ?? expect.any(String));
      },
    );

    it.each(Object.keys(styles))(
      `gives each of ${MANY} messages, 50 at a time, its own parent and its own ids (style: %s)`,
      async (style) => {
        const queue = await broker.queue();
        await kit.many('send', { destination: queue, style, body: { id: '{index}' } }, MANY, 50);
        const messages = await broker.take(queue);
        expect(messages).toHaveLength(MANY);
        const spans = await kit.collect(MANY * (3 + styles[style].length));
        const traces = byTraceId(spans);
        expect(traces.size).toBe(MANY);
        const names = ['after', ...styles[style], 'parent', `send ${queue}`].sort();
        for (const { body: sent, carrier } of messages) {
          const [, traceId, spanId] = String(carrier.traceparent).split('-');
          const trace = traces.get(traceId) ?? [];
          expect(trace.map(({ name }) => name).sort()).toEqual(names);
          const parent = trace.find(({ name }) => name === 'parent')!;
          expect(parent.attributes.id).toBe(Number(sent.id));
          expect(trace.find(({ kind }) => kind === 'PRODUCER')?.spanId).toBe(spanId);
          expect(trace.every((one) => one === parent || one.parentSpanId === parent.spanId)).toBe(true);
        }
      },
    );

    it('writes nothing to stderr meanwhile', () => {
      expect(kit.app.stderr).toBe('');
    });
  });

  describe(`${title}, sending, switched off`, () => {
    const kit = messagingOperations(switchedOff(library));

    it('makes no span, and sends nothing along', async () => {
      const queue = await broker.queue();
      await kit.run('send', { destination: queue, body: {}, baggage: 'c1' });
      expect((await broker.take(queue))[0].carrier).toEqual({});
      await kit.expectSpans(underParent([]));
    });
  });

  describe(`${title}, transparency`, () => {
    const told = async (op: string, input: object = {}): Promise<object> => ({
      op,
      ...input,
      [queueAs]: await broker.queue(),
    });

    it('has the same names, lengths, members, listeners and returned values', async () => {
      const [traced, bare] = await withAndWithout(fixture, () => told('shape'), 'answer');
      expect(bare).toHaveProperty('result');
      expect(traced).toEqual(bare);
    });

    it.each(library.crashes)('lets the process end as it would end without us: %o', async (input) => {
      const [traced, bare] = await withAndWithout(fixture, () => told('crash', input), 'end');
      expect(bare).toMatchObject({ code: 1, signal: null });
      expect(traced).toEqual(bare);
    });
  });
}
