import type { Key } from './key.ts';
import { userKey } from './key.ts';
import * as w from './writer.ts';

/**
 * Attributes that always come together (those of a connection, of a prepared statement), encoded once. The pairs are kept
 * for the rare span whose attributes have to be looked at one by one.
 */
export interface Block {
  readonly bytes: Uint8Array;
  /** Key, value, key, value … */
  readonly pairs: readonly unknown[];
}

/** Field 9 of `Span`, wire type 2. */
const ATTRIBUTE = 0x4a;

/** Encodes a block from pairs; `undefined` values are left out. */
export function block(pairs: readonly unknown[]): Block {
  w.begin();
  const kept: unknown[] = [];
  for (let i = 0; i < pairs.length; i += 2) {
    if (pairs[i + 1] === undefined) continue;
    if (w.attribute(ATTRIBUTE, pairs[i] as Key, pairs[i + 1])) kept.push(pairs[i], pairs[i + 1]);
  }
  return { bytes: w.written(0), pairs: kept };
}

export interface EncodableEvent {
  name: string;
  high: number;
  low: number;
  attributes: readonly unknown[];
  dropped: number;
}

export interface EncodableLink {
  t0: number;
  t1: number;
  t2: number;
  t3: number;
  s0: number;
  s1: number;
  flags: number;
  traceState: string | undefined;
  attributes: readonly unknown[];
  dropped: number;
}

/** What the encoder reads of a span. Ids are int32, most significant first; times are the two halves of ns since the epoch. */
export interface EncodableSpan {
  t0: number;
  t1: number;
  t2: number;
  t3: number;
  s0: number;
  s1: number;
  p0: number;
  p1: number;
  /** W3C trace flags, with bits 8 and 9 of OTLP (`has_is_remote`, `is_remote`); further ones are not written. */
  flags: number;
  /** OTLP's numbers: 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  kind: number;
  name: string;
  traceState: string | undefined;
  /** Attributes of an instrumentation: (key, value) or (block, undefined), flat. */
  own: readonly unknown[] | undefined;
  /** How much of `own` is filled. */
  ownLength: number;
  /** Attributes set through the API: (name, value), flat, each name once. */
  user: readonly unknown[] | undefined;
  droppedAttributes: number;
  events: readonly EncodableEvent[] | undefined;
  droppedEvents: number;
  links: readonly EncodableLink[] | undefined;
  droppedLinks: number;
  /** 0 unset, 1 ok, 2 error. */
  status: number;
  statusMessage: string | undefined;
}

/**
 * Encodes one OTLP `Span` message into the scratch buffer and returns its length. The bytes are in `scratch()` until the
 * next call. `attributeCount` is the limit of attributes.
 */
export function encodeSpan(
  span: EncodableSpan,
  startHigh: number,
  startLow: number,
  endHigh: number,
  endLow: number,
  attributeCount: number,
): number {
  w.begin();
  w.id128(0x0a, span.t0, span.t1, span.t2, span.t3);
  w.id64(0x12, span.s0, span.s1);
  if (span.traceState !== undefined && span.traceState !== '') encodeTraceState(span.traceState, span.flags);
  if ((span.p0 | span.p1) !== 0) w.id64(0x22, span.p0, span.p1);
  w.string(0x2a, span.name);
  w.byte(0x30);
  w.byte(span.kind);
  w.fixed64(0x39, startHigh, startLow);
  w.fixed64(0x41, endHigh, endLow);
  const dropped =
    span.droppedAttributes + encodeAttributes(span.own, span.ownLength, span.user, attributeCount);
  if (dropped > 0) field(0x50, dropped);
  let { droppedEvents, droppedLinks } = span;
  if (span.events !== undefined) for (const event of span.events) if (!encodeEvent(event)) droppedEvents++;
  if (droppedEvents > 0) field(0x60, droppedEvents);
  if (span.links !== undefined) for (const link of span.links) if (!encodeLink(link)) droppedLinks++;
  if (droppedLinks > 0) field(0x70, droppedLinks);
  if (span.status !== 0) encodeStatus(span.status, span.statusMessage);
  w.fixed32Wide(0x85, 0x01, span.flags & OTLP_FLAGS);
  return w.position();
}

/** What OTLP knows of the flags of a span. */
const OTLP_FLAGS = 0x3ff;
/** Bit of OTLP's flags: the parent is another process's. */
const IS_REMOTE = 0x200;

/**
 * A trace's state is the text of whoever called, and the same on each of its spans: the one at the border tells it whole, those below
 * only OpenTelemetry's own member, from which collectors read the sampling of each span.
 */
function encodeTraceState(state: string, flags: number): void {
  if ((flags & IS_REMOTE) !== 0) {
    w.string(0x1a, state);
    return;
  }
  const start = state.startsWith('ot=') ? 0 : state.indexOf(',ot=') + 1;
  if (start === 0 && !state.startsWith('ot=')) return;
  const end = state.indexOf(',', start);
  w.string(0x1a, end === -1 ? state.slice(start) : state.slice(start, end));
}

function field(tag: number, value: number): void {
  w.byte(tag);
  w.varint(value);
}

/**
 * Writes own attributes, then the app's, and returns how many were dropped. Each name once: what the app set wins. Few own
 * attributes and fewer of the app's: comparing names is cheaper than a Map (3.2 KB of garbage per span).
 */
function encodeAttributes(
  own: readonly unknown[] | undefined,
  ownLength: number,
  user: readonly unknown[] | undefined,
  limit: number,
): number {
  let left = limit;
  let dropped = 0;
  if (own !== undefined) {
    for (let i = 0; i < ownLength; i += 2) {
      const value = own[i + 1];
      if (value === undefined) {
        const { bytes, pairs } = own[i] as Block;
        if (pairs.length <= left * 2 && (user === undefined || !overlaps(pairs, user))) {
          w.raw(bytes);
          left -= pairs.length >> 1;
          continue;
        }
        for (let j = 0; j < pairs.length; j += 2) {
          if (user !== undefined && includes(user, (pairs[j] as Key).name)) continue;
          if (left > 0 && encodeAttribute(pairs[j] as Key, pairs[j + 1])) left--;
          else dropped++;
        }
      } else {
        if (user !== undefined && includes(user, (own[i] as Key).name)) continue;
        if (left > 0 && encodeAttribute(own[i] as Key, value)) left--;
        else dropped++;
      }
    }
  }
  if (user !== undefined) {
    for (let i = 0; i < user.length; i += 2) {
      if (left > 0 && encodeAttribute(userKey(user[i] as string), user[i + 1])) left--;
      else dropped++;
    }
  }
  return dropped;
}

function includes(user: readonly unknown[], name: string): boolean {
  for (let i = 0; i < user.length; i += 2) if (user[i] === name) return true;
  return false;
}

function overlaps(pairs: readonly unknown[], user: readonly unknown[]): boolean {
  for (let i = 0; i < pairs.length; i += 2) if (includes(user, (pairs[i] as Key).name)) return true;
  return false;
}

function encodeAttribute(key: Key, value: unknown): boolean {
  if (!w.hasRoom()) return false;
  if (typeof value !== 'string') return guardedAttribute(ATTRIBUTE, key, value);
  w.textAttribute(ATTRIBUTE, key, value);
  return true;
}

/** An app's value may be a proxy or have getters that throw: then the attribute is dropped, the span goes on. */
function guardedAttribute(tag: number, key: Key, value: unknown): boolean {
  const start = w.position();
  try {
    return w.attribute(tag, key, value);
  } catch {
    w.rewind(start);
    return false;
  }
}

function pairs(tag: number, attributes: readonly unknown[]): number {
  let dropped = 0;
  for (let i = 0; i < attributes.length; i += 2) {
    const name = userKey(attributes[i] as string);
    if (!w.hasRoom() || !guardedAttribute(tag, name, attributes[i + 1])) dropped++;
  }
  return dropped;
}

function encodeEvent(event: EncodableEvent): boolean {
  if (!w.hasRoom()) return false;
  const start = w.open(0x5a);
  w.fixed64(0x09, event.high, event.low);
  w.string(0x12, event.name);
  const dropped = event.dropped + pairs(0x1a, event.attributes);
  if (dropped > 0) field(0x20, dropped);
  w.close(start);
  return true;
}

function encodeLink(link: EncodableLink): boolean {
  if (!w.hasRoom()) return false;
  const start = w.open(0x6a);
  // A link without valid ids is kept for its attributes; OTLP has no ids of zeros.
  if ((link.t0 | link.t1 | link.t2 | link.t3) !== 0) {
    w.id128(0x0a, link.t0, link.t1, link.t2, link.t3);
    w.id64(0x12, link.s0, link.s1);
  }
  if (link.traceState !== undefined && link.traceState !== '') w.string(0x1a, link.traceState);
  const dropped = link.dropped + pairs(0x22, link.attributes);
  if (dropped > 0) field(0x28, dropped);
  w.byte(0x35);
  w.byte(link.flags & 0xff);
  w.byte((link.flags >> 8) & 0xff);
  w.byte(0);
  w.byte(0);
  w.close(start);
  return true;
}

function encodeStatus(code: number, message: string | undefined): void {
  const start = w.open(0x7a);
  if (message !== undefined && message !== '') w.string(0x12, w.bounded(message));
  field(0x18, code);
  w.close(start);
}
