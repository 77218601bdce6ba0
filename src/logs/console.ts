import { reportFailure } from '../guard.ts';
import { SCHEMA_URL } from '../semconv/schema.ts';
import { severityOfName } from '../semconv/severity.ts';
import { scope } from '../trace/scope.ts';
import { VERSION } from '../version.ts';
import { wrap } from '../wrap.ts';
import type { Sink } from './sink.ts';

const written = scope('foretrace.console', VERSION, SCHEMA_URL);
const METHODS = ['trace', 'debug', 'log', 'info', 'warn', 'error'] as const;

/** Makes records of what the app writes with the global console. */
export function captureConsole(sink: Sink): void {
  /** Methods of the console are made of each other: `trace` calls `error`. */
  let isInside = false;
  for (const method of METHODS) {
    const severity = severityOfName(method);
    wrap(console, method, (original: (...args: unknown[]) => unknown) => {
      return function (this: unknown, ...args: unknown[]) {
        if (isInside) return Reflect.apply(original, this, args);
        isInside = true;
        try {
          if (args.length > 0) sink.record(written, { severity, level: method, args });
        } catch (failure) {
          reportFailure('console', failure);
        }
        try {
          return Reflect.apply(original, this, args);
        } finally {
          isInside = false;
        }
      };
    });
  }
}
