import { active } from '../context/active.ts';
import type { Context } from '../context/context.ts';
import type { Scope } from '../trace/scope.ts';
import { CLIENT, NO_SPAN, Span } from '../trace/span.ts';
import { isRecorded, startSpan } from '../trace/start.ts';

/** Whether a call without a parent starts a trace; or the scopes whose calls do. */
let roots: boolean | ReadonlySet<string> = true;

export function configure(wanted: boolean | ReadonlySet<string>): void {
  roots = wanted;
}

/** Whether what starts in a context has no parent. */
export function isRoot({ span }: Context): boolean {
  return span === undefined || span === NO_SPAN;
}

/** Whether a call that has no parent is recorded. */
export function startsTraces({ name }: Scope): boolean {
  return typeof roots === 'boolean' ? roots : roots.has(name);
}

/**
 * The active context, if a client's call is recorded in it. Asked before what it costs to describe the call: under an unsampled
 * parent nothing else is done.
 */
export function recordedIn(scope: Scope): Context | undefined {
  const context = active();
  if (!isRecorded(context)) return undefined;
  return !isRoot(context) || startsTraces(scope) ? context : undefined;
}

/** Starts the span of a call in a context that {@link recordedIn} has given; undefined if the sampler drops it. */
export function startClient(scope: Scope, name: string, context: Context): Span | undefined {
  const span = startSpan(scope, name, CLIENT, context);
  return span instanceof Span ? span : undefined;
}
