import type { LogLevel } from '../log.ts';
import type { Signal } from './signal.ts';

export interface OtlpOptions {
  /** The final URL of the signal; used exactly as it is. */
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
  /** The longest time that a record waits for its export (for spans `OTEL_BSP_SCHEDULE_DELAY`, and so on). */
  scheduleDelayMs: number;
  /** The longest time for one export (`OTEL_BSP_EXPORT_TIMEOUT`). */
  exportTimeoutMs: number;
  /** Records that may wait to be exported, for each thread of the app; more are dropped (`OTEL_BSP_MAX_QUEUE_SIZE`). */
  maxQueueSize: number;
  /** Bytes that they may need (`FORETRACE_MAX_QUEUE_BYTES`). */
  maxQueueBytes: number;
  maxExportBatchSize: number;
}

export type ExporterName = 'otlp' | 'console' | 'file';

export interface SignalOptions {
  /** Where the records go. */
  exporters: readonly ExporterName[];
  otlp: OtlpOptions;
  batch: BatchOptions;
}

export interface ExportOptions {
  /** What is exported. The records of any other signal are ignored, and cost nothing. */
  signals: Readonly<Partial<Record<Signal, SignalOptions>>>;
  file: { path: string };
  /** `color`: undefined = when stderr is a terminal. */
  console?: { color?: boolean };
  /** The longest time that the end of the process waits for the export (`FORETRACE_EXIT_TIMEOUT`). */
  exitTimeoutMs: number;
  /** False = export on the app's thread (`FORETRACE_EXPORT_THREAD=off`). */
  thread: boolean;
  /** Attributes of the resource, or what computes them; asked once, when the export starts. */
  resource: ResourceAttributes | (() => ResourceAttributes);
  logLevel?: LogLevel;
}

export type ResourceAttributes = Readonly<Record<string, unknown>>;
