import { AsyncResource } from 'node:async_hooks';
import { guarded } from '../../guard.ts';
import type { FromExport, ToExport } from '../messages.ts';
import type { ExportOptions } from '../options.ts';
import type { Pipeline } from '../pipeline.ts';
import type { Signal } from '../signal.ts';
import { createChannel } from './channel.ts';
import { PIPELINE_CHANNEL } from './environment-data.ts';
import { createExportSide } from './export-side.ts';
import { createFlushes } from './flushes.ts';
import { exportLast } from './last-export.ts';
import { createRings } from './rings.ts';
import { createSpareRings } from './spare-rings.ts';
import { isMainThread, workerThreads } from './threads.ts';
import { watchWorkers } from './workers.ts';
import { createWriters } from './writers.ts';

/** The export side starts so long after the first record: not within the app's own start-up. */
const LATE_START_MS = 1000;

/** The pipeline of the process: has the export side, and drains the rings of the app's worker threads too. */
export function createProcessPipeline(options: ExportOptions, threadFile: string): Pipeline {
  const isMain = isMainThread();
  const threadId = isMain ? 0 : workerThreads().threadId;
  const channelName = `foretrace:${threadId}`;
  const control = new SharedArrayBuffer(4);
  const finished = new Int32Array(control);
  const signals = Object.keys(options.signals) as Signal[];
  const outside = new AsyncResource('foretrace');
  const rings = createRings();
  const spareRings = createSpareRings();
  const flushes = createFlushes();
  const channel = createChannel(channelName, 'a message of a worker thread', hear);
  let { logLevel } = options;
  let starting = false;
  let shutdown: Promise<boolean> | undefined;

  const exportSide = createExportSide(
    threadFile,
    options.thread,
    () => {
      starting = true;
      const { resource, ...rest } = options;
      return {
        options: { ...rest, logLevel },
        resource: typeof resource === 'function' ? resource() : resource,
        rings: rings.all,
        control,
        channel: channelName,
      };
    },
    guarded('an answer of the export', (answer: FromExport) => {
      if (answer.threadId === undefined) flushes.answered(answer.id);
      else channel.post(answer);
    }),
  );

  const writers = createWriters(
    options.signals,
    (signal, { shared }) => {
      const ring = { threadId, signal, shared };
      rings.add(ring);
      exportSide.post({ type: 'ring', ...ring });
    },
    (signal) => {
      exportSide.start();
      exportSide.post({ type: 'wake', signal });
    },
  );
  writers.whenFirst(startLate);

  /** Opens the ears for worker threads: before the first starts, as a worker may announce itself before Node tells of it. */
  function prepareWorkers(): void {
    if (isMain) workerThreads().setEnvironmentData(PIPELINE_CHANNEL, channelName);
    channel.open();
  }

  if (!isMain) prepareWorkers();
  const workers = watchWorkers(
    () => exportSide.launching,
    guarded('the watch of worker threads', forgetEnded),
  );

  function startLate(): void {
    if (starting) return;
    starting = true;
    const start = guarded('the start of the export', () => exportSide.start());
    outside.runInAsyncScope(() => setTimeout(start, LATE_START_MS).unref());
  }

  function hear(message: ToExport | FromExport): void {
    forgetEnded();
    switch (message.type) {
      case 'ring':
        if (!rings.add(message)) break;
        exportSide.post(message);
        startLate();
        break;
      case 'wake':
        // A running export thread has heard it itself.
        if (exportSide.running) break;
        exportSide.start();
        exportSide.post(message);
        break;
      case 'flush':
        // One that is just starting may not have heard it; a second answer does no harm.
        exportSide.start();
        exportSide.post(message);
        break;
      case 'ended':
        // A worker of a worker; the export has heard it itself, if it runs.
        rings.ended(message.threadId);
        exportSide.post(message);
        break;
      default:
    }
  }

  function forgetEnded(): void {
    for (const threadId of workers.ended()) {
      rings.ended(threadId);
      exportSide.post({ type: 'ended', threadId });
    }
    const drained = rings.takeDrained();
    if (!isMain) return;
    spareRings.add(drained);
    spareRings.offer();
  }

  async function flush(timeoutMs: number): Promise<boolean> {
    if (rings.pending() === 0) return true;
    exportSide.start();
    return flushes.wait(timeoutMs, (id) => exportSide.post({ type: 'flush', id }));
  }

  return {
    write: writers.write,
    flush,
    shutdown(timeoutMs) {
      return (shutdown ??= (writers.close(), flush(timeoutMs)).then((done) => {
        exportSide.close();
        return done;
      }));
    },
    flushSync(timeoutMs) {
      channel.hearWaiting();
      if (timeoutMs <= 0 || rings.pending() === 0 || shutdown !== undefined) return;
      exportLast(exportSide, rings, signals, finished, timeoutMs);
    },
    whenFirst: writers.whenFirst,
    prepareWorkers,
    setLogLevel(level) {
      logLevel = level;
      exportSide.post({ type: 'log level', level });
    },
    stats: rings.stats,
  };
}
