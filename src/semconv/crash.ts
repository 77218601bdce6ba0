import { active } from '../context/active.ts';
import { Operation } from '../operation/operation.ts';
import { errorType } from './error.ts';
import { noteClosed, oldestOpen } from '../operation/entry.ts';
import { FORETRACE_UNFINISHED } from './keys-own.ts';
import { endServed, finishWaiting, NO_RESPONSE, noteError, Served } from './http-server.ts';

/**
 * Ends the spans of all that is being served, for the end of the process: what hung, or was cut off, is what an operator wants to
 * see. `reason` is the error's type.
 */
export function endOpenEntries(reason: string): void {
  for (let entry = oldestOpen(); entry !== undefined; entry = oldestOpen()) {
    try {
      if (entry instanceof Operation) entry.span?.add(FORETRACE_UNFINISHED, true);
      entry.abandon(reason);
    } catch {
      // The next one is as wanted.
    }
    noteClosed(entry);
  }
}

/** The last request whose exception the app handles itself, by a listener or a domain. */
let doubtful: Served | undefined;

/**
 * Ends the span of the request during which the process dies, with the exception on it: it is the one span that an operator
 * looks for. The monitor event only watches; what happens to the exception is the app's business.
 */
export function watchCrashes(): void {
  process.on('uncaughtExceptionMonitor', (error) => {
    try {
      const { entry: request } = active();
      if (request instanceof Operation && !isHandled()) request.end(error);
      if (!(request instanceof Served)) return;
      noteError(request, error);
      if (isHandled()) {
        // The app may still answer the request (restify does), or log and exit.
        if (doubtful === undefined) process.prependListener('exit', endDoubtful);
        doubtful = request;
      } else {
        end(request);
      }
    } catch {
      // The process is ending; nothing of ours may get in the way.
    }
  });
}

function isHandled(): boolean {
  return process.listenerCount('uncaughtException') > 0 || process.hasUncaughtExceptionCaptureCallback();
}

function endDoubtful(): void {
  try {
    if (doubtful !== undefined) end(doubtful);
  } catch {
    // As above.
  }
}

function end(request: Served): void {
  if (!finishWaiting(request)) endServed(request, NO_RESPONSE, errorType(request.error));
}
