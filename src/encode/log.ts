import { userKey } from './key.ts';
import {
  anyValue,
  attribute,
  begin,
  byte,
  fixed64,
  hasRoom,
  id128,
  id64,
  position,
  rewind,
  shortTextAttribute,
  string,
  varint,
} from './writer.ts';

/** Fields of OTLP's `LogRecord`. */
const TIME = 0x09;
const SEVERITY_NUMBER = 0x10;
const SEVERITY_TEXT = 0x1a;
const BODY = 0x2a;
/** Field 6 of `LogRecord`, wire type 2. */
export const ATTRIBUTE = 0x32;
const DROPPED = 0x38;
const FLAGS = 0x45;
const TRACE_ID = 0x4a;
const SPAN_ID = 0x52;
const OBSERVED_TIME = 0x59;
const EVENT_NAME = 0x62;

/** The ids of the span that a record is written in. */
export interface LogSpan {
  readonly t0: number;
  readonly t1: number;
  readonly t2: number;
  readonly t3: number;
  readonly s0: number;
  readonly s1: number;
  readonly flags: number;
}

/** What every record begins with, where it comes from; times are the two halves of ns since the epoch. */
export interface LogHead {
  high: number;
  low: number;
  observedHigh: number;
  observedLow: number;
  /** OTLP's number, 1 to 24; 0 = unspecified. */
  severity: number;
  /** The logger's own word for it. */
  severityText: string | undefined;
}

/** Begins a record in the scratch buffer. */
export function beginLog(head: LogHead, span: LogSpan | undefined): void {
  begin();
  fixed64(TIME, head.high, head.low);
  fixed64(OBSERVED_TIME, head.observedHigh, head.observedLow);
  if (head.severity > 0) {
    byte(SEVERITY_NUMBER);
    byte(head.severity);
  }
  const { severityText } = head;
  if (severityText !== undefined && severityText !== '') string(SEVERITY_TEXT, severityText);
  if (span === undefined) return;
  byte(FLAGS);
  byte(span.flags & 0xff);
  byte(0);
  byte(0);
  byte(0);
  id128(TRACE_ID, span.t0, span.t1, span.t2, span.t3);
  id64(SPAN_ID, span.s0, span.s1);
}

/** The body: text, or whatever else OTLP can carry; undefined = none. Nothing of the app's may run when it is read. */
export function logBody(body: unknown): void {
  if (body === undefined) return;
  const start = position();
  byte(BODY);
  if (!anyValue(body, 0)) rewind(start);
}

export function logEventName(name: string): void {
  string(EVENT_NAME, name);
}

/** An attribute whose value is a copy of ours, cut already. @returns false when there is no room for it, or no way to write it */
export function logAttribute(name: string, value: unknown): boolean {
  if (!hasRoom()) return false;
  const known = userKey(name);
  if (typeof value !== 'string') return attribute(ATTRIBUTE, known, value);
  shortTextAttribute(ATTRIBUTE, known.prefix, value);
  return true;
}

/** Ends a record and returns its length. */
export function endLog(droppedAttributes: number): number {
  if (droppedAttributes > 0) {
    byte(DROPPED);
    varint(droppedAttributes);
  }
  return position();
}
