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
import { metricsConsoleExporter } from './exporters/metrics-console.ts';
import { otlpExporter } from './exporters/otlp.ts';
import { createMetricEngine, type MetricEngine } from './metrics/engine.ts';
import { masksOf } from './masks.ts';
import { createNetwork } from './network.ts';
import { prometheusText } from './prometheus/format.ts';
import { createOwnStates, type OwnStates } from './prometheus/own-states.ts';
import { type PrometheusServer, servePrometheus } from './prometheus/server.ts';

export const startExport: StartExport = (input, reply, inline) => {
  const { options, control, resource, rings, tables, meters, kept } = input;
  const { signals, file, console, logLevel } = options;
  if (logLevel) setLogLevel(logLevel);
  const network = createNetwork(inline);
  const maskOf = masksOf(input);
  const batchers = new Map<Signal, Batcher>();
  const isPrinted = (signal: Signal): boolean => signals[signal]?.exporters.includes('console') === true;
  // Log records are shown in the trees of their traces where both are printed.
  const waiting = isPrinted('traces') && isPrinted('logs') ? createWaitingLogs() : undefined;
  const consoleLogs = isPrinted('logs') ? consoleLogExporter(console?.color, waiting) : undefined;
  for (const [name, { exporters, otlp, batch }] of Object.entries(signals)) {
    const signal = name as Signal;
    if (exporters.length === 0) continue;
    const made = exporters.map((exporter): Exporter => {
      if (exporter === 'otlp') return otlpExporter(signal, otlp, network);
      if (exporter === 'file') return fileExporter(signal, file.path);
      if (signal === 'metrics') return metricsConsoleExporter();
      return signal === 'logs' ? consoleLogs! : consoleExporter(console?.color, waiting);
    });
    batchers.set(signal, createBatcher(signal, made, batch, resource, maskOf?.(signal)));
  }
  waiting?.onSettle(() => soon(batchers.get('logs')!.flush()));
  const engine = startMetrics();
  const ownStates = createOwnStates((threadId) =>
    reply({ type: 'scrape', threadId: threadId === 0 ? undefined : threadId }),
  );
  const prometheus = engine && startPrometheus(engine, ownStates);
  const finished = new Int32Array(control);

  function startMetrics(): MetricEngine | undefined {
    const { metrics } = options;
    if (metrics === undefined || metrics.exporters.length === 0) return undefined;
    const made = metrics.exporters.flatMap((exporter): Exporter[] => {
      if (exporter === 'otlp') return [otlpExporter('metrics', metrics.otlp, network)];
      return exporter === 'console' ? [metricsConsoleExporter()] : [];
    });
    return createMetricEngine(metrics, made, resource, {
      kept,
      keep: (memory) => reply({ type: 'kept', kept: memory }),
    });
  }

  function startPrometheus(counted: MetricEngine, own: OwnStates): PrometheusServer | undefined {
    const { metrics } = options;
    if (metrics === undefined || !metrics.exporters.includes('prometheus')) return undefined;
    const clashes = new Set<string>();
    const onClash = (name: string): void => {
      if (!clashes.has(name))
        log.warn(`another metric of the name ${name} is of another type, Prometheus does not get this one`);
      clashes.add(name);
    };
    return servePrometheus(metrics.prometheus, async (format) => {
      const said = await own.ask();
      return prometheusText([...counted.state(), ...said], resource, format, onClash);
    });
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
      case 'meters':
        ownStates.add(message.threadId);
        break;
      case 'state':
        ownStates.state(message.threadId, message.metrics);
        break;
      case 'wake':
        batchers.get(message.signal)?.wake();
        break;
      case 'ended':
        for (const batcher of batchers.values()) batcher.ended(message.threadId);
        engine?.ended(message.threadId);
        ownStates.ended(message.threadId);
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
        prometheus?.close();
        break;
    }
  };
  for (const ring of rings) receive({ type: 'ring', ...ring });
  for (const table of tables) receive({ type: 'table', ...table });
  for (const threadId of meters) receive({ type: 'meters', threadId });
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
      if (message.type === 'kept' || message.threadId === undefined) port.postMessage(message);
      else channel.postMessage(message);
    },
    false,
  );
  channel.onmessage = (event) => {
    const message = (event as { data: ToExport | FromExport }).data;
    if (message.type !== 'flushed' && message.type !== 'scrape' && message.type !== 'kept') receive(message);
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
