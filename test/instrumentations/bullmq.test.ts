import { afterAll, describe, expect, it } from 'vitest';
import { inBothForms, remoteParent } from '../kit/harness.ts';
import { consumerKit } from '../kit/messaging-consumer.ts';
import { producerKit } from '../kit/messaging-producer.ts';
import {
  marked,
  messagingOperations,
  type MessagingLibrary,
  processSpan,
  SECRET,
  sendSpan,
  withoutDatabase,
} from '../kit/messaging.ts';
import { mixingMessagingKit } from '../kit/mixing-messaging.ts';
import { operations, underParent } from '../kit/operations.ts';
import { bullmqJobs, server } from '../support/bullmq.ts';
import { optional } from '../support/expect-trace.ts';
import { describeWith } from '../support/services.ts';
import { LIBRARIES, libraryMajor, oldVersions } from '../support/libraries.ts';
import type { ReceivedSpan } from '../support/otlp.ts';
import { REDIS_URL } from '../support/redis.ts';

/** The id of a job is known once Redis has answered, and with several there is none. */
const identified = { 'messaging.message.id': expect.any(String) };
const counted = (count: number): Record<string, unknown> => ({
  'messaging.batch.message_count': count,
  'messaging.message.id': undefined,
});

/** The jobs' context is what an instrumentation has put there. */
const metadata = (traceparent: string): { traceparent: string } => ({ traceparent });

for (const [title, file] of inBothForms(
  ['bullmq, ES modules', 'bullmq.mjs'],
  ['bullmq, CommonJS', 'bullmq.cjs'],
)) {
  await describeWith('redis', title, () => {
    const broker = bullmqJobs();
    afterAll(() => broker.close());

    const library: MessagingLibrary = {
      title: 'jobs',
      name: 'bullmq',
      fixture: { file, cwd: LIBRARIES, env: { REDIS_URL }, ...oldVersions },
      broker,
      attributes: () => ({
        'messaging.system': 'bullmq',
        'server.address': server.host,
        'server.port': server.port,
        'network.peer.address': optional(expect.any(String)),
        'network.peer.port': optional(server.port),
        ...identified,
      }),
    };

    producerKit({
      ...library,
      styles: { add: [], addBulk: [], flow: [], flowBulk: [], delayed: [] },
      styleAttributes: { addBulk: counted(1), flow: counted(1), flowBulk: counted(1) },
      options: { given: { removeOnFail: 7 }, arrives: { removeOnFail: 7 } },
      ...(libraryMajor('bullmq') > 5 && {
        ownContext: (traceparent: string) => ({
          telemetry: { metadata: JSON.stringify(metadata(traceparent)) },
        }),
      }),
      failing: [
        // Of version 3 only the newest do.
        ...(libraryMajor('bullmq') > 3
          ? [
              {
                title: 'an id that the library refuses',
                op: 'invalid',
                input: {},
                error: /JobId cannot be '0'/,
                span: { error: 'Error' },
              },
            ]
          : []),
        {
          title: 'data that can not be written down',
          op: 'circular',
          input: {},
          error: /circular structure/,
          span: { error: 'TypeError' },
        },
      ],
      crashes: [{ how: 'rejection' }, { how: 'handler' }],
    });

    consumerKit({
      ...library,
      ways: { 'a function': {}, 'several at a time': { concurrency: 3 } },
      sent: identified,
      failures: { throw: { failed: 'the handler throws' }, reject: { failed: 'the handler rejects' } },
      poisoned: {
        'no JSON': 'traceparent',
        'a number': 5,
        'JSON that is no object': 'null',
        'a list': '["traceparent"]',
        'no text': '{"traceparent":5}',
        'not hexadecimal': { traceparent: `00-${'x'.repeat(32)}-${'x'.repeat(16)}-01` },
        'all zero': { traceparent: `00-${'0'.repeat(32)}-${'0'.repeat(16)}-01` },
        'far too long': { traceparent: '0'.repeat(200_000), baggage: 'a=1,'.repeat(50_000) },
        'names of Object.prototype': '{"__proto__":{"traceparent":"x"},"constructor":"x"}',
      },
    });

    mixingMessagingKit({ ...library, server, styles: ['add', 'addBulk', 'flow', 'delayed'] });

    describe('what only bullmq has', () => {
      const kit = messagingOperations(library.fixture);
      const processed = (queue: string, how: 'done' | 'failed' = 'done') => ({
        ...processSpan(library, queue, how === 'failed' ? { error: 'RangeError' } : {}),
        children: how === 'done' ? [marked('handled'), marked('later')] : [marked('handled')],
      });

      it('makes one span of jobs that are added at once, and each of them carries its ids', async () => {
        const queue = await broker.queue();
        const jobs = [1, 2, 3].map((id) => ({ name: 'kit', data: { id, text: SECRET } }));
        await kit.run('bulk', { queue, jobs });
        const carried = (await broker.take(queue)).map(({ carrier }) => carrier.traceparent);
        expect(carried).toHaveLength(3);
        const spans = await kit.collect(3);
        const [sent] = spans.filter(({ kind }) => kind === 'PRODUCER');
        expect(sent).toMatchObject({
          name: `send ${queue}`,
          attributes: { 'messaging.batch.message_count': 3 },
        });
        expect(new Set(carried)).toEqual(new Set([expect.stringContaining(sent.spanId)]));
      });

      it('makes one span of jobs that wait for each other in several queues, and all are in its trace', async () => {
        const [above, below] = [await broker.queue(), await broker.queue()];
        const children = [2, 3].map((id) => ({ name: 'kit', queueName: below, data: { id } }));
        await kit.run('flow', { flow: { name: 'kit', queueName: above, data: { id: 1 }, children } });
        await kit.run('process', { destination: below, count: 2, bare: true });
        await kit.run('process', { destination: above, bare: true });
        const [parent] = underParent([]);
        const [after] = parent.children!;
        const sent = sendSpan(library, above, { attributes: counted(3) });
        const spans = [processed(below), processed(below), processed(above)];
        await kit.expectSpans([{ ...parent, children: [{ ...sent, children: spans }, after] }]);
      });

      it('makes one span of several such flows, without a queue in its name where there are several', async () => {
        const [one, other] = [await broker.queue(), await broker.queue()];
        const all = [one, other].map((queueName, id) => ({ name: 'kit', queueName, data: { id } }));
        await kit.run('flowBulk', { all });
        const spans = await kit.collect(3);
        const sent = spans.filter(({ kind }) => kind === 'PRODUCER');
        expect(sent).toMatchObject([{ attributes: { 'messaging.batch.message_count': 2 } }]);
        expect(sent[0].name).not.toMatch(new RegExp(`${one}|${other}`));
        expect(sent[0].attributes).not.toHaveProperty('messaging.destination.name');
      });

      it('processes a delayed job in the trace of the call that added it', async () => {
        const queue = await broker.queue();
        const { traceId, spanId, traceparent } = remoteParent();
        await kit.run('send', {
          destination: queue,
          body: { id: 1 },
          style: 'delayed',
          extracted: traceparent,
        });
        await kit.run('process', { destination: queue, bare: true });
        const children = [processed(queue)];
        await kit.expectSpans([{ ...sendSpan(library, queue), traceId, parentSpanId: spanId, children }]);
      });

      it('makes a span of each attempt of a job, all below the span that added it', async () => {
        const queue = await broker.queue();
        const { traceId, spanId, traceparent } = remoteParent();
        const options = { attempts: 3, backoff: { type: 'fixed', delay: 1 } };
        const body = { id: 1, do: 'throw' };
        await kit.run('add', { queue, name: 'kit', body, options, extracted: traceparent });
        const { outcomes } = await kit.run('process', { destination: queue, count: 3, bare: true });
        expect(outcomes).toMatchObject([{ attempts: 1 }, { attempts: 2 }, { attempts: 3 }]);
        const children = Array.from({ length: 3 }, () => processed(queue, 'failed'));
        await kit.expectSpans([{ ...sendSpan(library, queue), traceId, parentSpanId: spanId, children }]);
      });

      it('gives each occurrence of a repeated job a trace of its own, with a link to the call that scheduled it', async () => {
        const queue = await broker.queue();
        await kit.run('schedule', { queue, every: 50, body: { id: 1 } });
        const { handled } = await kit.run('process', { destination: queue, count: 3, bare: true });
        await kit.run('unschedule', { queue, bare: true });
        expect(handled.length).toBeGreaterThanOrEqual(3);
        const spans = await kit.collect(3 + 3 * handled.length);
        const sent = spans.filter(({ kind }) => kind === 'PRODUCER');
        expect(sent.map(({ name }) => name)).toEqual([`send ${queue}`]);
        const consumers = spans.filter(({ kind }) => kind === 'CONSUMER');
        expect(consumers).toHaveLength(handled.length);
        expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1 + handled.length);
        const { traceId, spanId } = sent[0];
        for (const { parentSpanId, links } of consumers) {
          expect(parentSpanId).toBeUndefined();
          expect(links).toMatchObject([{ traceId, spanId }]);
        }
      });

      it('makes no span of a job that the app takes by hand, and leaves the context of the app', async () => {
        const queue = await broker.queue();
        await broker.put(queue, { id: 1 }, metadata(remoteParent().traceparent));
        const { body, found } = await kit.run('byHand', { queue });
        expect(body).toEqual({ id: 1 });
        const spans = await kit.collect(2);
        expect(spans.map(({ name }) => name).sort()).toEqual(['after', 'parent']);
        expect(found.traceparent).toContain(spans.find(({ name }) => name === 'parent')!.spanId);
      });

      it.each(libraryMajor('bullmq') > 3 ? [false, true] : [false])(
        'makes a span of a job whose processor is a file, and what runs there is in its trace (threads: %s)',
        async (threads) => {
          const queue = await broker.queue();
          const { traceId, spanId, traceparent } = remoteParent();
          await broker.put(queue, { id: 1 }, metadata(traceparent));
          const [outcome] = await kit.run('sandboxed', { queue, threads, bare: true });
          expect(outcome).toMatchObject({ completed: { id: 1 } });
          const spans = await kit.collect(1);
          const consumer = spans.find(({ kind }) => kind === 'CONSUMER');
          expect(consumer).toMatchObject({ name: `process ${queue}`, traceId, parentSpanId: spanId });
          expect(outcome.completed.traceparent).toContain(traceId);
        },
      );
    });

    describe('its commands to Redis', () => {
      const kit = operations(library.fixture);
      const commands = (spans: readonly ReceivedSpan[]): ReceivedSpan[] =>
        spans.filter((span) => !withoutDatabase([span]).includes(span));

      it('are below the span of a job that is added', async () => {
        const queue = await broker.queue();
        await kit.run('send', { destination: queue, body: {}, bare: true });
        await kit.collect(1);
        await kit.run('send', { destination: queue, body: {} });
        const spans = await kit.collect(4);
        const sent = spans.find(({ kind }) => kind === 'PRODUCER')!;
        const found = commands(spans).map(({ parentSpanId }) => parentSpanId);
        expect(found.every((parent) => parent === sent.spanId)).toBe(true);
      });

      it.each([
        ['outside of any span', true],
        ['inside of a span', false],
      ])(
        'are no spans where a worker waits for jobs, takes them and tells of their end: started %s',
        async (_, bare) => {
          const queue = await broker.queue();
          await kit.run('send', { destination: queue, body: {}, bare: true });
          await broker.take(queue);
          await kit.collect(1);
          await kit.run('idle', { queue, body: {}, bare });
          const spans = await kit.collect(3);
          const [sent] = spans.filter(({ kind }) => kind === 'PRODUCER');
          expect(spans.filter(({ kind }) => kind === 'CONSUMER')).toHaveLength(1);
          const others = commands(spans).filter(({ parentSpanId }) => parentSpanId !== sent.spanId);
          // Who opens a connection asks it who it is.
          expect(others.map(({ name }) => name).filter((name) => !/^(INFO|CLIENT|QUIT)/.test(name))).toEqual(
            [],
          );
        },
      );

      it('are no spans where the events of a queue are waited for', async () => {
        const queue = await broker.queue();
        expect(await kit.run('events', { queue, body: {} })).toBe('done');
        const spans = await kit.collect(4);
        expect(commands(spans).filter(({ name }) => name === 'XREAD')).toEqual([]);
      });

      it('are below the span of the handler where the handler asks for them', async () => {
        const queue = await broker.queue();
        await kit.run('progress', { queue, body: {}, bare: true });
        const spans = await kit.collect(4);
        const consumer = spans.find(({ kind }) => kind === 'CONSUMER')!;
        const own = commands(spans).filter(({ parentSpanId }) => parentSpanId === consumer.spanId);
        expect(own).toHaveLength(2);
      });
    });
  });
}
