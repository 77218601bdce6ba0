import type { Context } from '../context/context.ts';
import type { Scope } from './scope.ts';
import { NO_SPAN } from './span-context.ts';

/** What calls without a parent take from the configuration. */
export const rootOptions = {
  /** `FORETRACE_ROOT_CLIENT_SPANS`: whether a call without a parent starts a trace; or the scopes whose calls do. */
  roots: true as boolean | ReadonlySet<string>,
};

/** Whether what starts in a context has no parent. */
export function isRoot({ span }: Context): boolean {
  return span === undefined || span === NO_SPAN;
}

/** Whether a call that has no parent is recorded. */
export function startsTraces({ name }: Scope): boolean {
  const { roots } = rootOptions;
  return typeof roots === 'boolean' ? roots : roots.has(name);
}
