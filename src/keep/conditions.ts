import type { KeepConditions } from '../config/keep.ts';
import type { Block } from '../encode/span.ts';
import type { Key } from '../encode/key.ts';
import { HTTP_RESPONSE_STATUS_CODE } from '../semconv/keys.ts';
import type { Span } from '../trace/span.ts';
import type { HeldTrace } from './held-trace.ts';

const STATUS_ERROR = 2;

/** What is known of the end of a request before it is written on its span. */
export interface Outcome {
  readonly status: number | undefined;
  readonly fails: boolean;
}

/**
 * Whether one of the conditions holds for a trace, as far as it is known at `endMs`. With an `outcome` nothing of its attributes is
 * looked at.
 */
export function holds(
  { errors, slowMs, status, attributes }: KeepConditions,
  trace: HeldTrace,
  endMs: number,
  outcome?: Outcome,
): boolean {
  const { root } = trace;
  if (errors !== undefined && (hasFailed(root, outcome) || (errors === 'any' && trace.hasFailed)))
    return true;
  if (slowMs !== undefined && endMs - root.startMs >= slowMs) return true;
  if (status.length > 0) {
    const code = outcome === undefined ? valueOf(root, HTTP_RESPONSE_STATUS_CODE.name) : outcome.status;
    if (typeof code === 'number' && status.some(([first, last]) => code >= first && code <= last))
      return true;
  }
  if (outcome !== undefined) return false;
  return attributes.some(
    (wanted) => hasAttribute(root, wanted) || trace.spans.some((span) => hasAttribute(span, wanted)),
  );
}

/** An outcome changes no status that the app has set. */
function hasFailed({ status }: Span, outcome: Outcome | undefined): boolean {
  return status === STATUS_ERROR || (status === 0 && outcome !== undefined && outcome.fails);
}

function hasAttribute(span: Span, { name, value }: { name: string; value: string }): boolean {
  const found = valueOf(span, name);
  return Array.isArray(found) ? found.some((item) => isText(item, value)) : isText(found, value);
}

/** Not of maps: those of the app have no prototype, and asking for their text throws. */
function isText(found: unknown, value: string): boolean {
  return found !== undefined && typeof found !== 'object' && String(found) === value;
}

/** The value of an attribute as it will be written: what the app has set wins. */
function valueOf({ user, own, ownLength }: Span, name: string): unknown {
  if (user !== undefined) {
    for (let i = 0; i < user.length; i += 2) if (user[i] === name) return user[i + 1];
  }
  if (own === undefined) return undefined;
  for (let i = 0; i < ownLength; i += 2) {
    const value = own[i + 1];
    if (value !== undefined) {
      if ((own[i] as Key).name === name) return value;
      continue;
    }
    const { pairs } = own[i] as Block;
    for (let j = 0; j < pairs.length; j += 2) if ((pairs[j] as Key).name === name) return pairs[j + 1];
  }
  return undefined;
}
