import { guarded } from '../../guard.ts';
import { mayStartThread } from './export-side.ts';
import type { Pipeline } from '../pipeline.ts';

/** Signals that end a process by default and that are used to end it in an orderly way. */
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

const beforeEnd: ((reason: string) => void)[] = [];

/**
 * Calls back before the last export, when the process is ending for sure: what still has to be written is written there. The callback is
 * given the signal, or `process_exit`.
 */
export function beforeLastExport(callback: (reason: string) => void): void {
  beforeEnd.push(guarded('the last spans of the process', callback));
}

type SignalListener = (signal: string) => void;

/**
 * Exports what is left when the process ends: by itself, by `process.exit()`, by an uncaught error, or by a signal that
 * nobody else listens to. The exit code, or the signal that a parent sees, stays the same.
 *
 * Not covered: `process.reallyExit()`, `process.abort()`, SIGKILL.
 *
 * @param exitTimeoutMs the longest time that the end is put off; 0 = not at all
 * @param whenFirst calls back once when the first span starts: one that has started is to be kept from a signal in the same
 * millisecond. Without spans there is nothing to keep, and a process whose thread is blocked can still be stopped at once.
 */
export function installExit(
  pipeline: Pipeline,
  exitTimeoutMs: number,
  whenFirst: (callback: () => void) => void = pipeline.whenFirst,
): void {
  if (exitTimeoutMs <= 0) return;
  const end = guarded('the export at the end of the process', (reason: string) => {
    for (const callback of beforeEnd) callback(reason);
    pipeline.flushSync(exitTimeoutMs);
  });
  process.on('exit', () => end('process_exit'));
  if (!mayStartThread()) {
    // At `exit` nothing can be sent any more from this thread. A natural end announces itself while it still can.
    process.once(
      'beforeExit',
      guarded('the export before the end of the process', () => void pipeline.flush(exitTimeoutMs)),
    );
  }
  whenFirst(
    guarded('the take-over of signals', () => {
      for (const signal of SIGNALS) hold(signal, () => end(signal));
    }),
  );
}

/**
 * Puts itself between a signal and its default action without being a listener: `process.on` makes Node forget the
 * default action, and an app that counts listeners must not see one that isn't its own. Node takes up a signal in
 * `startListeningIfSignal`, its own listener on `newListener`, and binds the signal to what `process.emit` is at that
 * moment; so a signal comes to us first and goes on to the app's listeners, if there are any by then.
 */
function hold(signal: NodeJS.Signals, flush: () => void): void {
  const take = internalListener('newListener', 'startListeningIfSignal');
  const letGo = internalListener('removeListener', 'stopListeningIfSignal');
  // In worker threads signals are not handled, and neither should a future Node fail us.
  if (take === undefined || letGo === undefined || process.listenerCount(signal) > 0) return;
  const own = Object.getOwnPropertyDescriptor(process, 'emit');
  Object.defineProperty(process, 'emit', {
    configurable: true,
    writable: true,
    value: (type: string, ...rest: unknown[]): boolean => {
      const emit = process.emit as (type: string, ...rest: unknown[]) => boolean;
      if (process.listenerCount(signal) > 0) return emit.call(process, type, ...rest);
      flush();
      letGo(signal);
      process.kill(process.pid, signal);
      return true;
    },
  });
  try {
    take(signal);
  } finally {
    if (own === undefined) delete (process as { emit?: unknown }).emit;
    else Object.defineProperty(process, 'emit', own);
  }
}

function internalListener(event: string, name: string): SignalListener | undefined {
  return process.listeners(event as 'exit').find((listener) => listener.name === name) as
    | SignalListener
    | undefined;
}
