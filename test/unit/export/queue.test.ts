import type * as fs from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import type { Exporter } from '../../../src/export/thread/exporter.ts';
import { createBatcher } from '../../../src/export/thread/batcher.ts';
import type { BatchOptions } from '../../../src/export/options.ts';
import { createRingWriter, type RingWriter } from '../../../src/export/app/ring-writer.ts';
import { statsOf } from '../../../src/export/app/rings.ts';
import { fullBytes, fullRecords, pending, queuedBytes } from '../../../src/export/ring.ts';
import { encodeSpan } from '../../support/encode-span.ts';
import { decodeTraces } from '../../support/otlp.ts';

const lines = vi.hoisted((): string[] => []);
vi.mock('node:fs', async (load) => ({
  ...(await load<typeof fs>()),
  writeSync: (_: number, text: string) => lines.push(text),
}));

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** The app's end and the export's end of the queue, joined as they are on one thread. */
function joined(batch: BatchOptions, exporter: Exporter, wake: (now: () => void) => void) {
  const batcher = createBatcher('traces', [exporter], batch, {});
  const writer: RingWriter = createRingWriter(
    batch,
    (ring) => batcher.add(0, ring.shared),
    () => {},
    () => wake(() => batcher.wake()),
  );
  const scope = { name: 'test', number: -1 };
  let made = 0;
  return {
    batcher,
    writer,
    get made() {
      return made;
    },
    end(bytes: number): number {
      const span = encodeSpan({ name: `${made++} ${'x'.repeat(bytes)}` });
      writer.write(scope, span, span.length);
      return span.length + 16;
    },
  };
}

const sizes = fc
  .record({ queue: fc.integer({ min: 1, max: 3000 }), batch: fc.integer({ min: 1, max: 3000 }) })
  .map(({ queue, batch }) => ({ queue, batch: Math.min(queue, batch) }));
const options = (queue: number, batch: number, bytes: number): BatchOptions => ({
  // No timer helps: only full batches are sent before the end.
  scheduleDelayMs: 2_000_000,
  exportTimeoutMs: 1000,
  maxQueueSize: queue,
  maxQueueBytes: bytes,
  maxExportBatchSize: batch,
});

/** The numbers of the spans in a request. */
const numbers = (request: Uint8Array): number[] =>
  decodeTraces(new Uint8Array(request), 'application/x-protobuf').map((span) =>
    Number.parseInt(span.name, 10),
  );

describe('a queue of any size with batches of any size', () => {
  test('drops nothing while the collector takes what comes', async () => {
    await fc.assert(
      fc.asyncProperty(
        sizes,
        fc.integer({ min: 65_536, max: 3 << 20 }),
        fc.integer({ min: 0, max: 6000 }),
        fc.array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: 5, maxLength: 15 }),
        async ({ queue, batch }, bytes, spanBytes, turns) => {
          const got: number[] = [];
          const exporter: Exporter = {
            async export({ request }) {
              got.push(...numbers(request));
              return 0;
            },
          };
          const wakes: (() => void)[] = [];
          const it = joined(options(queue, batch, bytes), exporter, (now) => wakes.push(now));
          it.end(spanBytes);
          const ring = it.writer.ring!;
          // What ends between two looks of the other side: no more than the half of the queue that is not a batch yet.
          const mostSpans = queue - fullRecords(ring, batch) + 1;
          const mostBytes = ring.capacity - fullBytes(ring) - ring.capacity / 8;
          // A full batch is taken without anybody's help; the other side may look by itself for a while after an export.
          const taken = (): Promise<void> =>
            vi.waitFor(
              () => {
                for (const wake of wakes.splice(0)) wake();
                expect(pending(ring)).toBeLessThan(fullRecords(ring, batch));
                expect(queuedBytes(ring)).toBeLessThan(fullBytes(ring));
              },
              { interval: 1 },
            );
          await taken();
          for (const share of turns) {
            let left = Math.floor(share * mostSpans);
            let bytesLeft = share * mostBytes - 2 * (spanBytes + 200);
            while (left-- > 0 && bytesLeft > 0) bytesLeft -= it.end(spanBytes);
            // oxlint-disable-next-line no-await-in-loop
            await taken();
          }
          expect(statsOf(it.writer.ring).dropped).toBe(0);
          await it.batcher.flush();
          it.batcher.stop();
          expect(got).toEqual(Array.from({ length: it.made }, (_, i) => i));
        },
      ),
      { numRuns: 40 },
    );
  }, 30_000);

  test('counts exactly what it drops and what is lost, whatever the collector does', async () => {
    await fc.assert(
      fc.asyncProperty(
        sizes,
        fc.integer({ min: 65_536, max: 2 << 20 }),
        fc.array(
          fc.record({
            spans: fc.integer({ min: 0, max: 1500 }),
            bytes: fc.constantFrom(0, 100, 3000, 30_000),
            collector: fc.constantFrom('takes', 'refuses', 'hangs', 'takes a part', 'comes back'),
          }),
          { minLength: 1, maxLength: 8 },
        ),
        async ({ queue, batch }, bytes, turns) => {
          let state = 'takes';
          let got: number[] = [];
          let lost = 0;
          let release = (): void => {};
          const exporter: Exporter = {
            async export({ request, records: spans }) {
              if (state === 'hangs') await new Promise<void>((resolve) => (release = resolve));
              const failed = state === 'refuses' ? spans : state === 'takes a part' ? spans >> 1 : 0;
              if (failed === 0) got = got.concat(numbers(request));
              lost += failed;
              delivered += spans - failed;
              return failed;
            },
          };
          let delivered = 0;
          const it = joined(options(queue, batch, bytes), exporter, (now) => setImmediate(now));
          for (const { spans, bytes, collector } of turns) {
            state = collector;
            if (collector !== 'hangs') release();
            for (let i = 0; i < spans; i++) it.end(bytes);
            // oxlint-disable-next-line no-await-in-loop
            await turn();
          }
          state = 'takes';
          release();
          await it.batcher.flush();
          it.batcher.stop();
          const { appended, exported, dropped, failed } = statsOf(it.writer.ring);
          expect(appended + dropped).toBe(it.made);
          expect([exported, failed]).toEqual([delivered, lost]);
          expect(exported + failed + dropped).toBe(it.made);
          expect([...got].sort((a, b) => a - b)).toEqual(got);
          expect(new Set(got).size).toBe(got.length);
        },
      ),
      { numRuns: 40 },
    );
  }, 30_000);
});

test('a line names the bound in bytes when that is what was hit', async () => {
  lines.length = 0;
  const exporter: Exporter = { export: async () => 0 };
  const it = joined(options(2000, 500, 1 << 20), exporter, () => {});
  for (let i = 0; i < 400; i++) it.end(3000);
  const { dropped } = statsOf(it.writer.ring);
  expect(dropped).toBeGreaterThan(30);
  await it.batcher.flush();
  await turn();
  it.batcher.stop();
  expect(lines).toEqual([
    `foretrace: the queue of 1048576 bytes (FORETRACE_MAX_QUEUE_BYTES) is full, ${dropped} spans dropped so far\n`,
  ]);
});
