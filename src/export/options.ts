import type { NodeSettings } from '../config/environment.ts';
import type { Config } from '../config/table.ts';
import type { LogLevel } from '../log.ts';

/** What the export to a collector needs to know: the settings of one signal, and those of Node. */
export type OtlpOptions = Omit<Otlp, Files> & Partial<Pick<Otlp, Files> & NodeSettings>;
type Otlp = Config['otlp']['traces'];
type Files = 'certificateFile' | 'clientCertificateFile' | 'clientKeyFile';

/** Bounds of what waits; those in bytes are for each thread of the app. */
export type BatchOptions = Config['batch'];

export type ExporterName = Config['exporters'][number];

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
