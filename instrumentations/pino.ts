import { define, scope } from '../src/define.ts';
import { activeIds, type LineKeys, logSink, withLogIds } from '../src/semconv/log.ts';
import { severityOfNumber } from '../src/semconv/severity.ts';

/** A logger of pino, as far as it is looked at. */
interface Logger {
  levels?: { labels?: Record<number, string> };
  [symbol: symbol]: unknown;
}

const pino = scope('foretrace.pino');
const STEP = 10;
const SKIPPED = ['level', 'time', 'pid', 'hostname', 'v'];

/** By message and error key: an app has one or two. */
const known = new Map<string, LineKeys>();
let messageKey: symbol | undefined;
let errorKey: symbol | undefined;

/** The symbols under which each copy of pino keeps its options. */
function findSymbols(self: Logger): void {
  messageKey = undefined;
  errorKey = undefined;
  for (let one: object | null = self; one !== null; one = Object.getPrototypeOf(one)) {
    for (const symbol of Object.getOwnPropertySymbols(one)) {
      if (symbol.description === 'pino.messageKey') messageKey ??= symbol;
      else if (symbol.description === 'pino.errorKey') errorKey ??= symbol;
    }
  }
}

function keysOf(self: Logger): LineKeys {
  if (messageKey === undefined || self[messageKey] === undefined) findSymbols(self);
  const body = messageKey === undefined ? 'msg' : String(self[messageKey]);
  // Before version 8 it is no option.
  const error = errorKey === undefined ? 'err' : String(self[errorKey] ?? 'err');
  const name = error === 'err' ? body : `${body} ${error}`;
  let keys = known.get(name);
  if (keys === undefined) {
    keys = { body, error, skipped: SKIPPED };
    known.set(name, keys);
  }
  return keys;
}

const TIME = ',"time":';

/** Of `,"time":1700000000000`; undefined where the app has another timestamp, or none. */
function timeOf(text: unknown): number | undefined {
  if (typeof text !== 'string' || !text.startsWith(TIME)) return undefined;
  let ms = 0;
  for (let i = TIME.length; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return undefined;
    ms = ms * 10 + digit;
  }
  return ms;
}

function written(line: string, self: Logger, level: number, time: unknown): string {
  const sink = logSink();
  const ids = activeIds();
  if (sink === undefined) return withLogIds(line, ids, false);
  const label = self.levels?.labels?.[level] ?? String(level);
  const severity = severityOfNumber(level, STEP);
  const isFree = sink.line(pino, line, severity, label, keysOf(self), timeOf(time), ids);
  return withLogIds(line, ids, isFree);
}

export default define({
  name: 'pino',
  module: 'pino',
  versions: '>=5 <11',
  spans:
    'none: each record is exported, and has its `trace_id`, `span_id` and `trace_flags` if it is written in a span',
  points: [
    // What every logger makes its lines with. A mixin of ours would get in the way of the app's own, of its formatters and serializers.
    {
      file: 'lib/tools.js',
      target: 'asJson',
      ends: {
        always: true,
        watch: (line, _, self, args) => written(line as string, self as Logger, args[2] as number, args[3]),
      },
    },
  ],
});
