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
import { beginLog, endLog, logAttribute, logBody } from '../../../../../src/encode/log.ts';
import { scratch } from '../../../../../src/encode/writer.ts';
import { createWaitingLogs } from '../../../../../src/export/thread/exporters/console-logs.ts';
import { consoleExporter, consoleLogExporter } from '../../../../../src/export/thread/exporters/console.ts';
import { type Batch, batchOf } from '../../../../../src/export/thread/exporter.ts';
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
    expect(await consoleExporter(false).export(batch(spans), 1000)).toBe(0);
    const text = output.join('');
    expect(text.match(/^trace .*$/gm)).toEqual([
      expect.stringMatching(`^trace ${trace(1)} · 2 spans`),
      expect.stringMatching(`^trace ${trace(2)} · 1 span`),
    ]);
  });
});

describe('log records', () => {
  /** Two records: of the trace 1111…, in the span 2222…, and of none. */
  function someLogs(): Batch {
    const head = { high: 0x18_00_00_00, low: 0, observedHigh: 0x18_00_00_00, observedLow: 0, severity: 13 };
    const ids = { t0: 0x11111111, t1: 0x11111111, t2: 0x11111111, t3: 0x11111111 };
    const records = [{ ...ids, s0: 0x22222222, s1: 0x22222222, flags: 1 }, undefined].map((span) => {
      beginLog({ ...head, severityText: 'warn' }, span);
      logBody(`text${span === undefined ? ' alone' : ''}`);
      logAttribute('n', 7);
      return Buffer.from(scratch().subarray(0, endLog(0)));
    });
    const message = (tag: number, ...parts: Uint8Array[]): Buffer => {
      const all = Buffer.concat(parts);
      return Buffer.concat([Buffer.from([tag, (all.length & 0x7f) | 0x80, all.length >> 7]), all]);
    };
    const scopeLogs = message(0x12, ...records.map((record) => message(0x12, record)));
    return batchOf('logs', message(0x0a, scopeLogs), records.length);
  }

  test('are a line of OTLP JSON in the file', async () => {
    const path = join(folder, 'logs.jsonl');
    expect(await fileExporter('logs', path).export(someLogs(), 1000)).toBe(0);
    const [{ scopeLogs }] = JSON.parse(readFileSync(path, 'utf8')).resourceLogs;
    expect(scopeLogs[0].logRecords).toEqual([
      {
        timeUnixNano: String(0x18_00_00_00n << 32n),
        observedTimeUnixNano: String(0x18_00_00_00n << 32n),
        severityNumber: 13,
        severityText: 'warn',
        body: { stringValue: 'text' },
        attributes: [{ key: 'n', value: { intValue: '7' } }],
        flags: 1,
        traceId: '1'.repeat(32),
        spanId: '2'.repeat(16),
      },
      expect.objectContaining({ body: { stringValue: 'text alone' } }),
    ]);
  });

  test('are a line each on the console, and wait for their trace where that is printed too', async () => {
    await consoleLogExporter(false, undefined).export(someLogs(), 1000);
    const line = (text: string): unknown => expect.stringMatching(`^\\S+Z WARN  - ${text}  n=7`);
    expect(output.join('').trimEnd().split('\n')).toEqual([line('text'), line('text alone')]);
    output.length = 0;

    const waiting = createWaitingLogs();
    const logs = consoleLogExporter(false, waiting);
    waiting.onSettle(async () => void (await logs.export(someLogs(), 1000)));
    const traces = consoleExporter(false, waiting);
    await traces.export(batch([{ name: 'one', traceId: '1'.repeat(32), spanId: '2'.repeat(16) }]), 1000);
    const [alone, heading, span, log] = output.join('').split('\n');
    expect(alone).toMatch(/WARN {2}- text alone/);
    expect(heading).toMatch(/^trace 1{32}/);
    expect(span).toContain('one');
    expect(log).toMatch(/^ {3}• .*WARN {2}text {2}n=7$/);
    // What waited is shown once.
    output.length = 0;
    logs.printRest();
    expect(output).toEqual([]);
  });

  test('whose trace does not come are printed at the end', async () => {
    const logs = consoleLogExporter(false, createWaitingLogs());
    await logs.export(someLogs(), 1000);
    expect(output.join('')).not.toMatch(/text {2}/);
    logs.printRest();
    expect(output.join('')).toMatch(/WARN {2}- text {2}n=7 {2}trace 1{32}/);
  });
});
