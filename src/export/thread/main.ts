/**
 * The export thread's entry, built to a file of its own. Loaded as a worker it starts by itself; loaded by `require` on
 * the app's thread it gives `startExport`, which is how exporting without a thread works.
 */
// oxlint-disable unicorn/require-post-message-target-origin, unicorn/prefer-add-event-listener -- rules for windows; these are threads
import { BroadcastChannel, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { diag, DiagLogLevel } from '@opentelemetry/api';
import { log, setLogLevel } from '../../log.ts';
import { consoleExporter } from './exporters/console.ts';
import { createBatcher } from './batcher.ts';
import type { Exporter } from './exporter.ts';
import { fileExporter } from './exporters/file.ts';
import { EXPORT_THREAD, type ExportInput, type FromExport, type ToExport } from '../messages.ts';
import { otlpExporter } from './exporters/otlp.ts';

/**
 * @param reply takes the answers to messages
 * @param inline true on the app's thread
 * @returns what takes messages
 */
export function startExport(
  input: ExportInput,
  reply: (message: FromExport) => void,
  inline: boolean,
): (message: ToExport) => void {
  const { options, control } = input;
  if (options.logLevel) setLogLevel(options.logLevel);
  const exporters = options.exporters.map((name): Exporter => {
    if (name === 'otlp') return otlpExporter(options.otlp, inline);
    if (name === 'file') return fileExporter(options.file.path);
    return consoleExporter(options.console?.color);
  });
  const batcher = createBatcher(exporters, options.batch, input.resource);
  const cells = new Int32Array(control);

  const receive = (message: ToExport): void => {
    switch (message.type) {
      case 'wake':
        batcher.wake();
        break;
      case 'attach':
        batcher.attach(message.threadId, message.shared);
        break;
      case 'ended':
        batcher.ended(message.threadId);
        break;
      case 'flush':
        void batcher
          .flush()
          .then(() => reply({ type: 'flushed', id: message.id, threadId: message.threadId }));
        break;
      case 'finish':
        void batcher.finish(message.timeoutMs).then(() => {
          Atomics.add(cells, 0, 1);
          Atomics.notify(cells, 0);
        });
        break;
      case 'close':
        batcher.stop();
        break;
    }
  };
  for (const { threadId, shared } of input.rings) batcher.attach(threadId, shared);
  return receive;
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
