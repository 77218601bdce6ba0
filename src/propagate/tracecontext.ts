import { flatCopy } from '../encode/flat-copy.ts';
import { log } from '../log.ts';
import { hex8, parseHex4, parseHex16, spanIdHex, traceIdHex } from '../encode/hex.ts';
import { type HeaderGetter, type HeaderSetter, onlyLine, type RemoteParent } from './types.ts';

export const TRACEPARENT = 'traceparent';
export const TRACESTATE = 'tracestate';

const TRACEPARENT_LENGTH = 55;
const DASH = 0x2d;
const SPACE = 0x20;
const TAB = 0x09;
const COMMA = 0x2c;
const EQUALS = 0x3d;
const AT = 0x40;

/** sampled and random; the other bits must be 0 in what we send on. */
const KNOWN_FLAGS = 0x03;

const MAX_MEMBERS = 32;
const MAX_KEY = 256;
const MAX_VALUE = 256;
/** 32 members of the greatest size are 16,447 characters; the rest is room for white space. Bounds the work. */
const MAX_TRACESTATE = 20_480;
/**
 * What is kept and sent on: as much as the recommendation asks for, and no more. A caller's text goes out with every request that is
 * made for it.
 */
export const MAX_PROPAGATED_TRACESTATE = 512;
/** Longer members go first when something has to. */
const LARGE_MEMBER = 128;

/**
 * Parses a `traceparent` header (W3C Trace Context, level 2). Undefined for everything that must start a new trace:
 * malformed fields, all-zero ids, version ff, and version 00 with anything after the flags. A later version may append
 * fields, which are ignored.
 */
export function parseTraceparent(header: string): RemoteParent | undefined {
  const length = header.length;
  if (length < TRACEPARENT_LENGTH) return undefined;
  const first = header.charCodeAt(0);
  const last = header.charCodeAt(length - 1);
  if (first === SPACE || first === TAB || last === SPACE || last === TAB) {
    // Node trims header values; other carriers don't. The limit keeps the trim of a hostile value cheap.
    return length < 1_024 ? parseTraceparent(header.trim()) : undefined;
  }
  const v0 = parseHex4(header, 0);
  const v1 = parseHex4(header, 1);
  if ((v0 | v1) < 0 || (v0 & v1) === 15) return undefined;
  if (length > TRACEPARENT_LENGTH) {
    if ((v0 | v1) === 0 || header.charCodeAt(TRACEPARENT_LENGTH) !== DASH) return undefined;
  }
  if (header.charCodeAt(2) !== DASH || header.charCodeAt(35) !== DASH || header.charCodeAt(52) !== DASH) {
    return undefined;
  }
  const a = parseHex16(header, 3);
  const b = parseHex16(header, 7);
  const c = parseHex16(header, 11);
  const d = parseHex16(header, 15);
  const e = parseHex16(header, 19);
  const f = parseHex16(header, 23);
  const g = parseHex16(header, 27);
  const h = parseHex16(header, 31);
  const i = parseHex16(header, 36);
  const j = parseHex16(header, 40);
  const k = parseHex16(header, 44);
  const l = parseHex16(header, 48);
  const f0 = parseHex4(header, 53);
  const f1 = parseHex4(header, 54);
  if ((a | b | c | d | e | f | g | h | i | j | k | l | f0 | f1) < 0) return undefined;
  if ((a | b | c | d | e | f | g | h) === 0 || (i | j | k | l) === 0) return undefined;
  return {
    t0: (a << 16) | b,
    t1: (c << 16) | d,
    t2: (e << 16) | f,
    t3: (g << 16) | h,
    s0: (i << 16) | j,
    s1: (k << 16) | l,
    flags: f1 & KNOWN_FLAGS,
    traceState: undefined,
  };
}

/** The `traceparent` header of a span: always version 00, flags reduced to the known ones. */
export function formatTraceparent(
  t0: number,
  t1: number,
  t2: number,
  t3: number,
  s0: number,
  s1: number,
  flags: number,
): string {
  return `00-${traceIdHex(t0, t1, t2, t3)}-${spanIdHex(s0, s1)}-${hex8(flags & KNOWN_FLAGS)}`;
}

/** Whether a char code may stand in a `tracestate` key: a-z 0-9 _ - * / @. */
function isKeyChar(code: number): boolean {
  return isKeyStart(code) || code === 0x5f || code === DASH || code === 0x2a || code === 0x2f || code === AT;
}

function isKeyStart(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39);
}

/** Whether `text[start, end)` is a key, by the grammar of level 2: `@` is a character like another, but for the first. */
function isKey(text: string, start: number, end: number): boolean {
  if (start >= end || end - start > MAX_KEY || !isKeyStart(text.charCodeAt(start))) return false;
  for (let i = start + 1; i < end; i++) if (!isKeyChar(text.charCodeAt(i))) return false;
  return true;
}

/** Whether `text[start, end)` is a value: 1 to 256 printable ASCII characters without comma and equals sign. */
function isValue(text: string, start: number, end: number): boolean {
  if (end <= start || end - start > MAX_VALUE) return false;
  for (let i = start; i < end; i++) {
    const code = text.charCodeAt(i);
    if (code < SPACE || code > 0x7e || code === COMMA || code === EQUALS) return false;
  }
  return true;
}

/**
 * Validates and normalises `tracestate`: the lines joined in order, white space around members and empty members removed, and at
 * most 512 characters of it. Undefined if nothing is left or if the list must be dropped as a whole: a member that is malformed, or more than 32 of them.
 * Repeated keys are kept: which one is meant is for the vendor to say.
 */
export function parseTracestate(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  const text = typeof header === 'string' ? header : joined(header);
  if (text === undefined || text.length > MAX_TRACESTATE) return undefined;
  const length = text.length;
  let members = 0;
  // Up to the first change the result is a prefix of the text, so that the common header costs no copy.
  let result: string | undefined;
  let start = 0;
  while (start <= length) {
    let comma = text.indexOf(',', start);
    if (comma < 0) comma = length;
    let from = start;
    let to = comma;
    while (from < to && isSpace(text.charCodeAt(from))) from++;
    while (to > from && isSpace(text.charCodeAt(to - 1))) to--;
    if (from === to) {
      result ??= text.slice(0, Math.max(0, start - 1));
    } else {
      if (++members > MAX_MEMBERS) return undefined;
      const equals = text.indexOf('=', from);
      if (equals < 0 || equals >= to || !isKey(text, from, equals) || !isValue(text, equals + 1, to))
        return undefined;
      if (result !== undefined) {
        result += (result === '' ? '' : ',') + text.slice(from, to);
      } else if (from !== start || to !== comma) {
        result = text.slice(0, start) + text.slice(from, to);
      }
    }
    start = comma + 1;
  }
  if (members === 0) return undefined;
  result ??= text;
  const kept = result.length <= MAX_PROPAGATED_TRACESTATE ? result : shortened(result);
  // `text` is a header as it came; what is made of it would keep all of it.
  return kept === undefined || kept === text ? kept : flatCopy(kept);
}

/** As many whole members as fit, as the recommendation says: large ones are left out first, then those at the end. */
function shortened(state: string): string | undefined {
  const members = state.split(',');
  let length = state.length;
  for (const large of [true, false]) {
    for (let i = members.length - 1; i >= 0 && length > MAX_PROPAGATED_TRACESTATE; i--) {
      if (large && members[i].length <= LARGE_MEMBER) continue;
      length -= members[i].length + 1;
      members.splice(i, 1);
    }
  }
  return members.length === 0 ? undefined : members.join(',');
}

function isSpace(code: number): boolean {
  return code === SPACE || code === TAB;
}

function joined(lines: string[]): string | undefined {
  if (!Array.isArray(lines)) return undefined;
  let text = '';
  for (const line of lines) {
    if (typeof line !== 'string') return undefined;
    text = text === '' ? line : `${text},${line}`;
    if (text.length > MAX_TRACESTATE) return undefined;
  }
  return text;
}

let noted = false;

/** The one mistake in a `traceparent` that looks right to who made it. */
function noteUpperCase(header: string): void {
  if (noted || header.length > 256 || parseTraceparent(header.toLowerCase()) === undefined) return;
  noted = true;
  log.debug(
    'a traceparent with upper-case digits came in, W3C Trace Context allows lower case only: such requests start new traces',
  );
}

/** The parent in `traceparent` and `tracestate`; a broken `tracestate` is dropped without harm to the parent. */
export function extractTraceContext<C>(carrier: C, get: HeaderGetter<C>): RemoteParent | undefined {
  const header = onlyLine(get(carrier, TRACEPARENT));
  if (header === undefined) return undefined;
  const parent = parseTraceparent(header);
  if (parent === undefined) {
    noteUpperCase(header);
    return undefined;
  }
  const state = get(carrier, TRACESTATE);
  if (state !== undefined) parent.traceState = parseTracestate(state);
  return parent;
}

/** Writes `traceparent`, and `tracestate` if there is one. */
export function injectTraceContext<C>(
  carrier: C,
  set: HeaderSetter<C>,
  t0: number,
  t1: number,
  t2: number,
  t3: number,
  s0: number,
  s1: number,
  flags: number,
  traceState: string | undefined,
): void {
  set(carrier, TRACEPARENT, formatTraceparent(t0, t1, t2, t3, s0, s1, flags));
  if (traceState !== undefined && traceState !== '') set(carrier, TRACESTATE, traceState);
}
