import { active } from '../context/active.ts';
import type { Context } from '../context/context.ts';
import { setCallerNote } from '../operation/caller.ts';
import { now } from '../trace/clock.ts';
import { type CallLine, type CallStack, captureStack, lineOf } from './call-line.ts';

/** What a pool was asked for: by the time that a connection makes the call, the stack is that of the pool. */
export interface Asked {
  /** What `isStackWanted` was asked of. */
  readonly text: string;
  readonly atMs: number;
  readonly stack: CallStack | undefined;
  /** It is asked for one call: what runs in its context later is something else. */
  isTaken: boolean;
}

const CALLER = Symbol('foretrace.caller');

/** Lets pools say who asks, and when. */
export function startCallers(isStackWanted: (context: Context, text: string) => boolean): void {
  setCallerNote((text) => {
    const context = active();
    const stack = isStackWanted(context, text) ? captureStack() : undefined;
    return context.setValue(CALLER, { text, atMs: now(), stack, isTaken: false } satisfies Asked);
  });
}

/** What a pool was asked for that makes this call. */
export function takeAsked(context: Context): Asked | undefined {
  const asked = context.getValue(CALLER) as Asked | undefined;
  if (asked === undefined || asked.isTaken) return undefined;
  asked.isTaken = true;
  return asked;
}

/** Where the app made a call: by the stack of the call, otherwise by that of who asked a pool for it. */
export function callLine(own: CallStack | undefined, asked: Asked | undefined): CallLine | undefined {
  return (
    (own === undefined ? undefined : lineOf(own)) ??
    (asked?.stack === undefined ? undefined : lineOf(asked.stack))
  );
}
