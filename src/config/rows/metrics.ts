import type { Group } from '../variable.ts';

export const METRICS = {
  title: 'Metrics',
  text: 'Every request and call is counted, whatever the sampling rate, and also with `OTEL_TRACES_EXPORTER=none`. The app’s thread counts in shared memory; all else is done on the export thread.',
  rows: [
    {
      name: 'OTEL_METRICS_EXPORTER',
      to: 'metrics.exporters',
      type: 'set',
      values: ['otlp', 'none'],
      default: ['otlp'],
      help: 'Where metrics are sent.',
    },
    {
      name: 'OTEL_METRIC_EXPORT_INTERVAL',
      to: 'metrics.intervalMs',
      type: 'duration',
      unit: 'ms',
      default: 60_000,
      as: (ms: number) => Math.max(ms, 100),
      help: 'The time between two exports, at least 100 ms.',
    },
    {
      name: 'OTEL_METRIC_EXPORT_TIMEOUT',
      to: 'metrics.timeoutMs',
      type: 'timeout',
      unit: 'ms',
      default: 30_000,
      help: 'The longest time for one export; 0 means no limit.',
    },
    {
      name: 'OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE',
      to: 'metrics.temporality',
      type: 'enum',
      values: ['cumulative', 'delta', 'lowmemory'],
      default: 'cumulative',
      help: 'Whether counters and histograms are sent as sums since the start of the process or since the last export. `lowmemory` is `delta` for what is counted here.',
    },
    {
      name: 'OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION',
      to: 'metrics.exponential',
      type: 'enum',
      values: ['explicit_bucket_histogram', 'base2_exponential_bucket_histogram'],
      default: 'explicit_bucket_histogram',
      as: (word: string) => word === 'base2_exponential_bucket_histogram',
      help: 'The buckets of histograms: those of the semantic conventions, or exponential ones with a scale of at most 4 (buckets 4.4 % wide).',
    },
    {
      name: 'OTEL_METRICS_EXEMPLAR_FILTER',
      to: 'metrics.exemplars',
      type: 'enum',
      values: ['trace_based', 'always_on', 'always_off'],
      default: 'trace_based',
      as: (word: string) => word !== 'always_off',
      remark: (word: string) =>
        word === 'always_on'
          ? '="always_on": exemplars are of sampled requests alone, as with trace_based'
          : undefined,
      help: 'Whether histograms come with the trace and span id of the slowest sampled request of the interval.',
    },
  ],
} as const satisfies Group;
