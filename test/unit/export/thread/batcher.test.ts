import type * as fs from 'node:fs';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { Batch, Exporter } from '../../../../src/export/thread/exporter.ts';
import { createDropWatch } from '../../../../src/export/thread/health.ts';
import { createBatcher } from '../../../../src/export/thread/batcher.ts';
import type { BatchOptions } from '../../../../src/export/options.ts';
import { createBytesMask, createRecordMask } from '../../../../src/mask/main.ts';
import type { Signal } from '../../../../src/export/signal.ts';
import {
  append,
  appendScope,
  counts,
  createRing,
  free,
  isAwake,
  type Ring,
} from '../../../../src/export/ring.ts';
import { encodeSpan } from '../../../support/encode-span.ts';
import { decodeTraces } from '../../../support/otlp.ts';

const lines = vi.hoisted((): string[] => []);
vi.mock('node:fs', async (load) => ({
  ...(await load<typeof fs>()),
  writeSync: (_: number, text: string) => lines.push(text),
}));
beforeEach(() => void (lines.length = 0));

const defaults: BatchOptions = {
  scheduleDelayMs: 60_000,
  exportTimeoutMs: 1000,
  maxQueueSize: 2048,
  maxQueueBytes: 1 << 20,
  maxExportBatchSize: 512,
};

/** An exporter whose exports end when the test says so. */
function heldExporter(): Exporter & { batches: Batch[]; most: number; finish(failed?: number): void } {
  const open: ((failed: number) => void)[] = [];
  const it = {
    batches: [] as Batch[],
    most: 0,
    export(batch: Batch) {
      it.batches.push(batch);
      return new Promise<number>((resolve) => {
        open.push(resolve);
        it.most = Math.max(it.most, open.length);
      });
    },
    finish: (failed = 0) => open.shift()!(failed),
  };
  return it;
}

function openExporter(failed = 0): Exporter & { batches: Batch[] } {
  const batches: Batch[] = [];
  return {
    batches,
    async export(batch) {
      batches.push(batch);
      return Math.min(failed, batch.records);
    },
  };
}

function fill(ring: Ring, count: number, scope = 1, prefix = 'span'): void {
  for (let i = 0; i < count; i++) {
    const bytes = encodeSpan({ name: `${prefix} ${i}` });
    append(ring, scope, bytes, bytes.length);
  }
}

const sizes = (exporter: { batches: Batch[] }): number[] => exporter.batches.map((batch) => batch.records);
const decode = (batch: Batch) => decodeTraces(new Uint8Array(batch.request), 'application/x-protobuf');
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('batches', () => {
  test('511 spans wait, the 512th makes a batch', async () => {
    const exporter = openExporter();
    const batcher = createBatcher('traces', [exporter], defaults, {});
    const ring = createRing(1 << 20, 2048);
    batcher.add(0, ring.shared);
    fill(ring, 511);
    batcher.wake();
    await turn();
    expect(sizes(exporter)).toEqual([]);
    fill(ring, 1);
    batcher.wake();
    await turn();
    expect(sizes(exporter)).toEqual([512]);
    batcher.stop();
  });

  test('what is less than a batch is exported when the schedule delay is over', async () => {
    const exporter = openExporter();
    const batcher = createBatcher('traces', [exporter], { ...defaults, scheduleDelayMs: 20 }, {});
    const ring = createRing(1 << 20, 2048);
    batcher.add(0, ring.shared);
    fill(ring, 3);
    await vi.waitFor(() => expect(sizes(exporter)).toEqual([3]));
    batcher.stop();
  });

  test('no wake is needed while the export side looks by itself, and one is when it has stopped to', async () => {
    const exporter = openExporter();
    const batcher = createBatcher('traces', [exporter], { ...defaults, maxExportBatchSize: 10 }, {});
    const ring = createRing(1 << 20, 2048);
    batcher.add(0, ring.shared);
    expect(isAwake(ring)).toBe(false);
    fill(ring, 10);
    batcher.wake();
    expect(isAwake(ring)).toBe(true);
    await vi.waitFor(() => expect(sizes(exporter)).toEqual([10]));
    expect(isAwake(ring)).toBe(true);
    fill(ring, 10);
    await vi.waitFor(() => expect(sizes(exporter)).toEqual([10, 10]));
    await vi.waitFor(() => expect(isAwake(ring)).toBe(false));
    batcher.stop();
  });

  test('a flush exports everything, in full batches and a rest', async () => {
    const exporter = openExporter();
    const batcher = createBatcher('traces', [exporter], defaults, {});
    const ring = createRing(1 << 20, 2048);
    batcher.add(0, ring.shared);
    fill(ring, 1300);
    await batcher.flush();
    expect(sizes(exporter)).toEqual([512, 512, 276]);
    expect(counts(ring)).toEqual({ appended: 1300, done: 1300, failed: 0, dropped: 0 });
    batcher.stop();
  });

  test('exports never overlap, and a flush during one waits for it and for what came after', async () => {
    const exporter = heldExporter();
    const batcher = createBatcher('traces', [exporter], { ...defaults, maxExportBatchSize: 10 }, {});
    const ring = createRing(1 << 20, 2048);
    batcher.add(0, ring.shared);
    fill(ring, 10);
    batcher.wake();
    fill(ring, 15);
    batcher.wake();
    let flushed = false;
    const flush = batcher.flush().then(() => (flushed = true));
    for (const _ of [1, 2, 3]) {
      await turn();
      expect(flushed).toBe(false);
      exporter.finish();
    }
    await flush;
    expect(exporter.most).toBe(1);
    expect(sizes(exporter)).toEqual([10, 10, 5]);
    batcher.stop();
  });

  test('a flush ends although spans keep coming', async () => {
    const ring = createRing(1 << 20, 2048);
    const exporter: Exporter = {
      async export(batch) {
        fill(ring, batch.records);
        return 0;
      },
    };
    const batcher = createBatcher('traces', [exporter], { ...defaults, maxExportBatchSize: 10 }, {});
    batcher.add(0, ring.shared);
    fill(ring, 25);
    await batcher.flush();
    expect(counts(ring).done).toBeGreaterThanOrEqual(25);
    batcher.stop();
  });

  test('large spans are exported before the ring is full, however few', async () => {
    const exporter = openExporter();
    const batcher = createBatcher('traces', [exporter], defaults, {});
    const ring = createRing(4096, 2048);
    batcher.add(0, ring.shared);
    const bytes = encodeSpan({ name: 'x'.repeat(2100) });
    append(ring, 1, bytes, bytes.length);
    batcher.wake();
    await turn();
    expect(sizes(exporter)).toEqual([1]);
    batcher.stop();
  });

  test('spans are grouped by scope under one resource', async () => {
    const exporter = openExporter();
    const batcher = createBatcher('traces', [exporter], defaults, {
      'service.name': 'shop',
      list: ['a', 'b'],
      absent: undefined,
    });
    const ring = createRing(1 << 20, 2048);
    const http = appendScope(ring, { name: 'http', version: '1.0', schemaUrl: 'https://example.test/1' });
    batcher.add(0, ring.shared);
    fill(ring, 1, http, 'a');
    const pg = appendScope(ring, { name: 'pg' });
    fill(ring, 1, pg, 'b');
    fill(ring, 1, http, 'c');
    fill(ring, 1, 0, 'unnamed');
    fill(ring, 1, 99, 'unknown');
    await batcher.flush();
    const spans = decode(exporter.batches[0]!);
    expect(
      spans.map((span) => [span.name, span.scope.name, span.scope.version, span.scope.schemaUrl]),
    ).toEqual([
      ['unnamed 0', '', undefined, undefined],
      ['a 0', 'http', '1.0', 'https://example.test/1'],
      ['c 0', 'http', '1.0', 'https://example.test/1'],
      ['b 0', 'pg', undefined, undefined],
      ['unknown 0', '', undefined, undefined],
    ]);
    expect(spans[0]!.resource).toEqual({ 'service.name': 'shop', list: ['a', 'b'] });
    batcher.stop();
  });

  test('several rings share batches; each gets its own count', async () => {
    const exporter = openExporter();
    const batcher = createBatcher('traces', [exporter], { ...defaults, maxExportBatchSize: 30 }, {});
    const rings = [createRing(1 << 16, 100), createRing(1 << 16, 100)];
    rings.forEach((ring, threadId) => {
      batcher.add(threadId, ring.shared);
      batcher.add(threadId, ring.shared);
      fill(ring, 20);
    });
    await batcher.flush();
    expect(sizes(exporter)).toEqual([30, 10]);
    expect(rings.map((ring) => counts(ring).done)).toEqual([20, 20]);
    batcher.stop();
  });

  test('spans that one of several exporters lost are counted as failed once', async () => {
    const batcher = createBatcher(
      'traces',
      [openExporter(2), openExporter(0), openExporter(1)],
      defaults,
      {},
    );
    const ring = createRing(1 << 16, 100);
    batcher.add(0, ring.shared);
    fill(ring, 5);
    await batcher.flush();
    expect(counts(ring)).toEqual({ appended: 5, done: 5, failed: 2, dropped: 0 });
    batcher.stop();
  });

  test('a ring whose export side died in the middle of an export is sent again by the next', async () => {
    const held = heldExporter();
    const first = createBatcher('traces', [held], defaults, {});
    const ring = createRing(1 << 16, 100);
    first.add(0, ring.shared);
    fill(ring, 5);
    void first.flush();
    await turn();
    expect(sizes(held)).toEqual([5]);
    first.stop();
    const exporter = openExporter();
    const second = createBatcher('traces', [exporter], defaults, {});
    second.add(0, ring.shared);
    await second.flush();
    held.finish();
    await turn();
    expect(sizes(exporter)).toEqual([5]);
    expect(counts(ring)).toEqual({ appended: 5, done: 5, failed: 0, dropped: 0 });
    second.stop();
  });

  test('the ring of a thread that ended is exported without waiting, and then forgotten', async () => {
    const exporter = openExporter();
    const batcher = createBatcher('traces', [exporter], defaults, {});
    const ring = createRing(1 << 16, 100);
    batcher.add(5, ring.shared);
    fill(ring, 3);
    batcher.ended(5);
    await turn();
    expect(sizes(exporter)).toEqual([3]);
    expect(free(ring.shared)).toBe(true);
    // The number may come again with another ring.
    const next = createRing(1 << 16, 100);
    batcher.add(5, next.shared);
    fill(next, 1);
    await batcher.flush();
    expect(sizes(exporter)).toEqual([3, 1]);
    batcher.stop();
  });
});

describe('a full queue', () => {
  test('drops the 2,049th span and says so with the count and the bound', async () => {
    const exporter = heldExporter();
    const batcher = createBatcher('traces', [exporter], defaults, {});
    const ring = createRing(1 << 20, 2048);
    batcher.add(0, ring.shared);
    fill(ring, 2048);
    expect(counts(ring).dropped).toBe(0);
    fill(ring, 2);
    expect(counts(ring)).toMatchObject({ appended: 2048, dropped: 2 });
    const flush = batcher.flush();
    for (let i = 0; i < 4; i++) {
      await turn();
      exporter.finish();
    }
    await flush;
    await turn();
    expect(lines).toEqual([
      'foretrace: the queue of 2048 spans (OTEL_BSP_MAX_QUEUE_SIZE) is full, 2 spans dropped so far\n',
    ]);
    batcher.stop();
  });

  test('is told of at most every ten seconds, with the bound that was hit and what it cost so far', () => {
    let now = 0;
    const watch = createDropWatch('traces', 100, 5000, () => now);
    const at = (ms: number, ...state: [dropped: number, forBytes: number, drained: boolean]): string[] => {
      lines.length = 0;
      now = ms;
      watch(...state);
      return lines.map((line) => line.replace('foretrace: the queue', '').trim());
    };
    expect(at(0, 0, 0, true)).toEqual([]);
    expect(at(1, 3, 3, false)).toEqual([
      'of 5000 bytes (FORETRACE_MAX_QUEUE_BYTES) is full, 3 spans dropped so far',
    ]);
    expect(at(5000, 500, 3, false)).toEqual([]);
    expect(at(10_001, 600, 3, true)).toEqual([
      'of 100 spans (OTEL_BSP_MAX_QUEUE_SIZE) or 5000 bytes (FORETRACE_MAX_QUEUE_BYTES) is full, 600 spans dropped so far',
    ]);
    expect(at(15_000, 600, 3, true)).toEqual([]);
    expect(at(20_001, 600, 3, true)).toEqual(['has room again, 600 spans dropped meanwhile']);
    expect(at(20_002, 601, 3, false)).toEqual([]);
    expect(at(30_001, 602, 3, false)).toEqual([
      'of 100 spans (OTEL_BSP_MAX_QUEUE_SIZE) is full, 2 spans dropped so far',
    ]);
  });

  test('names the variable of the signal, where there is one', () => {
    const lineOf = (signal: Signal): string => {
      lines.length = 0;
      createDropWatch(signal, 1, 5000, () => 0)(1, 0, false);
      return lines.join('').replace('foretrace: the queue of ', '').trim();
    };
    expect(lineOf('traces')).toBe('1 span (OTEL_BSP_MAX_QUEUE_SIZE) is full, 1 span dropped so far');
    expect(lineOf('logs')).toBe(
      '1 log record (OTEL_BLRP_MAX_QUEUE_SIZE) is full, 1 log record dropped so far',
    );
    expect(lineOf('metrics')).toBe('1 metric is full, 1 metric dropped so far');
  });
});

describe('masking', () => {
  const bytesMask = createBytesMask({ kinds: ['email'], expressions: [], lengthLimit: Infinity }, []);
  const address = 'ada@example.com';

  function appendSpan(ring: Ring, name: string, broken = false): void {
    const bytes = encodeSpan({ name });
    append(ring, 1, bytes, broken ? bytes.length - 1 : bytes.length);
  }

  test('is done before an exporter sees a record, which may get longer or shorter by it', async () => {
    const exporter = openExporter();
    const batcher = createBatcher('traces', [exporter], defaults, {}, createRecordMask('traces', bytesMask));
    const ring = createRing(1 << 20, 2048);
    for (const name of [address, 'x', `${address} a@b.co`, 'a@b.co '.repeat(200)]) appendSpan(ring, name);
    batcher.add(0, ring.shared);
    await batcher.flush();
    expect(exporter.batches.flatMap(decode).map(({ name }) => name)).toEqual([
      '[email]',
      'x',
      '[email] [email]',
      '[email] '.repeat(200),
    ]);
    batcher.stop();
  });

  test('that is not possible, since a record can’t be read, leaves it out, counts it and says so once', async () => {
    const exporter = openExporter();
    const batcher = createBatcher('traces', [exporter], defaults, {}, createRecordMask('traces', bytesMask));
    const ring = createRing(1 << 20, 2048);
    appendSpan(ring, address, true);
    appendSpan(ring, `good ${address}`);
    batcher.add(0, ring.shared);
    await batcher.flush();
    expect(exporter.batches.flatMap(decode).map(({ name }) => name)).toEqual(['good [email]']);
    expect(sizes(exporter)).toEqual([1]);
    expect(counts(ring)).toMatchObject({ done: 2, failed: 1 });
    // Nothing but what can't be read: nothing to be sent.
    appendSpan(ring, address, true);
    await batcher.flush();
    expect(exporter.batches).toHaveLength(1);
    expect(counts(ring)).toMatchObject({ done: 3, failed: 2 });
    expect(lines).toEqual([
      'foretrace: 1 span dropped: unreadable, so that nothing in it could be masked; there is no further line about this\n',
    ]);
    batcher.stop();
  });
});
