import { format } from 'node:util';
import type { Config } from '../config/table.ts';
import { active } from '../context/active.ts';
import { ALL } from '../context/layers.ts';
import { parseHex32 } from '../encode/hex.ts';
import {
  beginLog,
  endLog,
  logAttribute,
  logBody,
  logEventName,
  type LogHead,
  type LogSpan,
} from '../encode/log.ts';
import { exchangeTextLength, position, rewind, scratch } from '../encode/writer.ts';
import { reportFailure } from '../guard.ts';
import { exceptionAttributes } from '../redact/exception.ts';
import {
  activeIds,
  hasLogIds,
  type LineKeys,
  type LoggedRecord,
  type LogSink,
  logNames,
} from '../semconv/log.ts';
import { clockAt, now } from '../trace/clock.ts';
import type { Scope } from '../trace/scope.ts';
import type { SpanIds } from '../trace/span-context.ts';
import { namesOf, propertyOf } from '../trace/value.ts';
import { beginCopies, copied, isAttributeName, textCopy } from './copy.ts';
import { type LineNames, lineNames, passed, writeLine } from './line.ts';

/** Takes the bytes of a record. */
export type WriteLog = (scope: Scope, bytes: Uint8Array, length: number) => void;

/** A record that is ready to be encoded: all of it is ours. */
export interface PlainRecord {
  readonly severity: number;
  readonly level: string | undefined;
  readonly body: unknown;
  /** Name and value by turns. */
  readonly attributes: readonly unknown[];
  readonly exception?: unknown;
  readonly dropped: number;
  readonly eventName?: string;
  readonly span: LogSpan | undefined;
  /** In ms since the epoch; undefined = now. */
  readonly timeMs?: number;
}

/** The sink with what other makers of records need. */
export interface Sink extends LogSink {
  /** Whether records of a severity are sent from here and now. */
  isEnabled(severity: number): boolean;
  plain(scope: Scope, record: PlainRecord): void;
  readonly attributeCount: number;
  readonly attributeValueLength: number;
}

const TWO_32 = 0x1_0000_0000;
/** Times that differ less from ours are the same, and ours tells more of it. */
const SAME_MS = 2;
/** What loggers and apps call the field of an error. */
const ERROR_NAMES = ['err', 'error', 'exception'];

const head: LogHead = {
  high: 0,
  low: 0,
  observedHigh: 0,
  observedLow: 0,
  severity: 0,
  severityText: undefined,
};

/** Makes records of what is logged on this thread, and writes their bytes. */
export function createSink(
  { level, attributeCount, attributeValueLength }: Config['logs'],
  write: WriteLog,
): Sink {
  const known = new Map<LineKeys, LineNames>();

  function isEnabled(severity: number): boolean {
    return (severity === 0 || severity >= level) && active().suppressed !== ALL;
  }

  function linesOf(keys: LineKeys): LineNames {
    let names = known.get(keys);
    if (names === undefined) {
      names = lineNames(keys.skipped, logNames(), keys.body, [keys.error, ...ERROR_NAMES]);
      known.set(keys, names);
    }
    return names;
  }

  function line(
    scope: Scope,
    text: string,
    severity: number,
    levelName: string,
    keys: LineKeys,
    timeMs: number | undefined,
    span: SpanIds | undefined,
  ): boolean {
    if (!isEnabled(severity)) return false;
    try {
      begin(severity, levelName, span, timeMs);
      const start = position();
      const end = writeLine(text, start, linesOf(keys), attributeCount, attributeValueLength);
      if (end >= 0) {
        rewind(end);
        write(scope, scratch(), endLog(passed.dropped));
        return !passed.hasIds;
      }
      const fields = parsed(text);
      if (fields === undefined) {
        const body = textCopy(text);
        plain(scope, {
          severity,
          level: levelName,
          body,
          attributes: [],
          dropped: 0,
          span,
          timeMs,
        });
        return false;
      }
      const skipped = new Set(keys.skipped);
      skipped.add(keys.body);
      of(
        scope,
        { severity, level: levelName, message: fields[keys.body], fields, skipped, timeMs },
        keys.error,
      );
    } catch (failure) {
      reportFailure('a log record', failure);
    }
    return false;
  }

  function record(scope: Scope, logged: LoggedRecord): void {
    if (!isEnabled(logged.severity)) return;
    try {
      of(scope, logged, undefined);
    } catch (failure) {
      reportFailure('a log record', failure);
    }
  }

  function of(scope: Scope, logged: LoggedRecord, errorName: string | undefined): void {
    const { severity, level: levelName, message, args, fields, skipped, carriesIds } = logged;
    beginCopies(attributeValueLength);
    const attributes: unknown[] = [];
    let dropped = 0;
    let exception: unknown;
    const ids = logNames();
    if (fields !== undefined) {
      for (const name of namesOf(fields)) {
        if (skipped?.has(name) === true || ids.includes(name)) continue;
        const value = propertyOf(fields, name);
        if (exception === undefined && (name === errorName || ERROR_NAMES.includes(name))) {
          exception = thrown(value);
          if (exception !== undefined) {
            const rest = besides(value as object);
            if (rest !== undefined) attributes.push(name, rest);
            continue;
          }
        }
        if (attributes.length >= attributeCount * 2) {
          dropped++;
          continue;
        }
        const kept = isAttributeName(name) ? copied(value, name) : undefined;
        if (kept !== undefined) attributes.push(name, kept);
      }
    }
    // Not enumerable where a logger was given the error itself.
    if (exception === undefined && fields !== undefined) exception = thrown(fields);
    exception ??= args?.find((one) => one instanceof Error);
    plain(scope, {
      severity,
      level: levelName,
      body: args === undefined ? bodyOf(message) : formatted(args),
      attributes,
      exception,
      dropped,
      span: (carriesIds === true ? idsIn(fields as object) : undefined) ?? activeIds(),
      timeMs: logged.timeMs,
    });
  }

  function plain(scope: Scope, { body, attributes, exception, ...rest }: PlainRecord): void {
    const about = exception === undefined ? undefined : exceptionAttributes(exception);
    const former = exchangeTextLength(Infinity);
    try {
      begin(rest.severity, rest.level, rest.span, rest.timeMs);
      logBody(quotes(about, exception, body) ? about?.['exception.type'] : body);
      if (rest.eventName !== undefined) logEventName(rest.eventName);
      let { dropped } = rest;
      if (about !== undefined)
        for (const name of EXCEPTION) if (about[name] !== undefined) logAttribute(name, about[name]);
      for (let i = 0; i < attributes.length; i += 2)
        if (!logAttribute(attributes[i] as string, attributes[i + 1])) dropped++;
      write(scope, scratch(), endLog(dropped));
    } finally {
      exchangeTextLength(former);
    }
  }

  return { isEnabled, line, record, plain, attributeCount, attributeValueLength };
}

const EXCEPTION = ['exception.type', 'exception.message', 'exception.stacktrace'] as const;

/** Whether the body is the text of an exception whose text is not sent. */
function quotes(about: ReturnType<typeof exceptionAttributes>, exception: unknown, body: unknown): boolean {
  if (about === undefined || about['exception.message'] !== undefined || typeof body !== 'string')
    return false;
  const message = propertyOf(exception as object, 'message');
  return typeof message === 'string' && message !== '' && body.includes(message);
}

function begin(
  severity: number,
  levelName: string | undefined,
  span: LogSpan | undefined,
  timeMs: number | undefined,
): void {
  const ms = now();
  const clock = clockAt(ms);
  const ns = clock.low + ms * 1e6;
  head.observedHigh = clock.high + Math.floor(ns / TWO_32);
  head.observedLow = ns - Math.floor(ns / TWO_32) * TWO_32;
  if (timeMs === undefined || !(Math.abs(clock.originMs + ms - timeMs) > SAME_MS) || !(timeMs >= 0)) {
    head.high = head.observedHigh;
    head.low = head.observedLow;
  } else {
    const given = BigInt(Math.floor(timeMs * 1e3)) * 1_000n;
    head.high = Number((given >> 32n) & 0x7fffffffn);
    head.low = Number(given & 0xffffffffn);
  }
  head.severity = severity;
  head.severityText = levelName;
  beginLog(head, span);
}

/** A line that is longer is sent as text, as far as there is room. */
const MAX_PARSED = 32 * 1_048_576;

/** A line that was not simple: what is in it; undefined if it is no object. */
function parsed(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = line.length > MAX_PARSED ? undefined : JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** What loggers make of an error. */
interface Serialized {
  type?: unknown;
  name?: unknown;
  message?: unknown;
  stack?: unknown;
  code?: unknown;
}

/** The exception that a value is, or was before a logger has made an object of it; undefined if it is none. */
function thrown(value: unknown): unknown {
  try {
    if (value instanceof Error) return value;
    if (typeof value !== 'object' || value === null) return undefined;
    const { type, name, message, stack, code } = value as Serialized;
    if (typeof stack !== 'string' || typeof message !== 'string') return undefined;
    const given = typeof type === 'string' ? type : typeof name === 'string' ? name : nameIn(stack);
    return { name: given, message: ownMessage(message, stack), stack, code };
  } catch {
    return undefined;
  }
}

/** What the error itself says, where a logger has put its own text before it. */
function ownMessage(message: string, stack: string): string {
  const said = /^[^:\n]{1,128}: ([^\n]*)/.exec(stack.slice(0, 1_024))?.[1];
  return said !== undefined && said !== '' && message.endsWith(` ${said}`) ? said : message;
}

/** `TypeError` of `TypeError: text`. */
function nameIn(stack: string): string | undefined {
  return /^(?:Uncaught )?([\w$.]{1,128})(?::|\n|$)/.exec(stack.slice(0, 200))?.[1];
}

const OF_EXCEPTION = new Set(['type', 'name', 'message', 'stack']);

/** What an error has beside the fields of every error. */
function besides(value: object): unknown {
  const rest: Record<string, unknown> = Object.create(null);
  let count = 0;
  try {
    for (const name of namesOf(value)) {
      if (OF_EXCEPTION.has(name)) continue;
      const kept = copied(propertyOf(value, name), name);
      if (kept === undefined) continue;
      rest[name] = kept;
      count++;
    }
  } catch {
    // A proxy of the app's.
  }
  return count === 0 ? undefined : rest;
}

const COLORS = new RegExp(String.raw`\u001B\[[\d;]*m`, 'g');

function bodyOf(message: unknown): unknown {
  if (typeof message !== 'string') {
    if (message instanceof Error) return textCopy(String(propertyOf(message, 'message')));
    return copied(message);
  }
  const text = textCopy(message);
  return text.includes('\u001B') ? text.replaceAll(COLORS, '') : text;
}

/** Arguments of a logger as it formats them. */
function formatted(args: readonly unknown[]): unknown {
  const shown = args.map((one) => (one instanceof Error ? propertyOf(one, 'message') : one));
  if (shown.length === 1) return bodyOf(shown[0]);
  try {
    return bodyOf(format(...shown));
  } catch {
    return undefined;
  }
}

/** The ids that were put into a record. */
function idsIn(record: object): LogSpan | undefined {
  if (!hasLogIds(record)) return undefined;
  const [traceId, spanId, flags] = logNames().map((name) => propertyOf(record, name));
  if (typeof traceId !== 'string' || typeof spanId !== 'string') return undefined;
  if (traceId.length !== 32 || spanId.length !== 16) return undefined;
  const ids: Omit<SpanIds, 'traceState'> = {
    t0: parseHex32(traceId, 0),
    t1: parseHex32(traceId, 8),
    t2: parseHex32(traceId, 16),
    t3: parseHex32(traceId, 24),
    s0: parseHex32(spanId, 0),
    s1: parseHex32(spanId, 8),
    flags: Number.parseInt(String(flags), 16) || 0,
  };
  return Number.isNaN(ids.t0 + ids.t1 + ids.t2 + ids.t3 + ids.s0 + ids.s1) ? undefined : ids;
}
