import type { NodeSettings } from '../config/environment.ts';
import type { Config } from '../config/table.ts';
import type { LogLevel } from '../log.ts';
import type { MaskOptions } from '../mask/options.ts';
import type { Signal } from './signal.ts';

/** What the export to a collector needs to know: the settings of one signal, and those of Node. */
export type OtlpOptions = Omit<Otlp, Files> & Partial<Pick<Otlp, Files> & NodeSettings>;
type Otlp = Config['otlp']['traces'];
type Files = 'certificateFile' | 'clientCertificateFile' | 'clientKeyFile';

/** Bounds of what waits; those in bytes are for each thread of the app. */
export type BatchOptions = Config['batch'];

export type ExporterName = Config['exporters'][number];

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
  /** What is masked in records before any exporter sees them; undefined = nothing. */
  mask?: MaskOptions;
}

export type ResourceAttributes = Readonly<Record<string, unknown>>;
