import type { Config } from '../config/table.ts';
import type { Context } from '../context/context.ts';
import { guarded } from '../guard.ts';
import { type Operation, setDbWatch } from '../operation/operation.ts';
import { Span } from '../trace/span.ts';
import { SecondSpan } from '../trace/stand-in.ts';
import { now } from '../trace/clock.ts';
import { type CallLine, type CallStack, captureStack } from './call-line.ts';
import { type Asked, callLine, startCallers, takeAsked } from './caller.ts';
import { isRepeating, noteStatement } from './repeated.ts';
import { noteSlow } from './slow.ts';
import { watchedCalls } from './watched-calls.ts';

interface Call {
  readonly parent: Span | undefined;
  readonly stack: CallStack | undefined;
  readonly asked: Asked | undefined;
}

/**
 * Starts to look for slow statements and for such as repeat. Only recorded calls are looked at, and only what may have to be told has its
 * stack noted: what is not known to be fast, and what is about to be one too many.
 */
export function startTrouble({ slowQueryMs, repeats }: Config['trouble']): void {
  const calls = new WeakMap<Operation, Call>();
  const watched = watchedCalls();
  const isWanted = (parent: Span | undefined, name: string | undefined, key: string): boolean =>
    (slowQueryMs !== undefined && watched.isWatched(key)) ||
    (repeats !== undefined && parent !== undefined && isRepeating(parent, name));
  setDbWatch({
    began: guarded('trouble', (operation, span, context) => {
      const around = parentOf(context);
      const parent = around === span ? undefined : around;
      const { role, facts } = operation;
      // What is put together later has no name yet that would tell it from others.
      const name = role.late === undefined ? facts.name : undefined;
      const stack = isWanted(parent, name, facts.name) ? captureStack() : undefined;
      calls.set(operation, { parent, stack, asked: takeAsked(context) });
    }),
    ended: guarded('trouble', (operation, span, name) => {
      const call = calls.get(operation);
      if (call === undefined) return;
      const { parent, stack, asked } = call;
      const endMs = now();
      const durationMs = endMs - operation.startMs;
      const line = (): CallLine | undefined => callLine(stack, asked);
      if (slowQueryMs !== undefined && durationMs >= slowQueryMs) {
        watched.sawSlow(operation.facts.name);
        if (asked !== undefined) watched.sawSlow(asked.text);
        noteSlow(span, parent, durationMs, line());
      }
      if (repeats !== undefined && parent !== undefined && !parent.ended) {
        const startMs = asked?.atMs ?? operation.startMs;
        noteStatement(parent, span, name, startMs, endMs, repeats, line);
      }
    }),
  });
  startCallers((context, text) => isWanted(parentOf(context), undefined, text));
}

/** The span that a call is below, if it is one of this process that is recorded. */
function parentOf({ span: around }: Context): Span | undefined {
  const parent = around instanceof SecondSpan ? around.span : around;
  return parent instanceof Span ? parent : undefined;
}
