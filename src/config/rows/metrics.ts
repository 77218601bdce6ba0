import type { Group } from '../variable.ts';

export const METRICS = {
  title: 'Metrics',
  text: 'Every request and call is counted, whatever the sampling rate, and also with `OTEL_TRACES_EXPORTER=none`. The app’s thread counts in shared memory; all else is done on the export thread.',
  rows: [
    {
      name: 'OTEL_METRICS_EXPORTER',
      to: 'metrics.exporters',
      type: 'set',
      values: ['otlp', 'prometheus', 'console', 'none'],
      synonyms: { logging: 'console' },
      default: ['otlp'],
      help: 'Where metrics are sent, several at once; `prometheus` waits for scrapes ([docs/prometheus.md](prometheus.md)), `console` is a line for each on stderr.',
    },
    {
      name: 'OTEL_EXPORTER_PROMETHEUS_HOST',
      to: 'metrics.prometheus.host',
      type: 'string',
      default: 'localhost',
      help: 'The address that scrapes are served at. `localhost` is this machine alone; `0.0.0.0` lets every other machine read the metrics.',
    },
    {
      name: 'OTEL_EXPORTER_PROMETHEUS_PORT',
      to: 'metrics.prometheus.port',
      type: 'integer',
      min: 0,
      max: 65_535,
      default: 9464,
      help: 'The port that scrapes are served at, one for each process; 0 is any free one (said with `OTEL_LOG_LEVEL=info`).',
    },
    {
      name: 'FORETRACE_METRIC_RESOURCE_ATTRIBUTES',
      to: 'metrics.resourceAttributes',
      type: 'list',
      default: [],
      help: 'Resource attributes that each point has as its own too, such as `app,cluster,shard`: for back ends that sum up by attributes of points.',
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
