import type { Context } from '../context/context.ts';
import type { Scope } from '../trace/scope.ts';
import { NO_SPAN } from '../trace/span-context.ts';

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
