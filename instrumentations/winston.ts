import { define, scope } from '../src/define.ts';
import { hasLogIds, logIds, logSink } from '../src/semconv/log.ts';
import { severityOfName } from '../src/semconv/severity.ts';

/** What a logger passes through its formats to its transports. */
interface Info {
  level?: unknown;
  message?: unknown;
  [LEVEL]?: unknown;
}

interface Transport {
  level?: string;
  silent?: boolean;
}

interface Logger {
  level?: string;
  levels?: Record<string, number>;
  silent?: boolean;
  transports?: readonly Transport[];
}

/** The level as it was before formats put colours around it. */
const LEVEL = Symbol.for('level');
const winston = scope('foretrace.winston');
const SKIPPED = new Set(['level', 'message', 'stack', 'timestamp']);

/**
 * The record with the ids of the active span. A copy, since it may be an object, or an error, of the app's: the ids of the first span that it
 * is logged in would be those of all later ones.
 */
function addIds(args: unknown[]): void {
  const [info] = args;
  if (typeof info !== 'object' || info === null || info instanceof Uint8Array) return;
  const ids = logIds();
  if (ids === undefined || hasLogIds(info)) return;
  // What formats ask, such as `instanceof Error`, has the same answer.
  const base = info instanceof Error ? info : Object.getPrototypeOf(info);
  args[0] = Object.assign(Object.create(base), info, ids);
}

/** Whether a transport takes records of a level: the logger itself passes all of them on. */
function isTaken({ level: usual, levels, transports }: Logger, level: string): boolean {
  if (levels === undefined || !Array.isArray(transports)) return true;
  const rank = levels[level];
  return transports.some(
    ({ level: own, silent }: Transport) => silent !== true && !(levels[own ?? usual ?? ''] < rank),
  );
}

/** `info` is what the logger's formats have made of the record; something else if they keep it back. */
function send(logger: Logger, info: Info): void {
  const sink = logSink();
  if (sink === undefined || typeof info !== 'object' || info === null) return;
  const level = info[LEVEL] ?? info.level;
  if (typeof level !== 'string' || logger.silent === true || !isTaken(logger, level)) return;
  sink.record(winston, {
    severity: severityOfName(level),
    level,
    message: info.message,
    fields: info,
    skipped: SKIPPED,
    carriesIds: true,
  });
}

export default define({
  name: 'winston',
  module: 'winston',
  versions: '>=3 <4',
  spans:
    'none: each record is exported, and has its `trace_id`, `span_id` and `trace_flags` if it is written in a span',
  points: [
    {
      file: 'lib/winston/logger.js',
      target: 'prototype.write',
      // `write` of a stream takes records as well; the context is that of the caller only here.
      before: (_: unknown, args: unknown[]) => addIds(args),
    },
    {
      file: 'lib/winston/logger.js',
      target: 'prototype.push',
      before: (self: Logger, [info]: [Info]) => send(self, info),
    },
  ],
});
