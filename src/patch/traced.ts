import { active, current, run } from '../context/active.ts';
import { SPAN_KEY } from '../context/context.ts';
import type { Span } from '../trace/span.ts';
import { guarded, reportFailure } from '../guard.ts';

/**
 * What a traced call means: a role of `src/semconv` with the getters of one library.
 *
 * `start` returns undefined when there is nothing to record (no sampled parent, suppressed, not a real operation). `end` is
 * called once; `error` is undefined on success.
 */
export interface Role<Self = unknown, Args extends unknown[] = unknown[], Result = unknown> {
  readonly name: string;
  start(self: Self, args: Args): Span | undefined;
  end(span: Span, error: unknown, result: Result | undefined): void;
}

/** Ends the span of one call, once. `undefined` as error means success. */
export type End = (error: unknown, result?: unknown) => void;

/**
 * How a traced call ends: calls the original exactly as the app did, passes on what it returns or throws, and calls `end` when
 * the operation is over. Everything in it that is ours is guarded; the original is not.
 */
export type Settle = (original: Function, self: unknown, args: unknown[], end: End) => unknown;

/** Stands for the end of a call that is not traced: its callbacks have to keep the context all the same. */
export const untraced: End = () => undefined;

/** The wrapper of a traced function. */
export function traced(role: Role<never, never, never>, settle: Settle): (original: Function) => Function {
  const { name, start, end } = role as unknown as Role;
  return (original) =>
    function (this: unknown, ...args: unknown[]): unknown {
      let span: Span | undefined;
      try {
        span = start(this, args);
      } catch (error) {
        reportFailure(name, error);
      }
      if (span === undefined) {
        // Under an unsampled parent a callback that loses the context would start traces of its own.
        return current() === undefined
          ? Reflect.apply(original, this, args)
          : settle(original, this, args, untraced);
      }
      return settle(original, this, args, endOnce(span, end, name));
    };
}

/** The same for a library that sends by another traced one: what it starts is below the span. */
export function tracedAsParent(
  role: Role<never, never, never>,
  settle: Settle,
): (original: Function) => Function {
  const { name, start, end } = role as unknown as Role;
  const begin = guarded(name, start);
  return (original) =>
    function (this: unknown, ...args: unknown[]): unknown {
      const span = begin(this, args);
      if (span === undefined) return Reflect.apply(original, this, args);
      const inside = (...inner: unknown[]): unknown =>
        run(active().setValue(SPAN_KEY, span), () => Reflect.apply(original, this, inner));
      return settle(inside, this, args, endOnce(span, end, name));
    };
}

/** A guarded `end` for one span. */
export function endOnce(span: Span, end: Role['end'], name: string): End {
  return (error, result) => {
    if (span.ended) return;
    try {
      end(span, error, result);
    } catch (failure) {
      reportFailure(name, failure);
    }
    span.end();
  };
}
