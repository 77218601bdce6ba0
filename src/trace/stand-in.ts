import type {
  Exception,
  Link,
  Span as ApiSpan,
  SpanContext,
  SpanStatus,
  TimeInput,
} from '@opentelemetry/api';
import type { Span } from './span.ts';

const INVALID: SpanContext = { traceId: '0'.repeat(32), spanId: '0'.repeat(16), traceFlags: 0 };

/**
 * What the app gets for a span that is not made: it has the ids of the span that it would have been below, so that links and headers
 * of the app lead somewhere, and keeps nothing. In a context its place is taken by that span.
 */
export class StandIn implements ApiSpan {
  /** The span in whose place this one is; undefined outside of any. */
  readonly span: Span | undefined;
  protected ended: boolean;

  constructor(span: Span | undefined) {
    this.span = span;
    this.ended = false;
  }

  spanContext(): SpanContext {
    return this.span === undefined ? INVALID : this.span.spanContext();
  }
  isRecording(): boolean {
    return this.span !== undefined && !this.ended && !this.span.ended;
  }
  end(): void {
    this.ended = true;
  }
  setAttribute(_name: string, _value: unknown): this {
    return this;
  }
  setAttributes(_attributes: Record<string, unknown>): this {
    return this;
  }
  addEvent(_name: string, _attributesOrTime?: unknown, _time?: TimeInput): this {
    return this;
  }
  addLink(_link: Link): this {
    return this;
  }
  addLinks(_links: Link[]): this {
    return this;
  }
  setStatus(_status: SpanStatus): this {
    return this;
  }
  updateName(_name: string): this {
    return this;
  }
  recordException(_exception: Exception, _time?: TimeInput): void {}
}

/** Stands for the span of a call whose headers are set already: injecting it sets none. */
export class SecondSpan extends StandIn {}

/** The span that belongs in a context: the app may put there what stands for another. */
export function standsFor<S>(span: S): S | Span | undefined {
  return span instanceof StandIn && !(span instanceof SecondSpan) ? span.span : span;
}
