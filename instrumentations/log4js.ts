import { define, scope } from '../src/define.ts';
import { hasLogIds, logIds, logSink } from '../src/semconv/log.ts';
import { severityOfName, severityOfNumber } from '../src/semconv/severity.ts';

/** What goes from a logger to the appenders. */
interface LoggingEvent {
  startTime?: unknown;
  categoryName?: unknown;
  data?: unknown;
  level?: { level?: unknown; levelStr?: unknown };
  context?: Record<string, unknown>;
}

const log4js = scope('foretrace.log4js');
const STEP = 10_000;

/** The context is the event's own; layouts show what is in it as `%X{trace_id}`. */
function addIds({ context }: LoggingEvent): void {
  const ids = logIds();
  if (ids !== undefined && typeof context === 'object' && context !== null && !hasLogIds(context))
    Object.assign(context, ids);
}

function send({ startTime, categoryName, data, level, context }: LoggingEvent): void {
  const sink = logSink();
  if (sink === undefined || !Array.isArray(data)) return;
  const name = String(level?.levelStr);
  // Trace is half a step below debug, which is one.
  const severity = severityOfName(name) || severityOfNumber(Number(level?.level) + STEP, STEP);
  sink.record(log4js, {
    severity,
    level: name,
    timeMs: startTime instanceof Date ? startTime.getTime() : undefined,
    args: data,
    fields: { ...context, category: categoryName },
  });
}

export default define({
  name: 'log4js',
  module: 'log4js',
  versions: '>=6 <7',
  spans:
    'none: each record is exported, and has its `trace_id`, `span_id` and `trace_flags` in its context if it is written in a span',
  points: [
    {
      file: 'lib/clustering.js',
      target: 'send',
      before(_: unknown, [event]: [LoggingEvent]) {
        addIds(event);
        send(event);
      },
    },
  ],
});
