import { guarded, reportFailure } from '../../../guard.ts';
import { log } from '../../../log.ts';
import type { MetricData, ScopedMetric } from '../../../metrics/data.ts';
import { SCHEMA_URL } from '../../../semconv/schema.ts';
import { VERSION } from '../../../version.ts';
import type { MetricOptions, ResourceAttributes } from '../../options.ts';
import { untilExport } from '../../../metrics/beat.ts';
import { batchOf, type Exporter } from '../exporter.ts';
import { encodeResource, encodeScope, requestLength, type ScopeGroup, writeRequest } from '../request.ts';
import { encodeMetric } from '../../../metrics/encode.ts';
import { copiedAttributes } from '../../../metrics/resource-attributes.ts';
import { createCollector, type Memory } from './collector.ts';
import { readProcess } from './process.ts';

/** Sends what the app's threads count, at an interval. */
export interface MetricEngine {
  add(threadId: number, shared: SharedArrayBuffer): void;
  ended(threadId: number): void;
  /** All that was counted since the start of the process. */
  state(): ScopedMetric[];
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
  memory?: Memory,
): MetricEngine {
  const resource = encodeResource(resourceAttributes);
  const scopeInfo = { name: 'foretrace', version: VERSION, schemaUrl: SCHEMA_URL };
  const scope = encodeScope(scopeInfo);
  const copied = copiedAttributes(resourceAttributes, options.resourceAttributes);
  if (copied.missing.length > 0)
    log.warn(
      `FORETRACE_METRIC_RESOURCE_ATTRIBUTES names ${copied.missing.map((name) => `"${name}"`).join(', ')}, which the resource does not have`,
    );
  const startNs = BigInt(Math.round(Date.now() - process.uptime() * 1000)) * 1_000_000n;
  const collector = createCollector(options.temporality, options.exponential, undefined, memory, startNs);
  const readOwn = options.runtime ? guarded('the metrics of the process', ownReader()) : undefined;
  let sending: Promise<void> | undefined;
  /** Whether there is something to send without the engine's own metrics: for these alone, the end of a script is not put off. */
  let isUsed = false;
  let stopped = false;
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

  function withCopied(metrics: MetricData[]): MetricData[] {
    if (options.resourceAttributes.length === 0) return metrics;
    return metrics.map((metric) => ({
      ...metric,
      points: metric.points.map((point) => ({ ...point, attributes: copied.add(point.attributes) })),
    }));
  }

  async function sendNow(): Promise<void> {
    if (stopped) return;
    if (isUsed) readOwn?.();
    const metrics = collector.collect();
    // Where nothing is sent, an interval is what the exemplars of a scrape are of.
    const records = exporters.length === 0 ? [] : withCopied(metrics).map(encodeMetric);
    if (records.length === 0) {
      collector.sent();
      return;
    }
    const batch = batchOf('metrics', requestOf(records), records.length);
    const failed = await Promise.all(exporters.map((exporter) => exporter.export(batch, options.timeoutMs)));
    // Another export side has the tables now, and sends it again.
    if (!stopped && Math.max(...failed, 0) === 0) collector.sent();
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
    state: () => withCopied(collector.state()).map((metric) => ({ ...metric, scope: scopeInfo })),
    flush: send,
    finish(timeoutMs) {
      for (const exporter of exporters) exporter.hurry?.(timeoutMs);
      return send();
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
