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

interface Call {
  readonly parent: Span | undefined;
  readonly stack: CallStack | undefined;
  readonly asked: Asked | undefined;
}

/**
 * Starts to look for slow statements and for such as repeat. Only recorded calls are looked at, and only what may have to be told has its
 * stack noted: with `slowQueryMs` each call, since it is slow at its end, otherwise what is about to be one too many.
 */
export function startTrouble({ slowQueryMs, repeats }: Config['trouble']): void {
  const calls = new WeakMap<Operation, Call>();
  const isWanted = (parent: Span | undefined, name: string | undefined): boolean =>
    slowQueryMs !== undefined || (repeats !== undefined && parent !== undefined && isRepeating(parent, name));
  setDbWatch({
    began: guarded('trouble', (operation, span, context) => {
      const around = parentOf(context);
      const parent = around === span ? undefined : around;
      const name = operation.role.late === undefined ? operation.facts.name : undefined;
      const stack = isWanted(parent, name) ? captureStack() : undefined;
      calls.set(operation, { parent, stack, asked: takeAsked(context) });
    }),
    ended: guarded('trouble', (operation, span, name) => {
      const call = calls.get(operation);
      if (call === undefined) return;
      const { parent, stack, asked } = call;
      const endMs = now();
      const line = (): CallLine | undefined => callLine(stack, asked);
      if (slowQueryMs !== undefined && endMs - operation.startMs >= slowQueryMs) {
        noteSlow(span, parent, endMs - operation.startMs, line());
      }
      if (repeats !== undefined && parent !== undefined && !parent.ended) {
        const startMs = asked?.atMs ?? operation.startMs;
        noteStatement(parent, span, name, startMs, endMs, repeats, line);
      }
    }),
  });
  startCallers((context) => isWanted(parentOf(context), undefined));
}

/** The span that a call is below, if it is one of this process that is recorded. */
function parentOf({ span: around }: Context): Span | undefined {
  const parent = around instanceof SecondSpan ? around.span : around;
  return parent instanceof Span ? parent : undefined;
}
