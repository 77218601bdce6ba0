import type { Baggage, Context as ApiContext, Span as ApiSpan } from '@opentelemetry/api';
import { baggageFromHeader } from '../propagate/baggage.ts';
import type { Span } from '../trace/span.ts';
import type { NonRecordingSpan } from '../trace/span-context.ts';
import { ALL, NONE } from './layers.ts';
import { standsFor } from '../trace/stand-in.ts';

// The API makes its keys with Symbol.for, so these are the same in every version of it.
export const SPAN_KEY = Symbol.for('OpenTelemetry Context Key SPAN');
export const BAGGAGE_KEY = Symbol.for('OpenTelemetry Baggage Key');
export const SUPPRESS_KEY = Symbol.for('OpenTelemetry SDK Context Key SUPPRESS_TRACING');

/** What another process has asked this one for: a request, a message, a call. Shared by all contexts that are made while it is served. */
export interface Entry {
  /** Its span; undefined if it is not recorded. */
  readonly span: Span | undefined;
}

/**
 * Our implementation of the API's `Context`: the values that every request needs are fields, so that a child context is one
 * small object. (The API's own copies a Map and makes three closures for each value set.)
 */
export class Context implements ApiContext {
  readonly span: Span | NonRecordingSpan | ApiSpan | undefined;
  readonly entry: Entry | undefined;
  /** The header text as received, or the parsed form once an app has set one. */
  readonly baggage: string | Baggage | undefined;
  /** The layers of `layers.ts` whose operations make no spans. */
  readonly suppressed: number;
  readonly values: ReadonlyMap<symbol, unknown> | undefined;
  /** A context that is not ours (the API's ROOT_CONTEXT and its children), which this one stands for. */
  readonly foreign: ApiContext | undefined;

  constructor(
    span: Span | NonRecordingSpan | ApiSpan | undefined,
    entry: Entry | undefined,
    baggage: string | Baggage | undefined,
    suppressed: number,
    values: ReadonlyMap<symbol, unknown> | undefined,
    foreign: ApiContext | undefined,
  ) {
    this.span = span;
    this.entry = entry;
    this.baggage = baggage;
    this.suppressed = suppressed;
    this.values = values;
    this.foreign = foreign;
  }

  getValue(key: symbol): unknown {
    if (key === SPAN_KEY) return this.span;
    if (key === BAGGAGE_KEY) {
      return typeof this.baggage === 'string' ? baggageFromHeader(this.baggage) : this.baggage;
    }
    if (key === SUPPRESS_KEY) return this.suppressed === ALL || undefined;
    return this.values?.get(key);
  }

  setValue(key: symbol, value: unknown): Context {
    const { span, entry, baggage, suppressed, values } = this;
    if (key === SPAN_KEY)
      return new Context(standsFor(value as ApiSpan), entry, baggage, suppressed, values, undefined);
    if (key === BAGGAGE_KEY) {
      return new Context(span, entry, value as Baggage, suppressed, values, undefined);
    }
    if (key === SUPPRESS_KEY)
      return new Context(span, entry, baggage, value === true ? ALL : NONE, values, undefined);
    const next = new Map(values);
    next.set(key, value);
    return new Context(span, entry, baggage, suppressed, next, undefined);
  }

  /** The same with further layers suppressed. */
  suppress(layers: number): Context {
    const { span, entry, baggage, suppressed, values } = this;
    return new Context(span, entry, baggage, suppressed | layers, values, undefined);
  }

  deleteValue(key: symbol): Context {
    if (key === SPAN_KEY || key === BAGGAGE_KEY || key === SUPPRESS_KEY) return this.setValue(key, undefined);
    const next = new Map(this.values);
    next.delete(key);
    return new Context(this.span, this.entry, this.baggage, this.suppressed, next, undefined);
  }
}

export const ROOT = new Context(undefined, undefined, undefined, NONE, undefined, undefined);
