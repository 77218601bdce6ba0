/**
 * No messaging library mixes what belongs to different requests: twenty send at once over one connection to a slow server, each with a
 * trace, baggage and message of its own, while the same process works on their messages. A library costs its ways of sending.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SlowProxy, startSlowProxy } from '../support/slow-proxy.ts';
import { messagingOperations, type MessagingLibrary } from './messaging.ts';

export interface MixingMessagingKit extends MessagingLibrary {
  server: { host: string; port: number };
  styles: readonly string[];
  /** Further input of the consumer. */
  consuming?: object;
}

const COUNT = 20;

export function mixingMessagingKit({
  title,
  fixture,
  broker,
  server,
  styles,
  consuming,
}: MixingMessagingKit): void {
  describe(`${title}, many requests over one connection`, () => {
    const kit = messagingOperations(fixture);
    let proxy: SlowProxy;
    beforeAll(async () => {
      proxy = await startSlowProxy(server);
    });
    afterAll(() => proxy.close());

    it.each(styles)('mixes nothing: %s', async (style) => {
      proxy.reset(0);
      const queue = await broker.queue();
      const requests = Array.from({ length: COUNT }, (_, index) => ({
        value: `value-${index}`,
        baggage: `baggage-${index}`,
      }));
      const { host, port } = proxy;
      await kit.run('mix', { bare: true, host, port, destination: queue, style, requests, ...consuming });

      // A parent, what was sent and processed, and three marks.
      const spans = await kit.collect(6 * COUNT);
      const parents = spans.filter(({ name }) => name === 'parent');
      expect(parents.map(({ attributes }) => attributes.id).sort()).toEqual(
        requests.map((_, index) => index).sort(),
      );
      expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(COUNT);
      for (const parent of parents) {
        const index = Number(parent.attributes.id);
        const trace = spans.filter(({ traceId }) => traceId === parent.traceId);
        const below = (spanId: string): string[] =>
          trace
            .filter(({ parentSpanId }) => parentSpanId === spanId)
            .map(({ name, attributes: { found } }) => (found === undefined ? name : `${name} ${found}`))
            .sort();
        const producer = trace.find(({ kind }) => kind === 'PRODUCER')!;
        const consumer = trace.find(({ kind }) => kind === 'CONSUMER')!;
        const { baggage } = requests[index];
        // Callbacks have marks there too.
        expect(below(parent.spanId)).toEqual(
          expect.arrayContaining([`send ${queue}`, `sent ${index} ${baggage}`]),
        );
        expect(below(producer.spanId)).toEqual([`process ${queue}`]);
        expect(below(consumer.spanId)).toEqual(
          expect.arrayContaining([`handle ${index} ${baggage}`, `later ${index} ${baggage}`]),
        );
      }
    });
  });
}
