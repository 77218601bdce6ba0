import type { LogLevel } from '../log.ts';

export interface OtlpOptions {
  /** The final URL of the traces signal; used exactly as it is. */
  url: string;
  /** Sent with each request. Values are secrets: they are never logged. */
  headers: Record<string, string>;
  /** The longest time for one batch, retries included (`OTEL_EXPORTER_OTLP_TIMEOUT`). */
  timeoutMs: number;
  compression: 'none' | 'gzip';
  protocol: 'http/protobuf' | 'http/json';
  /** Files in PEM: CA certificates, and key and certificate of this client for mTLS. */
  certificateFile?: string;
  clientKeyFile?: string;
  clientCertificateFile?: string;
  /** False = any certificate of the collector will do (`NODE_TLS_REJECT_UNAUTHORIZED=0`). */
  rejectUnauthorized?: boolean;
  /** URL of the proxy to the collector, never logged; undefined = the collector is reached directly. */
  proxy?: string | undefined;
}

export interface BatchOptions {
  /** The longest time that an ended span waits for its export (`OTEL_BSP_SCHEDULE_DELAY`). */
  scheduleDelayMs: number;
  /** The longest time for one export (`OTEL_BSP_EXPORT_TIMEOUT`). */
  exportTimeoutMs: number;
  /** Spans that may be ended and not yet exported; more are dropped (`OTEL_BSP_MAX_QUEUE_SIZE`). */
  maxQueueSize: number;
  /** Bytes that they may need, for each thread of the app (`FORETRACE_MAX_QUEUE_BYTES`). */
  maxQueueBytes: number;
  maxExportBatchSize: number;
}

export type ExporterName = 'otlp' | 'console' | 'file';

export interface ExportOptions {
  /** Where spans go; an empty list = they are dropped without a trace. */
  exporters: readonly ExporterName[];
  otlp: OtlpOptions;
  file: { path: string };
  /** `color`: undefined = when stderr is a terminal. */
  console?: { color?: boolean };
  batch: BatchOptions;
  /** The longest time that the end of the process waits for the export (`FORETRACE_EXIT_TIMEOUT`). */
  exitTimeoutMs: number;
  /** False = export on the app's thread (`FORETRACE_EXPORT_THREAD=off`). */
  thread: boolean;
  /** Attributes of the resource, or what computes them; asked once, when the export starts. */
  resource: ResourceAttributes | (() => ResourceAttributes);
  logLevel?: LogLevel;
}

export type ResourceAttributes = Readonly<Record<string, unknown>>;
