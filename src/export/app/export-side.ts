// oxlint-disable unicorn/require-post-message-target-origin, unicorn/prefer-add-event-listener -- rules for windows; these are threads
import { now } from '../../trace/clock.ts';
import { AsyncResource } from 'node:async_hooks';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { log } from '../../log.ts';
import { guarded } from '../../guard.ts';
import {
  EXPORT_THREAD,
  type ExportInput,
  type FromExport,
  type StartExport,
  type ToExport,
} from '../messages.ts';
import { type Part, partsOf } from '../parts.ts';
import { workerThreads } from './threads.ts';

/** A thread that died is not started again sooner than this after its last start. */
const RESTART_MS = 30_000;

/** The other end of the rings: a thread, or the same code on this thread. */
export interface ExportSide {
  /** Starts it if it doesn't run. `final` = the process ends: a thread whatever it takes, and without delay. */
  start(final?: boolean): void;
  /** Reaches it if it runs; what it must know in any case is part of its input. */
  post(message: ToExport): void;
  readonly running: boolean;
  /** True while it makes its thread, which is not one of the app's. */
  readonly launching: boolean;
  close(): void;
}

/**
 * @param threadFile the built `export-thread.cjs`
 * @param wantsThread false = on this thread
 * @param input asked at each start
 */
export function createExportSide(
  threadFile: string,
  wantsThread: boolean,
  input: () => ExportInput,
  onReply: (message: FromExport) => void,
  restartMs = RESTART_MS,
): ExportSide {
  // A worker or timer keeps the async context in which it was made, and with it the request that happened to be active.
  const outside = new AsyncResource('foretrace');
  let receive: ((message: ToExport) => void) | undefined;
  let inline = false;
  let closed = false;
  let startedAt = -Infinity;
  let refused = false;
  let launching = false;
  // A thread starts without the app's patches, so it sees no file inside of a zip (Yarn's Plug'n'Play): this thread reads it.
  let asSource = (process.versions as { pnp?: string }).pnp !== undefined;
  let threadFails = false;

  /** With the code of the parts that the thread could not read either. */
  function withSources(given: ExportInput): ExportInput {
    const read = (part: Part): [string, string] => [
      part,
      readFileSync(join(dirname(threadFile), `${part}.cjs`), 'utf8'),
    ];
    return { ...given, sources: Object.fromEntries(partsOf(given.options).map(read)) };
  }

  function startThread(): void {
    launching = true;
    const { Worker } = workerThreads();
    const worker = new Worker(asSource ? readFileSync(threadFile, 'utf8') : threadFile, {
      eval: asSource,
      name: 'foretrace-export',
      workerData: { foretrace: EXPORT_THREAD, input: asSource ? withSources(input()) : input() },
      // The preload must not run there: it would trace the exporter.
      execArgv: [],
      env: {},
      argv: [],
      // Bytes pass through here in buffers outside of the heap; left alone, the young generation grows to 16 MB and stays.
      resourceLimits: { maxYoungGenerationSizeMb: 2 },
      // Otherwise Node pipes them to process.stdout and process.stderr, which makes these streams for an app that never
      // used them. The thread writes to the descriptor.
      stdout: true,
      stderr: true,
    });
    let reason = '';
    receive = (message) => worker.postMessage(message);
    worker.on('message', onReply);
    let cannotRead = false;
    worker.on('error', (error: unknown) => {
      reason = error instanceof Error ? error.message : String(error);
      cannotRead = (error as NodeJS.ErrnoException | undefined)?.code === 'MODULE_NOT_FOUND';
    });
    const onExit = (code: number): void => {
      if (closed) return;
      receive = undefined;
      if (cannotRead && !threadFails) {
        if (asSource) {
          threadFails = true;
          log.warn(`the export thread cannot read its code (${reason}), the export runs on the app's thread`);
        }
        asSource = true;
        startedAt = -Infinity;
        start();
        return;
      }
      const delayMs = Math.max(0, startedAt + restartMs - now());
      log.warn(
        `the export thread ended (${reason || `exit code ${code}`}), it is started again in ${Math.ceil(delayMs / 1000)} s`,
      );
      const again = guarded('the start of the export', () => {
        startedAt = -Infinity;
        start();
      });
      setTimeout(again, delayMs).unref();
    };
    worker.on('exit', guarded('the end of the export thread', onExit));
    // After the listeners: the one for messages takes the reference back.
    worker.unref();
  }

  function startInline(): void {
    // Loaded at this point only: most processes never need the exporter's code on this thread.
    const { startExport } = createRequire(threadFile)(threadFile) as { startExport: StartExport };
    const handle = startExport(input(), onReply, true);
    const guardedHandle = guarded('the export', handle);
    receive = (message) => {
      if (message.type === 'close') handle(message);
      // Not in the middle of the app's work, and not in its context.
      else setImmediate(() => outside.runInAsyncScope(guardedHandle, undefined, message)).unref();
    };
    inline = true;
  }

  function start(final = false): void {
    if (closed || refused) return;
    if (receive !== undefined && !(final && inline && mayStartThread())) return;
    if (!final && now() - startedAt < restartMs) return;
    startedAt = now();
    outside.runInAsyncScope(() => {
      try {
        if (inline) receive?.({ type: 'close' });
        if (((wantsThread && !threadFails) || final) && mayStartThread()) startThread();
        else startInline();
      } catch (error) {
        refused = true;
        receive = undefined;
        log.error(`cannot start the export (${(error as Error).message}), spans are dropped`);
      }
      launching = false;
    });
  }

  return {
    start,
    post(message) {
      receive?.(message);
    },
    get running() {
      return receive !== undefined;
    },
    get launching() {
      return launching;
    },
    close() {
      receive?.({ type: 'close' });
      closed = true;
    },
  };
}

/** False under `--permission` without `--allow-worker`. */
export function mayStartThread(): boolean {
  const { permission } = process as { permission?: { has(scope: string): boolean } };
  return permission === undefined || permission.has('worker');
}
