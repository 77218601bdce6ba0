import type * as fs from 'node:fs';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { createExportSide } from '../../../../src/export/app/export-side.ts';
import type { ExportInput, FromExport } from '../../../../src/export/messages.ts';

const lines = vi.hoisted((): string[] => []);
/** Files that only this thread sees: a stand-in for a file inside of a zip, as Yarn's Plug'n'Play has it. */
const virtual = vi.hoisted(() => new Map<string, string>());
vi.mock('node:fs', async (load) => {
  const real = await load<typeof fs>();
  return {
    ...real,
    writeSync: (_: number, text: string) => lines.push(text),
    readFileSync: (path: string, ...rest: never[]) => virtual.get(path) ?? real.readFileSync(path, ...rest),
  };
});

let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'foretrace-export-side-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => void (lines.length = 0));

/** A stand-in for the export thread that answers the first flush of a start and then does what `then` says. */
function threadFile(name: string, then: string): string {
  const file = join(folder, `${name}.cjs`);
  writeFileSync(
    file,
    `const { parentPort, workerData } = require('node:worker_threads');
     parentPort?.on('message', (message) => {
       if (message.type === 'flush') parentPort.postMessage({ type: 'flushed', id: workerData.input.control.byteLength });
       ${then}
     });`,
  );
  return file;
}

let starts = 0;
const input = (): ExportInput => ({
  options: {} as ExportInput['options'],
  resource: {},
  rings: [],
  // Tells the starts apart.
  control: new SharedArrayBuffer(++starts * 4),
  channel: 'test',
});

test.each([
  ['throws', 'throw new Error("out of luck")', 'out of luck'],
  ['exits', 'process.exit(9)', 'exit code 9'],
])(
  'a thread that %s is started again, with a line, and not sooner than allowed',
  async (name, then, reason) => {
    starts = 0;
    const replies: FromExport[] = [];
    const exportSide = createExportSide(
      threadFile(name, then),
      true,
      input,
      (reply) => replies.push(reply),
      2500,
    );
    const start = performance.now();
    exportSide.start();
    exportSide.post({ type: 'flush', id: 1 });
    await vi.waitFor(() => expect(exportSide.running).toBe(false), 5000);
    // A wake in between does not start it sooner.
    exportSide.start();
    expect(exportSide.running).toBe(false);
    await vi.waitFor(() => expect(exportSide.running).toBe(true), 5000);
    expect(performance.now() - start).toBeGreaterThanOrEqual(2490);
    exportSide.post({ type: 'flush', id: 2 });
    await vi.waitFor(() => expect(replies.map(({ id }) => id)).toEqual([4, 8]), 5000);
    exportSide.close();
    expect(lines.map((line) => line.replace(/\d s$/m, '# s'))).toContain(
      `foretrace: the export thread ended (${reason}), it is started again in # s\n`,
    );
  },
);

test('the end of the process starts a dead thread without delay', async () => {
  starts = 0;
  const exportSide = createExportSide(threadFile('dies', 'process.exit(9)'), true, input, () => {}, 60_000);
  exportSide.start();
  exportSide.post({ type: 'wake', signal: 'traces' });
  await vi.waitFor(() => expect(exportSide.running).toBe(false), 5000);
  exportSide.start(true);
  expect(exportSide.running).toBe(true);
  exportSide.close();
});

test('code that can not be loaded is one line, and no exception', () => {
  const exportSide = createExportSide(join(folder, 'missing.cjs'), false, input, () => {});
  exportSide.start();
  exportSide.start();
  exportSide.post({ type: 'wake', signal: 'traces' });
  expect(exportSide.running).toBe(false);
  expect(lines).toEqual([
    expect.stringMatching(/^foretrace: cannot start the export \(.*\), spans are dropped\n$/),
  ]);
});

test('a thread that can not see its file gets the source from the thread of the app, without a line', async () => {
  const file = '/no/such.zip/export-thread.cjs';
  virtual.set(file, readFileSync(threadFile('in-a-zip', ''), 'utf8'));
  const replies: FromExport[] = [];
  const exportSide = createExportSide(file, true, input, (reply) => replies.push(reply));
  exportSide.start();
  await vi.waitFor(
    () => {
      exportSide.post({ type: 'flush', id: 1 });
      expect(replies.length).toBeGreaterThan(0);
    },
    { timeout: 5000, interval: 20 },
  );
  expect(lines).toEqual([]);
  exportSide.close();
});
