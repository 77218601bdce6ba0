import type * as fs from 'node:fs';
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { consoleExporter } from '../../../../../src/export/thread/exporters/console.ts';
import { batchOf } from '../../../../../src/export/thread/exporter.ts';
import { fileExporter } from '../../../../../src/export/thread/exporters/file.ts';
import { decodeTraces } from '../../../../support/otlp.ts';
import { batch, someSpans } from '../../request-of.ts';

const output = vi.hoisted((): string[] => []);
vi.mock('node:fs', async (load) => {
  const real = await load<typeof fs>();
  return {
    ...real,
    writeSync(fd: number, text: string | Buffer, at = 0) {
      if (fd !== 2) return real.writeSync(fd, text as Buffer, at);
      output.push(text.toString().slice(at));
      return text.length - at;
    },
  };
});

let folder: string;
beforeEach(() => {
  output.length = 0;
  folder = mkdtempSync(join(tmpdir(), 'foretrace-file-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the file exporter', () => {
  test('appends a line of OTLP JSON for each batch', async () => {
    const path = join(folder, 'traces.jsonl');
    writeFileSync(path, '{"before":1}\n');
    const exporter = fileExporter('traces', path);
    expect(await exporter.export(batch(someSpans(2)), 1000)).toBe(0);
    expect(await exporter.export(batch(someSpans(1)), 1000)).toBe(0);
    const lines = readFileSync(path, 'utf8').split('\n');
    expect(lines[0]).toBe('{"before":1}');
    expect(
      lines.slice(1).map((line) => line && decodeTraces(Buffer.from(line), 'application/json').length),
    ).toEqual([2, 1, '']);
  });

  test('says once that it can not write, and that it can again', async () => {
    const path = join(folder, 'missing', 'traces.jsonl');
    const exporter = fileExporter('traces', path);
    expect(await exporter.export(batch(someSpans(2)), 1000)).toBe(2);
    expect(await exporter.export(batch(someSpans(2)), 1000)).toBe(2);
    expect(output).toEqual([
      `foretrace: cannot write to '${path}': ENOENT; the next line about this comes when it works\n`,
    ]);
  });

  test('does not wait for the reader of a FIFO', async () => {
    const path = join(folder, 'fifo');
    execFileSync('mkfifo', [path]);
    expect(await fileExporter('traces', path).export(batch(someSpans(2)), 1000)).toBe(2);
    expect(output[0]).toMatch(/cannot write to '.*fifo': ENXIO/);
  });

  test('gives up on a FIFO that is full, and the next line is whole again', async () => {
    const path = join(folder, 'fifo');
    execFileSync('mkfifo', [path]);
    const reader = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    const exporter = fileExporter('traces', path);
    exporter.hurry!(20);
    // More than a pipe holds.
    expect(await exporter.export(batch(someSpans(2000)), 1000)).toBe(2000);
    expect(output[0]).toMatch(/EAGAIN/);
    const all = Buffer.alloc(1 << 20);
    readSync(reader, all);
    expect(await exporter.export(batch(someSpans(3)), 1000)).toBe(0);
    const rest = all.toString('utf8', 0, readSync(reader, all));
    expect(rest[0]).toBe('\n');
    expect(decodeTraces(Buffer.from(rest), 'application/json').length).toBe(3);
    closeSync(reader);
  });

  test('counts what a full disk does not take', async () => {
    expect(await fileExporter('traces', '/dev/full').export(batch(someSpans(2)), 1000)).toBe(2);
    expect(output[0]).toMatch(/cannot write to '\/dev\/full': ENOSPC/);
  });

  test('counts a batch that it can not read as lost', async () => {
    const exporter = fileExporter('traces', join(folder, 'traces.jsonl'));
    expect(await exporter.export(batchOf('traces', new Uint8Array([1, 2, 3]), 4), 1000)).toBe(4);
    expect(output[0]).toMatch(/malformed protobuf/);
  });
});

describe('the console exporter', () => {
  test('prints one tree for each trace', async () => {
    const trace = (n: number): string => String(n).repeat(32);
    const spans = [1, 2, 1].map((n, i) => ({ name: `span ${i}`, traceId: trace(n) }));
    expect(await consoleExporter('traces', false).export(batch(spans), 1000)).toBe(0);
    const text = output.join('');
    expect(text.match(/^trace .*$/gm)).toEqual([
      expect.stringMatching(`^trace ${trace(1)} · 2 spans`),
      expect.stringMatching(`^trace ${trace(2)} · 1 span`),
    ]);
  });
});

test.each([
  ['file', fileExporter('logs', '/dev/null')],
  ['console', consoleExporter('logs', false)],
])(
  'log records, which only protobuf can carry yet, are counted as lost by the %s exporter',
  async (_, it) => {
    expect(await it.export(batchOf('logs', new Uint8Array(), 3), 1000)).toBe(3);
    expect(output).toEqual([
      expect.stringMatching(
        /^foretrace: cannot (write|print) to .+: logs can be sent as protobuf alone; the next line/,
      ),
    ]);
  },
);
