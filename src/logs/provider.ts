import type { Context as ApiContext } from '@opentelemetry/api';
import { active, adopt } from '../context/active.ts';
import { reportFailure } from '../guard.ts';
import { parentIds } from '../operation/start.ts';
import { clockAt, monotonic, now } from '../trace/clock.ts';
import { type Scope, scope } from '../trace/scope.ts';
import { DENIED, NO_SPAN, type SpanIds } from '../trace/span-context.ts';
import { namesOf, propertyOf } from '../trace/value.ts';
import { beginCopies, copied, isAttributeName, textCopy } from './copy.ts';
import type { Sink } from './sink.ts';

/** A record as `@opentelemetry/api-logs` has it; an app may give anything. */
interface ApiLogRecord {
  eventName?: unknown;
  timestamp?: unknown;
  severityNumber?: unknown;
  severityText?: unknown;
  body?: unknown;
  attributes?: unknown;
  exception?: unknown;
  context?: ApiContext;
}

/** `Logger` of `@opentelemetry/api-logs`. */
interface ApiLogger {
  emit(record: ApiLogRecord): void;
  enabled(options?: { context?: ApiContext; severityNumber?: unknown }): boolean;
}

/** `LoggerProvider` of `@opentelemetry/api-logs`, with what scripts call on OpenTelemetry's own. */
export interface ApiLoggerProvider {
  getLogger(name: unknown, version?: unknown, options?: { schemaUrl?: unknown }): ApiLogger;
  forceFlush(): Promise<void>;
  shutdown(): Promise<void>;
}

export function loggerProvider(sink: Sink, flush: () => Promise<unknown>): ApiLoggerProvider {
  const flushed = async (): Promise<void> => void (await flush());
  return {
    getLogger: (name, version, options) =>
      logger(sink, scope(textOf(name) ?? '', textOf(version), textOf(options?.schemaUrl))),
    forceFlush: flushed,
    // The pipeline is the tracer provider's as well, whose spans go on.
    shutdown: flushed,
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function severityOf(value: unknown): number {
  return Number.isInteger(value) && (value as number) > 0 && (value as number) <= 24 ? (value as number) : 0;
}

function logger(sink: Sink, of: Scope): ApiLogger {
  return {
    emit(record) {
      try {
        emit(record);
      } catch (failure) {
        reportFailure('a log record of the API', failure);
      }
    },
    enabled: (options) => sink.isEnabled(severityOf(options?.severityNumber)),
  };

  function emit(record: ApiLogRecord): void {
    if (typeof record !== 'object' || record === null) return;
    const severity = severityOf(propertyOf(record, 'severityNumber'));
    if (!sink.isEnabled(severity)) return;
    beginCopies(sink.attributeValueLength);
    const body = propertyOf(record, 'body');
    const { attributes, dropped } = attributesOf(propertyOf(record, 'attributes'));
    sink.plain(of, {
      severity,
      level: textOf(propertyOf(record, 'severityText'))?.slice(0, 128),
      body: typeof body === 'string' ? textCopy(body) : copied(body),
      attributes,
      dropped,
      exception: propertyOf(record, 'exception') ?? undefined,
      eventName: textOf(propertyOf(record, 'eventName'))?.slice(0, 1_024),
      span: idsOf(propertyOf(record, 'context') as ApiContext | undefined),
      timeMs: wallTime(propertyOf(record, 'timestamp')),
    });
  }

  function attributesOf(given: unknown): { attributes: unknown[]; dropped: number } {
    const attributes: unknown[] = [];
    let dropped = 0;
    if (typeof given !== 'object' || given === null) return { attributes, dropped };
    for (const name of namesOf(given)) {
      const value =
        attributes.length < sink.attributeCount * 2 ? copied(propertyOf(given, name), name) : undefined;
      if (value === undefined || !isAttributeName(name)) dropped++;
      else attributes.push(name, value);
    }
    return { attributes, dropped };
  }
}

function idsOf(context: ApiContext | undefined): SpanIds | undefined {
  const ids = parentIds(context === undefined ? active() : adopt(context));
  return ids === NO_SPAN || ids === DENIED ? undefined : ids;
}

/** A time of the API's in ms since the epoch. */
function wallTime(time: unknown): number | undefined {
  if (time === undefined) return undefined;
  const clock = clockAt(now());
  const ms = monotonic(time, clock);
  return ms === undefined ? undefined : clock.originMs + ms;
}
