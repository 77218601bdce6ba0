import { define, scope } from '../src/define.ts';
import { activeIds, hasLogIds, type LineKeys, logIds, logSink } from '../src/semconv/log.ts';
import { severityOfNumber } from '../src/semconv/severity.ts';

/** A record as it goes to the streams. */
interface BunyanRecord {
  level: number;
  time?: unknown;
  msg?: unknown;
}

const bunyan = scope('foretrace.bunyan');
const STEP = 10;
const KEYS: LineKeys = {
  body: 'msg',
  error: 'err',
  skipped: ['level', 'time', 'pid', 'hostname', 'v'],
};
const SKIPPED = new Set([...KEYS.skipped, KEYS.body]);
const LEVELS: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
};

/** The record is the logger's own copy of what it was given. */
function addIds(record: BunyanRecord): void {
  const ids = logIds();
  if (ids !== undefined && !hasLogIds(record)) Object.assign(record, ids);
}

function send(record: BunyanRecord, line: unknown): void {
  const sink = logSink();
  if (sink === undefined) return;
  const { level } = record;
  const severity = severityOfNumber(level, STEP);
  const label = LEVELS[level] ?? String(level);
  const { time } = record;
  const timeMs = time instanceof Date ? time.getTime() : undefined;
  // With raw streams alone there is no line.
  if (typeof line === 'string') sink.line(bunyan, line, severity, label, KEYS, timeMs, activeIds());
  else
    sink.record(bunyan, {
      severity,
      level: label,
      timeMs,
      message: record.msg,
      fields: record,
      skipped: SKIPPED,
    });
}

export default define({
  name: 'bunyan',
  module: 'bunyan',
  versions: '>=1 <3',
  spans:
    'none: each record is exported, and has its `trace_id`, `span_id` and `trace_flags` if it is written in a span',
  points: [
    {
      target: 'prototype._emit',
      // With `noemit` it only makes a line.
      unless: (_: unknown, [, noemit]: [unknown, unknown]) => Boolean(noemit),
      before: (_: unknown, [record]: [BunyanRecord]) => addIds(record),
      ends: {
        always: true,
        watch(line, _ending, _self, args) {
          send(args[0] as BunyanRecord, line);
          return line;
        },
      },
    },
  ],
});
