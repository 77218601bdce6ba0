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
import { consoleExporter } from './exporters/console.ts';
import { fileExporter } from './exporters/file.ts';
import { otlpExporter } from './exporters/otlp.ts';
import { createLookup } from './lookup.ts';
import { masksOf } from './masks.ts';

export const startExport: StartExport = (input, reply, inline) => {
  const { options, control, resource, rings } = input;
  const { signals, file, console, logLevel } = options;
  if (logLevel) setLogLevel(logLevel);
  // One for all: it asks the system for one name at a time.
  const lookup = createLookup();
  const maskOf = masksOf(input);
  const batchers = new Map<Signal, Batcher>();
  for (const [name, { exporters, otlp, batch }] of Object.entries(signals)) {
    const signal = name as Signal;
    if (exporters.length === 0) continue;
    const made = exporters.map((exporter): Exporter => {
      if (exporter === 'otlp') return otlpExporter(signal, otlp, inline, lookup);
      if (exporter === 'file') return fileExporter(signal, file.path);
      return consoleExporter(signal, console?.color);
    });
    batchers.set(signal, createBatcher(signal, made, batch, resource, maskOf?.(signal)));
  }
  const finished = new Int32Array(control);

  /** Of all signals at the same time. */
  async function ofAll(act: (batcher: Batcher) => Promise<void>): Promise<void> {
    await Promise.all([...batchers.values()].map(act));
  }

  const receive = (message: ToExport): void => {
    switch (message.type) {
      case 'ring':
        batchers.get(message.signal)?.add(message.threadId, message.shared);
        break;
      case 'wake':
        batchers.get(message.signal)?.wake();
        break;
      case 'ended':
        for (const batcher of batchers.values()) batcher.ended(message.threadId);
        break;
      case 'flush':
        void ofAll((batcher) => batcher.flush()).then(() =>
          reply({ type: 'flushed', id: message.id, threadId: message.threadId }),
        );
        break;
      case 'log level':
        setLogLevel(message.level);
        break;
      case 'finish':
        void ofAll((batcher) => batcher.finish(message.timeoutMs)).then(() => {
          Atomics.add(finished, 0, 1);
          Atomics.notify(finished, 0);
        });
        break;
      case 'close':
        for (const batcher of batchers.values()) batcher.stop();
        break;
    }
  };
  for (const ring of rings) receive({ type: 'ring', ...ring });
  return receive;
};

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
