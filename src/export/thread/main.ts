/**
 * The export thread's entry, built to a file of its own. Loaded as a worker it starts by itself; loaded by `require` on
 * the app's thread it gives `startExport`, which is how exporting without a thread works.
 */
// oxlint-disable unicorn/require-post-message-target-origin, unicorn/prefer-add-event-listener -- rules for windows; these are threads
import { BroadcastChannel, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { diag, DiagLogLevel } from '@opentelemetry/api';
import { log, setLogLevel } from '../../log.ts';
import {
  EXPORT_THREAD,
  type ExportInput,
  type FromExport,
  type StartExport,
  type ToExport,
} from '../messages.ts';
import type { Signal } from '../signal.ts';
import { type Batcher, createBatcher } from './batcher.ts';
import type { Exporter } from './exporter.ts';
import { consoleExporter, consoleLogExporter } from './exporters/console.ts';
import { createWaitingLogs } from './exporters/console-logs.ts';
import { fileExporter } from './exporters/file.ts';
import { otlpExporter } from './exporters/otlp.ts';
import { createLookup } from './lookup.ts';
import { createMetricEngine, type MetricEngine } from './metrics/engine.ts';

export const startExport: StartExport = ({ options, control, resource, rings, tables }, reply, inline) => {
  const { signals, file, console, logLevel } = options;
  if (logLevel) setLogLevel(logLevel);
  // One for all: it asks the system for one name at a time.
  const lookup = createLookup();
  const batchers = new Map<Signal, Batcher>();
  const isPrinted = (signal: Signal): boolean => signals[signal]?.exporters.includes('console') === true;
  // Log records are shown in the trees of their traces where both are printed.
  const waiting = isPrinted('traces') && isPrinted('logs') ? createWaitingLogs() : undefined;
  const consoleLogs = isPrinted('logs') ? consoleLogExporter(console?.color, waiting) : undefined;
  for (const [name, { exporters, otlp, batch }] of Object.entries(signals)) {
    const signal = name as Signal;
    if (exporters.length === 0) continue;
    const made = exporters.map((exporter): Exporter => {
      if (exporter === 'otlp') return otlpExporter(signal, otlp, inline, lookup);
      if (exporter === 'file') return fileExporter(signal, file.path);
      return signal === 'logs' ? consoleLogs! : consoleExporter(console?.color, waiting);
    });
    batchers.set(signal, createBatcher(signal, made, batch, resource));
  }
  waiting?.onSettle(() => soon(batchers.get('logs')!.flush()));
  const engine = startMetrics();
  const finished = new Int32Array(control);

  function startMetrics(): MetricEngine | undefined {
    const { metrics } = options;
    if (metrics === undefined || metrics.exporters.length === 0) return undefined;
    return createMetricEngine(metrics, [otlpExporter('metrics', metrics.otlp, inline, lookup)], resource);
  }

  /** Of all signals at the same time. */
  async function ofAll(
    act: (batcher: Batcher) => Promise<void>,
    ofMetrics?: () => Promise<void> | undefined,
  ): Promise<void> {
    await Promise.all([...batchers.values()].map(act).concat(ofMetrics?.() ?? []));
  }

  const receive = (message: ToExport): void => {
    switch (message.type) {
      case 'ring':
        batchers.get(message.signal)?.add(message.threadId, message.shared);
        break;
      case 'table':
        engine?.add(message.threadId, message.shared);
        break;
      case 'wake':
        batchers.get(message.signal)?.wake();
        break;
      case 'ended':
        for (const batcher of batchers.values()) batcher.ended(message.threadId);
        engine?.ended(message.threadId);
        break;
      case 'flush':
        void ofAll(
          (batcher) => batcher.flush(),
          () => engine?.flush(),
        ).then(() => reply({ type: 'flushed', id: message.id, threadId: message.threadId }));
        break;
      case 'log level':
        setLogLevel(message.level);
        break;
      case 'finish':
        void ofAll(
          (batcher) => batcher.finish(message.timeoutMs),
          () => engine?.finish(message.timeoutMs),
        ).then(() => {
          consoleLogs?.printRest();
          Atomics.add(finished, 0, 1);
          Atomics.notify(finished, 0);
        });
        break;
      case 'close':
        for (const batcher of batchers.values()) batcher.stop();
        engine?.stop();
        break;
    }
  };
  for (const ring of rings) receive({ type: 'ring', ...ring });
  for (const table of tables) receive({ type: 'table', ...table });
  return receive;
};

/** Another exporter of the signal may wait for its collector. */
const SETTLE_MS = 200;

/** Resolves with the promise, or after a moment. */
function soon(promise: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, SETTLE_MS).unref();
    void promise.then(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function runAsThread(port: NonNullable<typeof parentPort>, input: ExportInput): void {
  // The transport's own remarks: what matters of them is in the lines of the exporters.
  const debug = (message: string): void => log.debug(message);
  diag.setLogger(
    { error: debug, warn: debug, info: debug, debug: () => {}, verbose: () => {} },
    { logLevel: DiagLogLevel.INFO, suppressOverrideMessage: true },
  );
  // The app's worker threads speak to this thread directly; the main thread may be busy.
  const channel = new BroadcastChannel(input.channel);
  const receive = startExport(
    input,
    (message) => {
      if (message.threadId === undefined) port.postMessage(message);
      else channel.postMessage(message);
    },
    false,
  );
  channel.onmessage = (event) => {
    const message = (event as { data: ToExport | FromExport }).data;
    if (message.type !== 'flushed') receive(message);
  };
  port.on('message', (message: ToExport) => {
    receive(message);
    if (message.type !== 'close') return;
    channel.close();
    port.close();
  });
}

const data = workerData as { foretrace?: unknown; input: ExportInput } | null | undefined;
if (!isMainThread && parentPort !== null && data?.foretrace === EXPORT_THREAD) {
  runAsThread(parentPort, data.input);
}
