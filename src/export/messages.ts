import type { LogLevel } from '../log.ts';
import type { ExportOptions, ResourceAttributes } from './options.ts';
import type { Signal } from './signal.ts';

/** `workerData.foretrace` of the export thread: the preload does nothing there. */
export const EXPORT_THREAD = 'export-thread';

/** The queue of one signal of one thread of the app. */
export interface ThreadRing {
  threadId: number;
  signal: Signal;
  shared: SharedArrayBuffer;
}

/** What the export side gets at its start. */
export interface ExportInput {
  options: Omit<ExportOptions, 'resource'>;
  resource: ResourceAttributes;
  rings: readonly ThreadRing[];
  /** One int32 that is counted up, and its waiters notified, for each `finish` that is done. */
  control: SharedArrayBuffer;
  /** Name of the BroadcastChannel on which the app's worker threads are heard. */
  channel: string;
  /** The code of parts, by name, where the export thread cannot read their files. */
  sources?: Readonly<Record<string, string>>;
}

/** From a thread of the app to the export side. */
export type ToExport =
  | ({ type: 'ring' } & ThreadRing)
  /** There may be a full batch of the signal. */
  | { type: 'wake'; signal: Signal }
  | { type: 'ended'; threadId: number }
  /** Of all signals. `threadId`: the worker thread that asks; undefined = the main thread. */
  | { type: 'flush'; id: number; threadId?: number }
  /** Of the lines that the export side writes. */
  | { type: 'log level'; level: LogLevel }
  | { type: 'finish'; timeoutMs: number }
  | { type: 'close' };

export type FromExport = { type: 'flushed'; id: number; threadId?: number };

/**
 * What the export's bundle gives to whoever loads it.
 * @param reply takes the answers to messages
 * @param inline true on the app's thread
 * @returns what takes messages
 */
export type StartExport = (
  input: ExportInput,
  reply: (message: FromExport) => void,
  inline: boolean,
) => (message: ToExport) => void;
