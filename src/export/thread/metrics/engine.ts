import { guarded, reportFailure } from '../../../guard.ts';
import { SCHEMA_URL } from '../../../semconv/schema.ts';
import { VERSION } from '../../../version.ts';
import type { MetricOptions, ResourceAttributes } from '../../options.ts';
import { untilExport } from '../../../metrics/beat.ts';
import { batchOf, type Exporter } from '../exporter.ts';
import { encodeResource, encodeScope, requestLength, type ScopeGroup, writeRequest } from '../request.ts';
import { createCollector } from './collector.ts';
import { encodeMetric } from './encode.ts';
import { readProcess } from './process.ts';

/** Sends what the app's threads count, at an interval. */
export interface MetricEngine {
  add(threadId: number, shared: SharedArrayBuffer): void;
  ended(threadId: number): void;
  /** Resolves when what is counted up to now is sent, or given up. */
  flush(): Promise<void>;
  /** The same with a limit: the process ends in `timeoutMs`. */
  finish(timeoutMs: number): Promise<void>;
  stop(): void;
}

/** In the place of a thread's id, for what the engine measures itself. */
const OWN = -1;

export function createMetricEngine(
  options: MetricOptions,
  exporters: readonly Exporter[],
  resourceAttributes: ResourceAttributes,
): MetricEngine {
  const resource = encodeResource(resourceAttributes);
  const scope = encodeScope({ name: 'foretrace', version: VERSION, schemaUrl: SCHEMA_URL });
  const startNs = BigInt(Math.round(Date.now() - process.uptime() * 1000)) * 1_000_000n;
  const collector = createCollector(options.temporality, options.exponential, undefined, startNs);
  const readOwn = options.runtime ? guarded('the metrics of the process', ownReader()) : undefined;
  let sending: Promise<void> | undefined;
  /** Whether there is something to send without the engine's own metrics: for these alone, the end of a script is not put off. */
  let isUsed = false;
  let timer: NodeJS.Timeout;

  const tick = guarded('the export of metrics', () => {
    isUsed = true;
    next();
    void send();
  });
  next();

  function next(): void {
    timer = setTimeout(tick, untilExport(options.intervalMs, process.uptime() * 1000));
    timer.unref();
  }

  function ownReader(): () => void {
    return readProcess(options.exponential, (shared) => collector.add(OWN, shared));
  }

  /** One after the other: what did not arrive is in the next one. */
  function send(): Promise<void> {
    const before = sending ?? Promise.resolve();
    const mine = before
      .then(sendNow)
      .catch((error: unknown) => reportFailure('the export of metrics', error));
    sending = mine;
    return mine;
  }

  async function sendNow(): Promise<void> {
    if (isUsed) readOwn?.();
    const records = collector.collect().map(encodeMetric);
    if (records.length === 0) {
      collector.sent();
      return;
    }
    const batch = batchOf('metrics', requestOf(records), records.length);
    const failed = await Promise.all(exporters.map((exporter) => exporter.export(batch, options.timeoutMs)));
    if (Math.max(...failed, 0) === 0) collector.sent();
  }

  function requestOf(records: readonly Uint8Array[]): Uint8Array {
    const group: ScopeGroup = { scope, starts: [], lengths: [], bytes: 0 };
    for (const record of records) {
      group.lengths.push(record.length);
      group.bytes += record.length;
    }
    const length = requestLength(resource, [group]);
    const bytes = Buffer.allocUnsafeSlow(length + group.bytes);
    let at = length;
    for (const record of records) {
      group.starts.push(at);
      bytes.set(record, at);
      at += record.length;
    }
    writeRequest(bytes, resource, [group]);
    return bytes.subarray(0, length);
  }

  return {
    add(threadId, shared) {
      isUsed = true;
      collector.add(threadId, shared);
    },
    ended: collector.ended,
    flush: send,
    finish(timeoutMs) {
      for (const exporter of exporters) exporter.hurry?.(timeoutMs);
      return send();
    },
    stop() {
      clearTimeout(timer);
    },
  };
}
