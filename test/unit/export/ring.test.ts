import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  append,
  appendScope,
  ringOf,
  claim,
  counts,
  createRing,
  droppedForBytes,
  forget,
  free,
  fullBytes,
  fullRecords,
  isFree,
  MAX_CAPACITY_BYTES,
  peek,
  pending,
  readScopes,
  release,
  type Ring,
  markDone,
  takeOver,
  UNNAMED_SCOPE,
} from '../../../src/export/ring.ts';
import { drain } from './drain.ts';

const bytesOf = (length: number, seed = 1): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * 31 + seed * 17) & 0xff);

function drainAll(ring: Ring, max?: number): { scope: number; bytes: Uint8Array }[] {
  const records: { scope: number; bytes: Uint8Array }[] = [];
  drain(ring, (scope, bytes) => records.push({ scope, bytes: new Uint8Array(bytes) }), max);
  return records;
}

/** Sets all counters of an empty ring, to get near a wrap of int32. */
function startAt(shared: SharedArrayBuffer, position: number, spans: number): Ring {
  const header = new Int32Array(shared, 0, 64);
  for (const at of [16, 32]) header[at] = position;
  for (const at of [17, 33, 35]) header[at] = spans;
  return ringOf(shared);
}

describe('a ring whose thread has ended', () => {
  const used = (): Ring => {
    const ring = createRing(1 << 14, 10);
    appendScope(ring, { name: 'first' });
    for (let i = 0; i < 12; i++) append(ring, 1, bytesOf(400), 400);
    drainAll(ring);
    markDone(ring, 8, 2);
    return ring;
  };

  test('is as new for the thread that takes it, once the reader has forgotten it', () => {
    const ring = used();
    expect([free(ring.shared), claim(ring.shared, 1 << 14, 10)]).toEqual([false, undefined]);
    forget(ring);
    expect([claim(ring.shared, 1 << 14, 10), free(ring.shared), isFree(ring.shared)]).toEqual([
      undefined,
      true,
      true,
    ]);
    const next = claim(ring.shared, 1 << 14, 10)!;
    expect(next.shared).toBe(ring.shared);
    expect(counts(next)).toEqual({ appended: 0, done: 0, failed: 0, dropped: 0 });
    expect([droppedForBytes(next), readScopes(next)]).toEqual([0, [{ name: '' }]]);
    expect(appendScope(next, { name: 'second' })).toBe(1);
    append(next, 1, bytesOf(400, 7), 400);
    expect(drainAll(next)).toEqual([{ scope: 1, bytes: bytesOf(400, 7) }]);
  });

  test('is taken once, and by none that wants another size', () => {
    const ring = used();
    forget(ring);
    free(ring.shared);
    expect([claim(ring.shared, 1 << 15, 10), claim(ring.shared, 1 << 14, 11)]).toEqual([
      undefined,
      undefined,
    ]);
    expect(claim(ring.shared, 1 << 14, 10)).toBeDefined();
    expect([claim(ring.shared, 1 << 14, 10), free(ring.shared), isFree(ring.shared)]).toEqual([
      undefined,
      false,
      false,
    ]);
  });
});

describe('a ring', () => {
  test('gives back what was appended, in order, with its scope', () => {
    const ring = createRing(4096, 10);
    for (const length of [0, 1, 7, 8, 9, 300]) {
      expect(append(ring, length + 1, bytesOf(1024, length), length)).toBe(true);
    }
    expect(drainAll(ring)).toEqual(
      [0, 1, 7, 8, 9, 300].map((length) => ({
        scope: length + 1,
        bytes: bytesOf(1024, length).slice(0, length),
      })),
    );
    expect(drainAll(ring)).toEqual([]);
  });

  test('copies each length around the change from the word loop to the native copy', () => {
    const ring = createRing(16_384, 100);
    for (const length of [1016, 1023, 1024, 1025, 4000]) {
      append(ring, 1, bytesOf(8000, length), length);
      expect(drainAll(ring)[0]!.bytes).toEqual(bytesOf(8000, length).slice(0, length));
      markDone(ring, 1, 0);
    }
  });

  test('takes bytes of any alignment, and arrays of exactly the length', () => {
    const ring = createRing(4096, 100);
    const backing = bytesOf(500, 3);
    for (const offset of [1, 3, 4, 8]) {
      append(ring, 1, backing.subarray(offset, offset + 101), 101);
      expect(drainAll(ring)[0]!.bytes).toEqual(backing.slice(offset, offset + 101));
    }
  });

  test('drops the span after the last that the queue has room for, and counts it', () => {
    const ring = createRing(1 << 20, 3);
    expect([1, 2, 3, 4].map(() => append(ring, 1, bytesOf(10), 10))).toEqual([true, true, true, false]);
    expect(counts(ring)).toEqual({ appended: 3, done: 0, failed: 0, dropped: 1 });
    drainAll(ring);
    expect(append(ring, 1, bytesOf(10), 10), 'drained is not yet done').toBe(false);
    markDone(ring, 1, 0);
    expect(append(ring, 1, bytesOf(10), 10)).toBe(true);
    expect(append(ring, 1, bytesOf(10), 10)).toBe(false);
    expect(counts(ring).dropped).toBe(3);
  });

  test('drops what its bytes have no room for: 4,096 bytes hold a record of 4,088 and not of 4,089', () => {
    const ring = createRing(4096, 100);
    expect(append(ring, 1, bytesOf(4089), 4089)).toBe(false);
    expect(append(ring, 1, bytesOf(4088), 4088)).toBe(true);
    expect(append(ring, 1, bytesOf(1), 0)).toBe(false);
    expect(drainAll(ring)[0]!.bytes.length).toBe(4088);
    expect(append(ring, 1, bytesOf(1), 0)).toBe(true);
  });

  test('calls half of the queue a batch where a batch would be more', () => {
    expect([1, 2, 100, 1023, 5000].map((size) => fullRecords(createRing(4096, size), 512))).toEqual([
      1, 1, 50, 512, 512,
    ]);
    expect([4096, 1 << 21, 1 << 25].map((bytes) => fullBytes(createRing(bytes, 10)))).toEqual([
      2048,
      1 << 20,
      1 << 22,
    ]);
  });

  test('has the room it is asked for; a small one that of the next power of two', () => {
    const asked = [1, 4096, 4097, 1 << 20, (1 << 20) + 1, 5_000_000, 2 ** 40];
    expect(asked.map((bytes) => createRing(bytes, 1).capacity)).toEqual([
      4096,
      4096,
      8192,
      1 << 20,
      (1 << 20) + 1,
      5_000_000,
      MAX_CAPACITY_BYTES,
    ]);
  });

  test('of many blocks takes exactly what it has room for, gives it back in order, and touches little when little waits', () => {
    const ring = createRing(8 << 20, 1_000_000);
    const chunk = bytesOf(100_000);
    let next = 0;
    let seen = 0;
    const drainOne = (max?: number): void => {
      const position = peek(ring, (_, __, length) => expect(length).toBe(1000 + (seen++ % 99_000)), max);
      release(ring, position, 0);
    };
    // Far beyond the room, never more than 1 MiB waiting: two blocks are enough, and all else stays untouched.
    for (let i = 0; i < 2000; i++) {
      expect(append(ring, 1, chunk, 1000 + (next++ % 99_000))).toBe(true);
      if (next - seen > 9) drainOne(5);
    }
    expect(ring.bytes.subarray(3 << 20).every((byte) => byte === 0)).toBe(true);
    // A reader that stands still: everything up to the room is taken.
    let waiting = 0;
    while (append(ring, 1, chunk, 1000 + (next % 99_000))) {
      waiting += 1000 + (next++ % 99_000);
    }
    expect(waiting).toBeGreaterThan((8 << 20) * 0.9);
    expect(droppedForBytes(ring)).toBe(1);
    drainOne();
    expect(seen).toBe(next);
  });

  test('keeps records until they are released, so that another reader can read them again', () => {
    const ring = createRing(4096, 10);
    append(ring, 7, bytesOf(20), 20);
    append(ring, 8, bytesOf(20), 20);
    const position = peek(ring, () => {}, 1);
    expect(drainAll(ringOf(ring.shared)).map(({ scope }) => scope)).toEqual([7, 8]);
    expect(position).not.toBe(0);
  });

  test('counts as failed what a reader released and did not live to markDone', () => {
    const ring = createRing(4096, 10);
    for (let i = 0; i < 5; i++) append(ring, 1, bytesOf(8), 8);
    release(
      ring,
      peek(ring, () => {}, 2),
      2,
    );
    const next = ringOf(ring.shared);
    expect(takeOver(next)).toBe(2);
    expect(takeOver(next)).toBe(0);
    expect(counts(next)).toEqual({ appended: 5, done: 2, failed: 2, dropped: 0 });
    expect(drainAll(next).length).toBe(3);
  });

  test('goes on over the wrap of its 32-bit positions and counters', () => {
    const made = createRing(4096, 5);
    const ring = startAt(made.shared, 0x7fffffff - 4095, 0x7fffffff - 2);
    for (let round = 0; round < 300; round++) {
      const length = (round * 37) % 700;
      expect(append(ring, round, bytesOf(700, round), length)).toBe(true);
      expect(append(ring, round, bytesOf(700, round + 1), 16)).toBe(true);
      expect(pending(ring)).toBe(2);
      expect(drainAll(ring)).toEqual([
        { scope: round, bytes: bytesOf(700, round).slice(0, length) },
        { scope: round, bytes: bytesOf(700, round + 1).slice(0, 16) },
      ]);
      markDone(ring, 2, 0);
    }
    expect(counts(ring).dropped).toBe(0);
  });

  test('behaves like a bounded list for any order of appending and draining', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -0x80000000, max: 0x7fffffff }).map((n) => n & ~7),
        fc.array(
          fc.oneof(
            fc.record({ length: fc.integer({ min: 0, max: 1500 }), scope: fc.nat(1000) }),
            fc.record({ drain: fc.integer({ min: 1, max: 8 }) }),
          ),
          { maxLength: 200 },
        ),
        (start, steps) => {
          const ring = startAt(createRing(4096, 20).shared, start, start);
          const list: { scope: number; bytes: Uint8Array }[] = [];
          let dropped = 0;
          for (const [index, step] of steps.entries()) {
            if ('drain' in step) {
              const records = drainAll(ring, step.drain);
              markDone(ring, records.length, 0);
              expect(records).toEqual(list.splice(0, records.length));
              if (records.length < step.drain) expect(list).toEqual([]);
            } else if (append(ring, step.scope, bytesOf(1504, index), step.length)) {
              list.push({ scope: step.scope, bytes: bytesOf(1504, index).slice(0, step.length) });
            } else dropped++;
            expect(list.length).toBeLessThanOrEqual(20);
          }
          expect(drainAll(ring)).toEqual(list);
          expect(counts(ring).dropped).toBe(dropped);
        },
      ),
      { numRuns: 200 },
    );
  });

  test('a reader in another thread gets every record, whole and in order, while they are written', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'foretrace-ring-'));
    try {
      await build({
        stdin: {
          contents: `
            import { workerData, parentPort } from 'node:worker_threads';
            import { ringOf, markDone } from './src/export/ring.ts';
            import { drain } from './test/unit/export/drain.ts';
            const ring = ringOf(workerData.shared);
            let next = 0, wrong = 0;
            while (next < workerData.total) {
              const count = drain(ring, (scope, bytes) => {
                const length = (next * 13) % 900;
                if (scope !== next || bytes.length !== length) wrong++;
                for (let i = 0; i < bytes.length; i++) if (bytes[i] !== ((next + i) & 255)) { wrong++; break; }
                next++;
              }, 64);
              if (count === 0) Atomics.wait(ring.header, 16, Atomics.load(ring.header, 16), 1);
              else markDone(ring, count, 0);
            }
            parentPort.postMessage({ next, wrong });
          `,
          resolveDir: new URL('../../..', import.meta.url).pathname,
        },
        bundle: true,
        platform: 'node',
        format: 'cjs',
        outfile: join(folder, 'reader.cjs'),
      });
      const total = 20_000;
      const ring = createRing(8192, 200);
      const reader = new Worker(join(folder, 'reader.cjs'), { workerData: { shared: ring.shared, total } });
      const result = once(reader, 'message');
      const scratch = new Uint8Array(1024);
      for (let n = 0; n < total; n++) {
        const length = (n * 13) % 900;
        for (let i = 0; i < length; i++) scratch[i] = (n + i) & 255;
        while (!append(ring, n, scratch, length)) Atomics.wait(ring.header, 63, 0, 1);
      }
      expect((await result)[0]).toEqual({ next: total, wrong: 0 });
      expect(pending(ring)).toBe(0);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe("a ring's scopes", () => {
  test('are numbered from 1 and read back by the other side', () => {
    const ring = createRing(4096, 1);
    const scopes = [
      { name: 'http', version: '1' },
      { name: 'ünïcode', schemaUrl: 'https://x' },
      { name: '' },
    ];
    expect(scopes.map((scope) => appendScope(ring, scope))).toEqual([1, 2, 3]);
    expect(readScopes(ringOf(ring.shared))).toEqual([{ name: '' }, ...scopes]);
  });

  test('are without a name once the table is full, and the others stay as they are', () => {
    const ring = createRing(4096, 1);
    const name = 'n'.repeat(1000);
    let number = 1;
    for (let last = 0; (last = appendScope(ring, { name })) !== UNNAMED_SCOPE; number++) {
      expect(last).toBe(number);
    }
    expect(number).toBeGreaterThan(25);
    const read = readScopes(ring);
    expect(read.length).toBe(number);
    expect(read.slice(1).every((scope) => scope.name === name)).toBe(true);
    expect(appendScope(ring, { name: 'small' })).toBe(number);
  });
});
