import { parseTracestate } from './tracecontext.ts';

/** 56 bits: what is random in a trace id, or a threshold that it is compared with. Both parts unsigned. */
export interface Bits56 {
  /** The upper 24 bits. */
  readonly high: number;
  /** The lower 32 bits. */
  readonly low: number;
}

/** OpenTelemetry's own member of `tracestate` (https://opentelemetry.io/docs/specs/otel/trace/tracestate-handling/). */
const MEMBER = 'ot=';
const MAX_VALUE = 256;
const MAX_MEMBERS = 32;

/** The value of OpenTelemetry's member; undefined if there is none. */
function valueOf(state: string): string | undefined {
  const start = state.startsWith(MEMBER) ? 0 : state.indexOf(`,${MEMBER}`) + 1;
  if (start === 0 && !state.startsWith(MEMBER)) return undefined;
  const end = state.indexOf(',', start);
  return state.slice(start + MEMBER.length, end < 0 ? state.length : end);
}

/** `th`, the threshold that those who decided before have applied; NaN parts if it can't be read, undefined if there is none. */
export function thresholdOf(state: string): Bits56 | undefined {
  const text = /(?:^|;)th:([^;]*)/.exec(valueOf(state) ?? '')?.[1];
  return text === undefined ? undefined : bitsOf(/^[\da-f]{1,14}$/i.test(text) ? text.padEnd(14, '0') : '');
}

/** `rv`, randomness that a trace brings along because its id has none; undefined without a valid one. */
export function randomnessOf(state: string): Bits56 | undefined {
  const text = /(?:^|;)rv:([^;]*)/.exec(valueOf(state) ?? '')?.[1];
  return text !== undefined && /^[\da-f]{14}$/i.test(text) ? bitsOf(text) : undefined;
}

function bitsOf(digits: string): Bits56 {
  return { high: Number.parseInt(digits.slice(0, 6), 16), low: Number.parseInt(digits.slice(6), 16) };
}

/**
 * The list with another `th`, or without one. What else stands in OpenTelemetry's member and the members of others stay; it comes first
 * then, as W3C Trace Context asks for what was changed, and what has no room goes at the end.
 */
export function withThreshold(state: string, th: string | undefined): string | undefined {
  const value = valueOf(state);
  if (th === undefined && value?.includes('th:') !== true) return state;
  const kept = (value ?? '').split(';').filter((part) => part !== '' && !part.startsWith('th:'));
  const members = state.split(',').filter((member) => !member.startsWith(MEMBER));
  const rest = kept.join(';');
  const own = th === undefined ? rest : `${rest === '' ? '' : `${rest};`}th:${th}`;
  const written = own.length > MAX_VALUE ? rest : own;
  if (written !== '') members.unshift(MEMBER + written);
  return parseTracestate(members.slice(0, MAX_MEMBERS).join(','));
}
