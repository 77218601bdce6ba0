import type { ExportOptions, ResourceAttributes } from './options.ts';

/** `workerData.foretrace` of the export thread: the preload does nothing there. */
export const EXPORT_THREAD = 'export-thread';

/** The ring of one thread of the app. */
export interface ThreadRing {
  threadId: number;
  shared: SharedArrayBuffer;
}

/** What the export side gets at its start. */
export interface ExportInput {
  options: Omit<ExportOptions, 'resource'>;
  resource: ResourceAttributes;
  rings: ThreadRing[];
  /** One int32 that is counted up, and its waiters notified, for each `finish` that is done. */
  control: SharedArrayBuffer;
  /** Name of the BroadcastChannel on which the app's worker threads are heard. */
  channel: string;
}

/** From a thread of the app to the export side. */
export type ToExport =
  | { type: 'wake' }
  | ({ type: 'attach' } & ThreadRing)
  | { type: 'ended'; threadId: number }
  /** `threadId`: the worker thread that asks; undefined = the main thread. */
  | { type: 'flush'; id: number; threadId?: number }
  | { type: 'finish'; timeoutMs: number }
  | { type: 'close' };

export type FromExport = { type: 'flushed'; id: number; threadId?: number };
