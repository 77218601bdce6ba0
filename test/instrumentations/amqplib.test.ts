import { afterAll, describe, expect, it } from 'vitest';
import { inBothForms, remoteParent } from '../kit/harness.ts';
import { consumerKit } from '../kit/messaging-consumer.ts';
import { producerKit } from '../kit/messaging-producer.ts';
import {
  marked,
  messagingOperations,
  type MessagingLibrary,
  type Operation,
  operationSpan,
  processSpan,
  sendSpan,
} from '../kit/messaging.ts';
import { mixingMessagingKit } from '../kit/mixing-messaging.ts';
import { underParent } from '../kit/operations.ts';
import { describeWith } from '../support/services.ts';
import { type ExpectedSpan, optional } from '../support/expect-trace.ts';
import { LIBRARIES, oldVersions } from '../support/libraries.ts';
import { AMQP_URL, rabbitmq, server } from '../support/rabbitmq.ts';

const routed = (key: string): Record<string, unknown> => ({
  'messaging.rabbitmq.destination.routing_key': key,
});
const delivered = { 'messaging.rabbitmq.message.delivery_tag': expect.any(Number) };

for (const [title, file] of inBothForms(
  ['amqplib, ES modules', 'amqplib.mjs'],
  ['amqplib, CommonJS', 'amqplib.cjs'],
)) {
  await describeWith('rabbitmq', title, () => {
    const broker = rabbitmq();
    afterAll(() => broker.close());

    const library: MessagingLibrary = {
      title: 'messages',
      name: 'amqplib',
      fixture: { file, cwd: LIBRARIES, env: { AMQP_URL }, ...oldVersions },
      broker,
      attributes: (queue) => ({
        'messaging.system': 'rabbitmq',
        'server.address': server.host,
        'server.port': server.port,
        'network.peer.address': optional(expect.any(String)),
        'network.peer.port': optional(server.port),
        ...routed(queue),
      }),
    };

    /** How a handler's message is settled, and how one that was pulled is received. */
    const settling = (name: string, queue: string, more: Partial<Operation> = {}): ExpectedSpan =>
      operationSpan(library, queue, {
        name,
        kind: 'CLIENT',
        type: 'settle',
        attributes: delivered,
        ...more,
      });
    const receiving = (queue: string, more: Partial<Operation> = {}): ExpectedSpan =>
      operationSpan(library, queue, { name: 'receive', kind: 'CLIENT', attributes: delivered, ...more });

    producerKit({
      ...library,
      styles: {
        sendToQueue: [],
        publish: [],
        confirmed: ['callback'],
        waitForConfirms: [],
        callbackApi: [],
        callbackApiConfirmed: ['callback'],
      },
      options: {
        given: { headers: { own: 'header', deep: { a: 1 } }, messageId: 'm1', type: 'kit' },
        arrives: { own: 'header', deep: { a: 1 } },
      },
      ownContext: (traceparent) => ({ headers: { traceparent } }),
      failing: [
        {
          title: 'a channel that is closed',
          op: 'closed',
          input: {},
          error: /IllegalOperationError .*Channel closed/,
          span: { error: 'IllegalOperationError' },
        },
        {
          title: 'content that is no buffer',
          op: 'invalid',
          input: {},
          error: /TypeError .*content is not a buffer/,
          span: { error: 'TypeError' },
        },
        {
          title: 'an exchange that is not there, of a channel with confirms',
          op: 'missing',
          input: { exchange: 'kit-nowhere' },
          error: /channel closed/,
          span: { destination: 'kit-nowhere:key' },
        },
      ],
      crashes: [{ how: 'callback' }, { how: 'rejection' }],
    });

    consumerKit({
      ...library,
      ways: {
        promise: { api: 'promise' },
        callback: { api: 'callback' },
        noAck: { settle: 'none' },
        nack: { settle: 'nack' },
      },
      processed: delivered,
      settled: (queue, way) => (way === 'noAck' ? [] : [settling(way === 'nack' ? 'nack' : 'ack', queue)]),
      // What a handler throws closes the channel; at its promise the library does not look.
      failures: { throw: { error: 'the handler throws' }, reject: { unhandled: 'the handler rejects' } },
      poisoned: {
        'no text': { traceparent: 5 },
        'a table': { traceparent: { traceparent: remoteParent().traceparent } },
        'a list': { traceparent: [remoteParent().traceparent, remoteParent().traceparent] },
        'not hexadecimal': { traceparent: `00-${'x'.repeat(32)}-${'x'.repeat(16)}-01` },
        'all zero': { traceparent: `00-${'0'.repeat(32)}-${'0'.repeat(16)}-01` },
        // Older versions agree with the server on 4096 bytes.
        'far too long': { traceparent: '0'.repeat(1500), baggage: 'a=1,'.repeat(500) },
        'names of Object.prototype': {
          __proto__: null,
          constructor: 'x',
          toString: 'x',
          hasOwnProperty: 'x',
        },
      },
    });

    mixingMessagingKit({
      ...library,
      server,
      styles: [
        'sendToQueue',
        'publish',
        'confirmed',
        'waitForConfirms',
        'callbackApi',
        'callbackApiConfirmed',
      ],
    });

    describe('what only RabbitMQ has', () => {
      const kit = messagingOperations(library.fixture);

      it('names exchange and routing key of what is sent, and the queue too of what is processed', async () => {
        const { queue, exchange } = await broker.bound('topic', 'orders.*');
        await kit.run('exchange', { exchange, key: 'orders.new', body: { id: 1 } });
        await kit.run('process', { destination: queue, bare: true });
        const destination = `${exchange}:orders.new`;
        const attributes = routed('orders.new');
        const [parent] = underParent([], { marks: ['callback'] });
        const [callback, after] = parent.children!;
        await kit.expectSpans([
          {
            ...parent,
            children: [
              {
                ...sendSpan(library, queue, { destination, attributes }),
                children: [
                  {
                    ...processSpan(library, queue, {
                      destination: `${destination}:${queue}`,
                      attributes: { ...attributes, ...delivered },
                    }),
                    children: [
                      marked('handled'),
                      marked('later'),
                      settling('ack', queue, {
                        destination: `${destination}:${queue}`,
                        attributes: { ...attributes, ...delivered },
                      }),
                    ],
                  },
                ],
              },
              callback,
              after,
            ],
          },
        ]);
      });

      it.each([
        ['promise', 'ack', []],
        ['promise', 'nack', [false, false]],
        ['promise', 'reject', [false]],
        ['callback', 'ack', []],
      ])(
        'makes a span of a message that is pulled, with a link, and one of %s: %s',
        async (api, settle, settleArguments) => {
          const queue = await broker.queue();
          const { traceId, spanId, traceparent } = remoteParent();
          await broker.put(queue, { id: 1 }, { traceparent });
          const result = await kit.run('get', { queue, api, settle, settleArguments });
          expect(result).toMatchObject({ body: { id: 1 } });
          const [parent] = underParent([], { marks: api === 'callback' ? ['callback'] : [] });
          const marks = parent.children!;
          const received = { ...receiving(queue), links: [{ traceId, spanId }] };
          await kit.expectSpans([
            {
              ...parent,
              children: [received, ...marks.slice(0, -1), settling(settle, queue), ...marks.slice(-1)],
            },
          ]);
          expect(await broker.remove(queue)).toBe(0);
        },
      );

      it('makes a span of a pull that finds no message', async () => {
        const queue = await broker.queue();
        expect(await kit.run('get', { queue })).toBe(false);
        const attributes = { 'messaging.rabbitmq.destination.routing_key': undefined };
        await kit.expectSpans(underParent([receiving(queue, { attributes })]));
      });

      it('makes one span of all messages that are settled at once', async () => {
        for (const [method, settleArguments] of [
          ['ackAll', []],
          ['nackAll', [false]],
        ] as const) {
          const queue = await broker.queue();
          await broker.put(queue, { id: 1 });
          await broker.put(queue, { id: 2 });
          await kit.run('settleAll', { queue, method, settleArguments });
          const spans = await kit.collect(5);
          const settled = spans.filter((span) => span.attributes['messaging.operation.type'] === 'settle');
          expect(settled.map(({ attributes }) => attributes['messaging.operation.name'])).toEqual([method]);
          expect(await broker.remove(queue)).toBe(0);
        }
      });

      it.each(['promise', 'callback'])(
        'makes no span of the end of a consumer, which its handler is told by null (%s)',
        async (api) => {
          const queue = await broker.queue();
          const result = await kit.run('cancelled', { queue, api, bare: true });
          expect(result).toEqual({ cancelled: true });
          await kit.expectSpans([]);
        },
      );

      it('ends the span of a handler whose connection is lost when the handler is through', async () => {
        const queue = await broker.queue();
        await broker.put(queue, { id: 1 });
        expect(await kit.run('lost', { queue, bare: true })).toEqual({ id: 1 });
        await kit.expectSpans([
          {
            ...processSpan(library, queue, { attributes: delivered }),
            children: [marked('handled'), marked('later')],
          },
        ]);
        await broker.remove(queue);
      });

      it('ends the span of what a channel without confirms has sent before the server refuses it', async () => {
        const error = await kit.fail('missing', { exchange: 'kit-nowhere', confirms: false });
        expect(error.message).toContain('NOT_FOUND');
        const destination = 'kit-nowhere:key';
        const sent = sendSpan(library, '', { destination, attributes: routed('key') });
        await kit.expectSpans(underParent([sent]));
      });
    });
  });
}
