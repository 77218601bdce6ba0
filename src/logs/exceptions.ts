import type { Config } from '../config/table.ts';
import { setCrashSeen } from '../semconv/crash.ts';
import { ERROR, FATAL } from '../semconv/severity.ts';
import { SCHEMA_URL } from '../semconv/schema.ts';
import { activeIds } from '../semconv/log.ts';
import { scope } from '../trace/scope.ts';
import { setExceptionLog } from '../trace/span.ts';
import { VERSION } from '../version.ts';
import type { Sink } from './sink.ts';

const EVENT = 'exception';
const uncaught = scope('foretrace.exceptions', VERSION, SCHEMA_URL);

/** Exceptions as log records: those that nothing catches, and, as `OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN` says, those of spans. */
export function recordExceptions(sink: Sink, signal: Config['logs']['exceptions']): void {
  setCrashSeen((error) => {
    if (!sink.isEnabled(FATAL)) return;
    sink.plain(uncaught, {
      severity: FATAL,
      level: 'FATAL',
      body: undefined,
      attributes: [],
      exception: error,
      dropped: 0,
      eventName: EVENT,
      span: activeIds(),
    });
  });
  if (signal === 'events') return;
  setExceptionLog((span, exception) => {
    if (!sink.isEnabled(ERROR)) return signal === 'logs';
    sink.plain(span.scope, {
      severity: ERROR,
      level: 'ERROR',
      body: undefined,
      attributes: [],
      exception,
      dropped: 0,
      eventName: EVENT,
      span,
    });
    return signal === 'logs';
  });
}
