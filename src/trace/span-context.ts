import type { Span as ApiSpan, SpanContext, TraceState } from '@opentelemetry/api';
import { parseTracestate } from '../propagate/tracecontext.ts';
import { parseHex32, spanIdHex, traceIdHex } from '../encode/hex.ts';
import { traceState } from './trace-state.ts';

/** What a child needs to know of its parent, whoever made it. Ids are int32, most significant first. */
export interface SpanIds {
  readonly t0: number;
  readonly t1: number;
  readonly t2: number;
  readonly t3: number;
  readonly s0: number;
  readonly s1: number;
  readonly flags: number;
  /** The `tracestate` header as it came. */
  readonly traceState: string | undefined;
}

/** Ids of a span that this process doesn't record: dropped by the sampler, or another process's. */
export class NonRecordingSpan implements ApiSpan, SpanIds {
  readonly t0: number;
  readonly t1: number;
  readonly t2: number;
  readonly t3: number;
  readonly s0: number;
  readonly s1: number;
  readonly flags: number;
  readonly traceState: string | undefined;
  readonly isRemote: boolean;

  constructor(
    t0: number,
    t1: number,
    t2: number,
    t3: number,
    s0: number,
    s1: number,
    flags: number,
    traceState: string | undefined,
    isRemote: boolean,
  ) {
    this.t0 = t0;
    this.t1 = t1;
    this.t2 = t2;
    this.t3 = t3;
    this.s0 = s0;
    this.s1 = s1;
    this.flags = flags;
    this.traceState = traceState;
    this.isRemote = isRemote;
  }

  spanContext(): SpanContext {
    return spanContextOf(this, this.isRemote);
  }
  setAttribute(): this {
    return this;
  }
  setAttributes(): this {
    return this;
  }
  addEvent(): this {
    return this;
  }
  addLink(): this {
    return this;
  }
  addLinks(): this {
    return this;
  }
  setStatus(): this {
    return this;
  }
  updateName(): this {
    return this;
  }
  end(): void {}
  isRecording(): boolean {
    return false;
  }
  recordException(): void {}
}

/**
 * The span of a suppressed context, which is nobody's parent and travels nowhere: what starts under it once the suppression is over
 * is a trace of its own, with a decision of its own.
 */
export const NO_SPAN = new NonRecordingSpan(0, 0, 0, 0, 0, 0, 0, undefined, false);

/** In place of a parent: the caller names none and asks that nothing be recorded (`b3: 0`). */
export const DENIED = new NonRecordingSpan(0, 0, 0, 0, 0, 0, 0, undefined, true);

/** The API's form of ids. */
export function spanContextOf(ids: SpanIds, isRemote: boolean): SpanContext {
  const context: SpanContext = {
    traceId: traceIdHex(ids.t0, ids.t1, ids.t2, ids.t3),
    spanId: spanIdHex(ids.s0, ids.s1),
    traceFlags: ids.flags & 0xff,
  };
  if (isRemote) context.isRemote = true;
  if (ids.traceState !== undefined && ids.traceState !== '') context.traceState = traceState(ids.traceState);
  return context;
}

/** Ids from a `SpanContext` of any implementation of the API; undefined if they are not valid ids. */
export function idsOf(context: SpanContext | undefined): SpanIds | undefined {
  if (context === undefined || context === null) return undefined;
  const { traceId, spanId } = context;
  if (typeof traceId !== 'string' || traceId.length !== 32) return undefined;
  if (typeof spanId !== 'string' || spanId.length !== 16) return undefined;
  const t0 = parseHex32(traceId, 0);
  const t1 = parseHex32(traceId, 8);
  const t2 = parseHex32(traceId, 16);
  const t3 = parseHex32(traceId, 24);
  const s0 = parseHex32(spanId, 0);
  const s1 = parseHex32(spanId, 8);
  if (Number.isNaN(t0 + t1 + t2 + t3 + s0 + s1)) return undefined;
  if ((t0 | t1 | t2 | t3) === 0 || (s0 | s1) === 0) return undefined;
  const state = serialized(context.traceState);
  return new NonRecordingSpan(
    t0,
    t1,
    t2,
    t3,
    s0,
    s1,
    context.traceFlags & 0xff,
    state,
    context.isRemote === true,
  );
}

function serialized(state: TraceState | undefined): string | undefined {
  if (typeof state?.serialize !== 'function') return undefined;
  try {
    // Whoever made it: it becomes a header.
    return parseTracestate(state.serialize());
  } catch {
    return undefined;
  }
}
