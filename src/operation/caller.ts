import type { Context } from '../context/context.ts';

let note: ((text: string) => Context | undefined) | undefined;

export function setCallerNote(next: (text: string) => Context | undefined): void {
  note = next;
}

/** Whether somebody wants to know who asks a pool for a call that a connection makes later. Known when the agent has started. */
export function notesCallers(): boolean {
  return note !== undefined;
}

/** The context for such a call, which knows who asks; undefined if the active one does. */
export function callerContext(_: unknown, [statement]: [unknown?]): Context | undefined {
  return note?.(typeof statement === 'string' ? statement : '');
}
