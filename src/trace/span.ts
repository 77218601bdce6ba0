import type {
  Exception,
  Link,
  Span as ApiSpan,
  SpanContext,
  SpanStatus,
  TimeInput,
} from '@opentelemetry/api';
import { bounded } from '../encode/flat-copy.ts';
import type { Key } from '../encode/key.ts';
import {
  type Block,
  type EncodableEvent,
  type EncodableLink,
  type EncodableSpan,
  encodeSpan,
} from '../encode/span.ts';
import { scratch } from '../encode/writer.ts';
import { reportFailure } from '../guard.ts';
import { DEBUG } from '../propagate/types.ts';
import { exceptionAttributes, statusText } from '../redact/exception.ts';
import { type Clock, monotonic, now } from './clock.ts';
import { hold } from './hold.ts';
import { limits } from './limits.ts';
import type { Scope } from './scope.ts';
import { idsOf, NO_SPAN, type SpanIds, spanContextOf } from './span-context.ts';
import { isName, namesOf, propertyOf, snapshot } from './value.ts';

/** OTLP's span kinds: the API's plus one. */
export const INTERNAL = 1;
export const SERVER = 2;
export const CLIENT = 3;
export const PRODUCER = 4;
export const CONSUMER = 5;

export const SAMPLED = 0x01;
/** OTLP flags: whether it is known that the parent is remote, and that it is. */
const HAS_IS_REMOTE = 0x100;
const IS_REMOTE = 0x200;

const STATUS_ERROR = 2;
const TWO_32 = 0x1_0000_0000;
const MAX_NAME_LENGTH = 1_024;

/** Takes the bytes of a finished span; false = it was dropped. */
export type Sink = (scope: Scope, bytes: Uint8Array, length: number) => void;

/** Undefined with `OTEL_TRACES_EXPORTER=none`: spans live and are passed on, but nobody wants their bytes. */
let sink: Sink | undefined;

export function setSink(next: Sink): void {
  sink = next;
}

/** Called with the exceptions that the app records on spans of its own. */
let exceptionSeen: ((exception: unknown) => void) | undefined;

export function setExceptionSeen(seen: (exception: unknown) => void): void {
  exceptionSeen = seen;
}

/** See `useSharedBuffer`. */
const LAST: unknown[] = Array.from({ length: 32 });

/**
 * A recorded span: one flat object whose fields are all set by the constructor, in one order. It implements the API's
 * `Span`, so an app that asks for the active span gets this very object.
 */
export class Span implements ApiSpan, SpanIds, EncodableSpan {
  readonly t0: number;
  readonly t1: number;
  readonly t2: number;
  readonly t3: number;
  readonly s0: number;
  readonly s1: number;
  readonly p0: number;
  readonly p1: number;
  readonly flags: number;
  readonly kind: number;
  scope: Scope;
  readonly traceState: string | undefined;
  readonly clock: Clock;
  readonly startMs: number;
  name: string;
  own: unknown[] | undefined;
  ownLength: number;
  user: unknown[] | undefined;
  droppedAttributes: number;
  events: EncodableEvent[] | undefined;
  droppedEvents: number;
  links: EncodableLink[] | undefined;
  droppedLinks: number;
  status: number;
  statusMessage: string | undefined;
  ended: boolean;

  constructor(
    scope: Scope,
    name: string,
    kind: number,
    ids: { t0: number; t1: number; t2: number; t3: number; flags: number; traceState: string | undefined },
    s0: number,
    s1: number,
    p0: number,
    p1: number,
    parentIsRemote: boolean,
    clock: Clock,
    startMs: number,
  ) {
    this.t0 = ids.t0;
    this.t1 = ids.t1;
    this.t2 = ids.t2;
    this.t3 = ids.t3;
    this.s0 = s0;
    this.s1 = s1;
    this.p0 = p0;
    this.p1 = p1;
    this.flags = (ids.flags & (0xff | DEBUG)) | HAS_IS_REMOTE | (parentIsRemote ? IS_REMOTE : 0);
    this.kind = kind;
    this.scope = scope;
    this.traceState = ids.traceState;
    this.clock = clock;
    this.startMs = startMs;
    this.name = name;
    this.own = undefined;
    this.ownLength = 0;
    this.user = undefined;
    this.droppedAttributes = 0;
    this.events = undefined;
    this.droppedEvents = 0;
    this.links = undefined;
    this.droppedLinks = 0;
    this.status = 0;
    this.statusMessage = undefined;
    this.ended = false;
  }

  // What instrumentations use.

  /** Adds an attribute of ours; `undefined` adds nothing. Each key once per span. */
  add(key: Key, value: string | number | boolean | readonly unknown[] | undefined): void {
    if (value !== undefined) this.append(key, value);
  }

  /** Adds attributes that were encoded together. */
  addBlock(block: Block): void {
    this.append(block, undefined);
  }

  private append(key: Key | Block, value: unknown): void {
    // Room for what most client spans have: an array that starts smaller grows to 19 slots with the next push.
    this.own ??= [undefined, undefined, undefined, undefined, undefined, undefined, undefined, undefined];
    this.own[this.ownLength++] = key;
    this.own[this.ownLength++] = value;
  }

  /**
   * Takes the attributes that are added from here on into an array that all spans share, for a role that adds them when it ends the span:
   * what grows per request costs 400 bytes.
   */
  useSharedBuffer(): void {
    for (let i = 0; i < this.ownLength; i++) LAST[i] = this.own?.[i];
    this.own = LAST;
  }

  /** Links another span by its ids. */
  link(ids: SpanIds, isRemote: boolean): void {
    if ((this.links?.length ?? 0) >= limits.linkCount) this.droppedLinks++;
    else (this.links ??= []).push(linkTo(ids, isRemote));
  }

  /** Sets the status Error, unless the app has set one. */
  fail(message?: string): void {
    if (this.status !== 0) return;
    this.status = STATUS_ERROR;
    this.statusMessage = message;
  }

  // The API.

  spanContext(): SpanContext {
    return spanContextOf(this, false);
  }

  isRecording(): boolean {
    return !this.ended;
  }

  setAttribute(name: string, value: unknown): this {
    if (this.ended || value === undefined || value === null) return this;
    const kept = snapshot(value);
    if (kept === undefined || !isName(name)) {
      this.droppedAttributes++;
      return this;
    }
    const user = (this.user ??= []);
    for (let i = 0; i < user.length; i += 2) {
      if (user[i] === name) {
        user[i + 1] = kept;
        return this;
      }
    }
    if (user.length >= limits.attributeCount * 2) this.droppedAttributes++;
    else user.push(name, kept);
    return this;
  }

  setAttributes(attributes: Record<string, unknown>): this {
    for (const name of namesOf(attributes)) this.setAttribute(name, propertyOf(attributes, name));
    return this;
  }

  addEvent(name: string, attributesOrTime?: unknown, time?: TimeInput): this {
    if (!this.ended) quietly(() => this.appendEvent(name, attributesOrTime, time));
    return this;
  }

  addLink(link: Link): this {
    if (!this.ended) quietly(() => this.appendLink(link));
    return this;
  }

  addLinks(links: Link[]): this {
    quietly(() => {
      for (const link of links) this.addLink(link);
    });
    return this;
  }

  setStatus(status: SpanStatus): this {
    quietly(() => this.changeStatus(status));
    return this;
  }

  updateName(name: string): this {
    // OTLP requires a name: one that is none leaves the span the one it has.
    if (!this.ended) this.name = nameOf(name) || this.name;
    return this;
  }

  recordException(exception: Exception, time?: TimeInput): void {
    if (exceptionSeen !== undefined) quietly(() => exceptionSeen?.(exception));
    const attributes = exceptionAttributes(exception);
    if (attributes !== undefined) this.addEvent('exception', attributes, time);
  }

  end(endTime?: TimeInput): void {
    if (this.ended) return;
    const ms = endTime === undefined ? now() : (monotonic(endTime, this.clock) ?? now());
    this.endAt(ms);
  }

  private appendEvent(name: string, attributesOrTime: unknown, time: TimeInput | undefined): void {
    if (this.events !== undefined && this.events.length >= limits.eventCount) {
      this.droppedEvents++;
      return;
    }
    if (limits.eventCount === 0) {
      this.droppedEvents++;
      return;
    }
    const isTime = isTimeInput(attributesOrTime);
    const ms = monotonic(isTime ? attributesOrTime : time, this.clock) ?? now();
    const event: EncodableEvent = { name: nameOf(name), high: 0, low: 0, attributes: [], dropped: 0 };
    setWallTime(event, this.clock, ms);
    if (!isTime) event.dropped = flatten(attributesOrTime, event, limits.attributePerEventCount);
    (this.events ??= []).push(event);
  }

  private appendLink(link: Link): void {
    const ids = idsOf(link?.context) ?? NO_SPAN;
    if (ids === NO_SPAN && namesOf(link?.attributes).length === 0) {
      this.droppedLinks++;
      return;
    }
    if ((this.links?.length ?? 0) >= limits.linkCount) {
      this.droppedLinks++;
      return;
    }
    const made = linkTo(ids, link.context?.isRemote === true);
    made.dropped = link.droppedAttributesCount ?? 0;
    made.dropped += flatten(link.attributes, made, limits.attributePerLinkCount);
    (this.links ??= []).push(made);
  }

  private changeStatus(status: SpanStatus): void {
    // The specification's order: Ok is final, Unset never overrides.
    if (this.ended || status === undefined || status === null || status.code === 0 || this.status === 1)
      return;
    if (status.code !== 1 && status.code !== STATUS_ERROR) return;
    this.status = status.code;
    const { message } = status;
    this.statusMessage =
      status.code === STATUS_ERROR && typeof message === 'string' ? statusText(message) : undefined;
  }

  /** Ends the span at a monotonic time and hands its bytes on, now or, where its trace is held, when that is decided. */
  endAt(endMs: number): void {
    if (this.ended) return;
    this.ended = true;
    if (hold !== undefined && hold.take(this, endMs)) return;
    this.handOver(endMs);
    this.letGo();
  }

  /** Lets go of what the span holds, which may be kept itself: by a kept-alive socket. */
  letGo(): void {
    this.own = undefined;
    this.user = undefined;
    this.events = undefined;
    this.links = undefined;
    this.statusMessage = undefined;
  }

  /** Hands on the bytes of the span, which has ended at a monotonic time. */
  handOver(endMs: number): void {
    if (sink === undefined) return;
    const { clock } = this;
    const start = clock.low + this.startMs * 1e6;
    const end = clock.low + Math.max(endMs, this.startMs) * 1e6;
    try {
      const length = encodeSpan(
        this,
        clock.high + Math.floor(start / TWO_32),
        modulo32(start),
        clock.high + Math.floor(end / TWO_32),
        modulo32(end),
        limits.attributeCount,
      );
      sink(this.scope, scratch(), length);
    } catch (error) {
      // Apps end their spans themselves: nothing may reach them from here.
      reportFailure('ending a span', error);
    }
  }
}

function linkTo({ t0, t1, t2, t3, s0, s1, flags, traceState }: SpanIds, isRemote: boolean): EncodableLink {
  return {
    t0,
    t1,
    t2,
    t3,
    s0,
    s1,
    flags: (flags & 0xff) | HAS_IS_REMOTE | (isRemote ? IS_REMOTE : 0),
    traceState,
    attributes: [],
    dropped: 0,
  };
}

function modulo32(ns: number): number {
  return ns - Math.floor(ns / TWO_32) * TWO_32;
}

function setWallTime(target: { high: number; low: number }, clock: Clock, ms: number): void {
  const ns = clock.low + ms * 1e6;
  target.high = clock.high + Math.floor(ns / TWO_32);
  target.low = modulo32(ns);
}

function nameOf(name: unknown): string {
  if (typeof name === 'string') return bounded(name, MAX_NAME_LENGTH);
  return typeof name === 'object' || typeof name === 'function' ? '' : String(name);
}

/** Calls `fn`; what an app's proxies and getters throw in it stays here. */
function quietly(fn: () => void): void {
  try {
    fn();
  } catch {
    // The app's call goes on; what it gave can't be read.
  }
}

function isTimeInput(value: unknown): boolean {
  return typeof value === 'number' || value instanceof Date || (Array.isArray(value) && value.length === 2);
}

function flatten(source: unknown, target: { attributes: readonly unknown[] }, limit: number): number {
  const flat: unknown[] = [];
  let dropped = 0;
  for (const name of namesOf(source)) {
    const value = propertyOf(source as object, name);
    if (value === undefined || value === null) continue;
    const kept = flat.length < limit * 2 && isName(name) ? snapshot(value) : undefined;
    if (kept === undefined) dropped++;
    else flat.push(name, kept);
  }
  target.attributes = flat;
  return dropped;
}
