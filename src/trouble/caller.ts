import { active } from '../context/active.ts';
import type { Context } from '../context/context.ts';
import { setCallerNote } from '../operation/caller.ts';
import { type CallLine, type CallStack, captureStack, lineOf } from './call-line.ts';

const CALLER = Symbol('foretrace.caller');

/** Lets pools say who asks: by the time that a connection makes the call, the stack is that of the pool. */
export function startCallers(isWanted: (context: Context) => boolean): void {
  setCallerNote(() => {
    const context = active();
    return isWanted(context) ? context.setValue(CALLER, captureStack()) : undefined;
  });
}

/** Where the app made a call: by the stack of the call, otherwise by that of who asked a pool for it. */
export function callLine(own: CallStack, context: Context): CallLine | undefined {
  const asked = context.getValue(CALLER) as CallStack | undefined;
  return lineOf(own) ?? (asked === undefined ? undefined : lineOf(asked));
}
