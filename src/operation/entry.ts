import { type Context, type Entry } from '../context/context.ts';
import { extract, extractBaggage } from '../propagate/current.ts';
import { carriesIds, type HeaderGetter } from '../propagate/index.ts';
import { now } from '../trace/clock.ts';
import type { Scope } from '../trace/scope.ts';
import { Span } from '../trace/span.ts';
import { DENIED, NO_SPAN, type NonRecordingSpan, type SpanIds } from '../trace/span-context.ts';
import { restarts } from './restarts.ts';
import { isRemote, isSame, parentIds, startUnder } from './start.ts';

/** What came with something that another process asks for: headers of a request, of a message, of each message of a batch. */
export interface Received<C> {
  readonly carriers: readonly C[];
  readonly get: HeaderGetter<C>;
  /** It has been asked for once and comes again and again: each time is a trace of its own, with a link to who asked. */
  readonly isRepeated?: boolean;
}

/** The parent that a carrier names; `DENIED` if it names none and asks that nothing be recorded; undefined for a trace of its own. */
export function remoteParent<C>(carrier: C, get: HeaderGetter<C>): SpanIds | undefined {
  const remote = extract(carrier, get);
  return remote === undefined || carriesIds(remote) ? remote : DENIED;
}

/** The baggage of a carrier, unless its trace is not continued: a stranger's has no more business here than the stranger's trace. */
export function remoteBaggage<C>(carrier: C, get: HeaderGetter<C>): string | undefined {
  return restarts === undefined ? extractBaggage(carrier, get) : undefined;
}

/**
 * Starts the span of an entry under a parent of another process.
 * @param asked what rules of sampling see in place of the name
 */
export function startRemote(
  scope: Scope,
  name: string,
  kind: number,
  parent: SpanIds | undefined,
  startMs: number,
  asked: string = name,
): Span | NonRecordingSpan {
  if (restarts !== undefined && parent !== undefined) {
    const span = startUnder(scope, name, kind, undefined, false, false, startMs, asked);
    restarts.note(span, parent);
    return span;
  }
  const denied = parent === DENIED;
  return startUnder(scope, name, kind, denied ? undefined : parent, true, denied, startMs, asked);
}

/**
 * Starts the span of what came with one carrier or several. The context of a single one is the parent, and a span that is active all the
 * same (of whoever polls) is linked. Several have no common parent: each is linked, and the active span is the parent.
 */
export function startReceived(
  scope: Scope,
  name: string,
  kind: number,
  { carriers, get, isRepeated = false }: Received<never>,
  around: Context,
): { span: Span | NonRecordingSpan; baggage: string | undefined } {
  const ambient = parentIds(around);
  const isAmbient = ambient !== undefined && ambient !== NO_SPAN && ambient !== DENIED;
  const isSingle = carriers.length === 1 && !isRepeated;
  const single = isSingle ? remoteParent(carriers[0], get) : undefined;
  const isLocal = single === undefined && isAmbient;
  const span = isLocal
    ? startUnder(scope, name, kind, ambient, isRemote(ambient), false, now())
    : startRemote(scope, name, kind, single, now());
  if (span instanceof Span) {
    if (single !== undefined && isAmbient && !isSame(single, ambient)) span.link(ambient, isRemote(ambient));
    if (!isSingle) linkReceived(span, { carriers, get });
  }
  return { span, baggage: isSingle ? remoteBaggage(carriers[0], get) : undefined };
}

/** Links each of what came with something. */
export function linkReceived(span: Span, { carriers, get }: Received<never>): void {
  if (restarts?.areLinked === false) return;
  for (const carrier of carriers) {
    const ids = remoteParent(carrier, get);
    if (ids !== undefined && ids !== DENIED) span.link(ids, true);
  }
}

/** An entry that is being served, in the list of all that are. The links are its own, so that being in it allocates nothing. */
export interface OpenEntry extends Entry {
  older: OpenEntry | undefined;
  newer: OpenEntry | undefined;
  /** Ends its span for the end of the process; `reason` is the error's type. */
  abandon(reason: string): void;
}

/** Beyond, the oldest are forgotten: an app that hides the end of its responses from Node must not fill the memory. */
const MAX_OPEN = 10_000;

let oldest: OpenEntry | undefined;
let newest: OpenEntry | undefined;
let count = 0;

export function noteOpen(entry: OpenEntry): void {
  entry.older = newest;
  if (newest === undefined) oldest = entry;
  else newest.newer = entry;
  newest = entry;
  if (++count > MAX_OPEN) noteClosed(oldest as OpenEntry);
}

/** Takes an entry out of the list; one that is not in it stays out. */
export function noteClosed(entry: OpenEntry): void {
  const { older, newer } = entry;
  if (older === undefined && oldest !== entry) return;
  if (older === undefined) oldest = newer;
  else older.newer = newer;
  if (newer === undefined) newest = older;
  else newer.older = older;
  entry.older = undefined;
  entry.newer = undefined;
  count--;
}

/** The one that is served longest. */
export function oldestOpen(): OpenEntry | undefined {
  return oldest;
}
