import { spanIdHex, traceIdHex } from '../encode/hex.ts';
import {
  DEBUG,
  type HeaderGetter,
  type HeaderSetter,
  onlyLine,
  parentOf,
  type RemoteParent,
  UNDECIDED,
} from './types.ts';

export const B3 = 'b3';
export const B3_TRACE_ID = 'x-b3-traceid';
export const B3_SPAN_ID = 'x-b3-spanid';
export const B3_SAMPLED = 'x-b3-sampled';
export const B3_FLAGS = 'x-b3-flags';

const SAMPLED = 0x01;
/** 128-bit trace id, span id, state and parent span id, with dashes. */
const MAX_SINGLE = 68;

/** `b3: 0`, or `x-b3-sampled: 0` alone: the caller asks that nothing be recorded and names no parent. */
const denial = (): RemoteParent => ({
  t0: 0,
  t1: 0,
  t2: 0,
  t3: 0,
  s0: 0,
  s1: 0,
  flags: 0,
  traceState: undefined,
});

/** The flags of a state. What is none, and none at all, leave the decision to the receiver. */
function flagsOf(state: string | undefined): number {
  if (state === '1' || state === 'true' || state === 'True') return SAMPLED;
  if (state === 'd') return SAMPLED | DEBUG;
  return isDenied(state) ? 0 : UNDECIDED;
}

function isDenied(state: string | undefined): boolean {
  return state === '0' || state === 'false' || state === 'False';
}

/** Parses the single header: `{trace}-{span}[-{0|1|d}[-{parent}]]`, or a state alone, of which only the denial says something. */
export function parseB3(header: string): RemoteParent | undefined {
  if (header.length > MAX_SINGLE) return undefined;
  if (isDenied(header)) return denial();
  const first = header.indexOf('-');
  if (first < 0) return undefined;
  let second = header.indexOf('-', first + 1);
  if (second < 0) second = header.length;
  let third = header.indexOf('-', second + 1);
  if (third < 0) third = header.length;
  const state = second < header.length ? header.slice(second + 1, third) : undefined;
  return parentOf(header.slice(0, first), header.slice(first + 1, second), flagsOf(state));
}

/**
 * The parent in `b3`, else in the `x-b3-*` headers. All-zero ids mean a denial: start a new trace and do not record it (see
 * {@link carriesIds}).
 */
export function extractB3<C>(carrier: C, get: HeaderGetter<C>): RemoteParent | undefined {
  const single = onlyLine(get(carrier, B3));
  if (single !== undefined) {
    const found = parseB3(single.length > MAX_SINGLE ? single : single.trim());
    if (found !== undefined) return found;
  }
  const state = onlyLine(get(carrier, B3_SAMPLED));
  const traceId = onlyLine(get(carrier, B3_TRACE_ID));
  const spanId = onlyLine(get(carrier, B3_SPAN_ID));
  if (traceId === undefined || spanId === undefined) {
    return traceId === undefined && spanId === undefined && isDenied(state) ? denial() : undefined;
  }
  return parentOf(
    traceId,
    spanId,
    onlyLine(get(carrier, B3_FLAGS)) === '1' ? SAMPLED | DEBUG : flagsOf(state),
  );
}

/** Whether a parent names a span. If not, it only denies the recording of what follows. */
export function carriesIds(remote: RemoteParent): boolean {
  return (remote.t0 | remote.t1 | remote.t2 | remote.t3) !== 0;
}

/** The state of a single header. */
function stateOf(flags: number): string {
  if ((flags & DEBUG) !== 0) return '-d';
  if ((flags & UNDECIDED) !== 0) return '';
  return (flags & SAMPLED) !== 0 ? '-1' : '-0';
}

/** Writes the `b3` header. */
export function injectB3<C>(
  carrier: C,
  set: HeaderSetter<C>,
  t0: number,
  t1: number,
  t2: number,
  t3: number,
  s0: number,
  s1: number,
  flags: number,
): void {
  set(carrier, B3, `${traceIdHex(t0, t1, t2, t3)}-${spanIdHex(s0, s1)}${stateOf(flags)}`);
}

/** Writes `x-b3-traceid`, `x-b3-spanid`, and `x-b3-sampled` or, which implies it, `x-b3-flags`. */
export function injectB3Multi<C>(
  carrier: C,
  set: HeaderSetter<C>,
  t0: number,
  t1: number,
  t2: number,
  t3: number,
  s0: number,
  s1: number,
  flags: number,
): void {
  set(carrier, B3_TRACE_ID, traceIdHex(t0, t1, t2, t3));
  set(carrier, B3_SPAN_ID, spanIdHex(s0, s1));
  if ((flags & DEBUG) !== 0) set(carrier, B3_FLAGS, '1');
  else if ((flags & UNDECIDED) === 0) set(carrier, B3_SAMPLED, (flags & SAMPLED) !== 0 ? '1' : '0');
}
