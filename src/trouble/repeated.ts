import type { Key } from '../encode/key.ts';
import type { Block, EncodableEvent } from '../encode/span.ts';
import {
  DB_COLLECTION_NAME,
  DB_NAMESPACE,
  DB_OPERATION_BATCH_SIZE,
  DB_QUERY_SUMMARY,
  SERVER_ADDRESS,
  SERVER_PORT,
} from '../semconv/keys.ts';
import { FORETRACE_DB_DURATION, FORETRACE_DB_REPEATED } from '../semconv/keys-own.ts';
import type { Span } from '../trace/span.ts';
import type { CallLine } from './call-line.ts';
import { addStatementEvent, rounded } from './event.ts';

/** Statements of one summary and target, one after the other below one span. */
interface Group {
  count: number;
  /** When the last one that counts was over. */
  endMs: number;
  durationMs: number;
  event: EncodableEvent | undefined;
}

interface Below {
  readonly groups: Map<string, Group>;
  /** The names of statements of which the next will be one too many. */
  readonly ripe: Set<string>;
  most: number;
}

/** Different statements below one span that are looked at: further ones go uncounted. */
const MAX_GROUPS = 32;

const spans = new WeakMap<Span, Below>();

/** Whether a statement (any, without a name) that begins below a span may be the one that makes it too many. */
export function isRepeating(parent: Span | undefined, name: string | undefined): boolean {
  const ripe = parent === undefined ? undefined : spans.get(parent)?.ripe;
  return ripe !== undefined && (name === undefined ? ripe.size > 0 : ripe.has(name));
}

/**
 * Counts a statement that is over. One that began before the last one that counts was over does not: it runs beside that one, as those of
 * `Promise.all` do. From `threshold` on the span above has the count, and one event, whose count follows as long as that span lasts.
 */
export function noteStatement(
  parent: Span,
  span: Span,
  name: string,
  startMs: number,
  endMs: number,
  threshold: number,
  line: () => CallLine | undefined,
): void {
  const key = keyOf(span, name);
  if (key === undefined) return;
  let below = spans.get(parent);
  if (below === undefined) {
    below = { groups: new Map(), ripe: new Set(), most: 0 };
    spans.set(parent, below);
  }
  let group = below.groups.get(key);
  if (group === undefined) {
    if (below.groups.size >= MAX_GROUPS) return;
    group = { count: 0, endMs: -Infinity, durationMs: 0, event: undefined };
    below.groups.set(key, group);
  }
  if (startMs < group.endMs) return;
  group.count++;
  group.endMs = endMs;
  group.durationMs += endMs - startMs;
  if (group.count === threshold - 1) below.ripe.add(name);
  if (group.count < threshold) return;
  below.ripe.delete(name);
  span.setAttribute(FORETRACE_DB_REPEATED.name, group.count);
  if (group.count > below.most) {
    below.most = group.count;
    parent.setAttribute(FORETRACE_DB_REPEATED.name, group.count);
  }
  const { count, durationMs } = group;
  if (count === threshold) {
    const more = { [FORETRACE_DB_REPEATED.name]: count };
    group.event = addStatementEvent(parent, FORETRACE_DB_REPEATED.name, name, durationMs, line(), more);
  } else if (group.event !== undefined) {
    update(group.event, FORETRACE_DB_REPEATED, count);
    update(group.event, FORETRACE_DB_DURATION, rounded(durationMs));
  }
}

function update({ attributes }: EncodableEvent, { name }: Key, value: number): void {
  const at = attributes.indexOf(name);
  if (at !== -1) (attributes as unknown[])[at + 1] = value;
}

/**
 * What makes statements the same: the summary, or operation and collection, and the database. Undefined for what has no such target, a
 * `GET` of Redis or a `COMMIT`, for batches and for the further parts of one answer.
 */
function keyOf({ own, ownLength }: Span, name: string): string | undefined {
  if (own === undefined || !name.includes(' ') || name.startsWith('getMore ')) return undefined;
  let isStatement = false;
  let key = name;
  const look = (attribute: Key, value: unknown): boolean => {
    if (attribute === DB_OPERATION_BATCH_SIZE) return false;
    if (attribute === DB_QUERY_SUMMARY || attribute === DB_COLLECTION_NAME) isStatement = true;
    if (attribute === DB_NAMESPACE || attribute === SERVER_ADDRESS || attribute === SERVER_PORT)
      key += `\0${String(value)}`;
    return true;
  };
  for (let i = 0; i < ownLength; i += 2) {
    if (own[i + 1] !== undefined) {
      if (!look(own[i] as Key, own[i + 1])) return undefined;
      continue;
    }
    const { pairs } = own[i] as Block;
    for (let j = 0; j < pairs.length; j += 2) if (!look(pairs[j] as Key, pairs[j + 1])) return undefined;
  }
  return isStatement ? key : undefined;
}
