import { writeSync } from 'node:fs';
import { printable } from './printable.ts';

/** The levels of `OTEL_LOG_LEVEL`, from silent to chatty. */
export const LOG_LEVELS = ['none', 'error', 'warn', 'info', 'debug', 'verbose', 'all'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

let threshold = LOG_LEVELS.indexOf('warn');

/** Lines above this level are dropped. */
export function setLogLevel(level: LogLevel): void {
  threshold = LOG_LEVELS.indexOf(level);
}

/** The level that holds now. */
export function currentLogLevel(): LogLevel {
  return LOG_LEVELS[threshold]!;
}

/**
 * Writes one line to stderr. A synchronous write to the descriptor, not `process.stderr` or `console`: those initialise
 * a stream (and a TTY handle) that the app might never have had, and lines of an exiting process would be lost.
 */
function line(level: LogLevel, message: string): void {
  if (LOG_LEVELS.indexOf(level) > threshold) return;
  try {
    writeSync(2, `foretrace: ${printable(message)}\n`);
  } catch {
    // A closed or full stderr is no reason to disturb the app.
  }
}

export const log = {
  error: (message: string): void => line('error', message),
  warn: (message: string): void => line('warn', message),
  info: (message: string): void => line('info', message),
  debug: (message: string): void => line('debug', message),
};
