import { active } from '../context/active.ts';
import { type Context, SPAN_KEY } from '../context/context.ts';
import type { Block } from '../encode/span.ts';
import { reportFailure } from '../guard.ts';
import type { Ending } from '../operation/operation.ts';
import { isRecorded, startSpan } from '../operation/start.ts';
import { UNKNOWN } from '../patch/ends.ts';
import { errorType, failed } from '../semconv/error.ts';
import type { Scope } from '../trace/scope.ts';
import { INTERNAL, Span } from '../trace/span.ts';

/** A function that has spans. */
export interface Method {
  readonly scope: Scope;
  /** Of its spans. */
  readonly name: string;
  /** The attributes of its spans. */
  readonly facts: Block;
}

/** One call that is recorded. */
export class MethodCall implements Ending {
  readonly span: Span;

  constructor(span: Span) {
    this.span = span;
  }

  end(error: unknown): void {
    const { span } = this;
    if (span.ended) return;
    try {
      if (error !== undefined) {
        if (error !== UNKNOWN) span.recordException(error as Error);
        failed(span, errorType(error));
      }
    } catch (failure) {
      // An error that can not be read.
      reportFailure(span.scope.name, failure);
    }
    span.end();
  }
}

/**
 * The context below a call; undefined for one that has no span: below a request that is not sampled, and a call inside of a call of the
 * same function with nothing traced between them, which is a part of that.
 */
export function contextOfCall({ scope, name, facts }: Method): Context | undefined {
  const around = active();
  const outer = around.span;
  if (outer instanceof Span && outer.scope === scope && outer.name === name && !outer.ended) return undefined;
  if (!isRecorded(around)) return undefined;
  const span = startSpan(scope, name, INTERNAL, around);
  if (span instanceof Span) span.addBlock(facts);
  // One that is not recorded is active too: the decision on a trace is one for all of it.
  return around.setValue(SPAN_KEY, span);
}
