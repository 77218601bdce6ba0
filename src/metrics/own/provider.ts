import type { HrTime, Meter } from '@opentelemetry/api';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import type { FlushableMeterProvider } from '../../api/meter.ts';
import type { Config } from '../../config/table.ts';
import { guarded, reportFailure } from '../../guard.ts';
import type { EncodedMetric, MetricScope } from '../data.ts';
import { boundSeries } from './bound.ts';
import { copiedAttributes } from '../resource-attributes.ts';
import { encodeSdkMetric } from './encode.ts';
import { guardMeter } from './guard.ts';
import { observe } from './observe.ts';
import { createReader, MAX_SERIES, type Reader } from './reader.ts';
import { meterStates, type SdkMeterState, type SdkStorage } from './sdk.ts';

/** What the app's own metrics need of the rest of the agent. */
export interface OwnMetricsHost {
  /** Queues an OTLP `Metric` message; undefined where nothing is sent. */
  write:
    | ((scope: MetricScope & { number: number }, bytes: Uint8Array, length: number) => boolean)
    | undefined;
  /** Where somebody scrapes: tells of this thread, whose state is asked for then. Returns what tells the state unasked. */
  addMeters(state: () => Promise<readonly EncodedMetric[]>): (last: readonly EncodedMetric[]) => void;
  flush(timeoutMs: number): Promise<boolean>;
  /** Calls back at the end of this thread. */
  beforeEnd(callback: () => void): void;
  /** Runs what outlives the app's call outside of its context. */
  outside(fn: () => void): void;
  resource(): Readonly<Record<string, unknown>>;
  /** Of a worker thread; undefined in the main thread. */
  threadId: number | undefined;
}

const THREAD_ID = 'thread.id';

/**
 * The provider behind `@opentelemetry/api`: OpenTelemetry's own SDK counts, and is read once an interval, at each scrape and at the end of
 * the thread.
 */
export function createOwnMetrics(config: Config['metrics'], host: OwnMetricsHost): FlushableMeterProvider {
  const { intervalMs, timeoutMs, temporality, exponential, exporters, resourceAttributes } = config;
  const sent = host.write && createReader(temporality, exponential);
  // Prometheus wants sums since the start, in buckets that stay.
  const scraped = exporters.includes('prometheus') ? createReader('cumulative', false) : undefined;
  const readers = [sent, scraped].filter((reader) => reader !== undefined);
  const sdk = new MeterProvider({ readers });
  const known = new WeakSet<Meter>();
  const bounded = new WeakSet<SdkStorage>();
  const scopes = new Map<SdkMeterState, MetricScope & { number: number }>();
  const add = attributesOfEach(host, resourceAttributes);

  function scopeOf(state: SdkMeterState): MetricScope & { number: number } {
    let scope = scopes.get(state);
    if (scope === undefined) {
      const { name, version, schemaUrl } = state._instrumentationScope;
      scope = { name, version: version || undefined, schemaUrl, number: -1 };
      scopes.set(state, scope);
    }
    return scope;
  }

  /** What the SDK has now. Without a promise, since it is also asked at the end of a thread. */
  function read({ collector }: Reader): EncodedMetric[] {
    const time = hrTime();
    const metrics: EncodedMetric[] = [];
    for (const state of meterStates(sdk)) {
      for (const storage of state.metricStorageRegistry.getStorages(collector)) {
        try {
          if (!bounded.has(storage)) boundSeries(storage, collector, MAX_SERIES);
          bounded.add(storage);
          const data = storage.collect(collector, time);
          if (!data) continue;
          for (const bytes of encodeSdkMetric(data, add)) metrics.push({ scope: scopeOf(state), bytes });
        } catch (error) {
          reportFailure('the collection of a metric of the app', error);
        }
      }
    }
    return metrics;
  }

  /** Calls the app's callbacks, and waits for those that are asynchronous. */
  async function observed(): Promise<void> {
    const time = hrTime();
    const later = [...meterStates(sdk)].flatMap((state) => observe(state, time, false));
    if (later.length === 0) return;
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeoutMs);
      timer.unref();
    });
    await Promise.race([Promise.all(later), tooLong]);
    clearTimeout(timer);
  }

  function send(): void {
    if (sent === undefined) return;
    for (const { scope, bytes } of read(sent))
      host.write?.(scope as MetricScope & { number: number }, bytes, bytes.length);
  }

  async function collect(): Promise<void> {
    try {
      await observed();
      send();
    } catch (error) {
      reportFailure('the collection of the app’s metrics', error);
    }
  }

  const tellState =
    scraped &&
    host.addMeters(async () => {
      await observed();
      return read(scraped);
    });
  let timer: NodeJS.Timeout | undefined;
  if (sent !== undefined) {
    host.outside(() => {
      timer = setInterval(() => void collect(), intervalMs);
      timer.unref();
    });
  }
  const end = guarded('the last collection of the app’s metrics', () => {
    const time = hrTime();
    for (const state of meterStates(sdk)) observe(state, time, true);
    send();
    if (scraped !== undefined) tellState?.(read(scraped));
  });
  host.beforeEnd(end);

  return {
    getMeter(name, version, options) {
      const meter = sdk.getMeter(String(name ?? ''), version, options);
      if (!known.has(meter)) {
        known.add(meter);
        guardMeter(meter);
      }
      return meter;
    },
    async forceFlush() {
      await collect();
      await host.flush(timeoutMs);
    },
    async shutdown() {
      clearInterval(timer);
      await collect();
      await host.flush(timeoutMs);
    },
  };
}

/** What each point has besides its own: attributes of the resource, and the thread, since two threads may not write to one series. */
function attributesOfEach(
  { resource, threadId }: OwnMetricsHost,
  names: readonly string[],
): (attributes: Uint8Array) => Uint8Array {
  const thread = threadId === undefined ? [] : [THREAD_ID];
  if (names.length === 0 && thread.length === 0) return (attributes) => attributes;
  const known = names.length === 0 ? {} : resource();
  return copiedAttributes({ ...known, [THREAD_ID]: threadId }, [...names, ...thread]).add;
}

function hrTime(): HrTime {
  const ms = Date.now();
  return [Math.floor(ms / 1000), (ms % 1000) * 1_000_000];
}
