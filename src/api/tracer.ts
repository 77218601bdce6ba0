import type {
  Context as ApiContext,
  Span as ApiSpan,
  SpanOptions,
  Tracer,
  TracerProvider,
} from '@opentelemetry/api';
import { active, adopt, run } from '../context/active.ts';
import { type Context, SPAN_KEY } from '../context/context.ts';
import { reportFailure } from '../guard.ts';
import { clockAt, monotonic, now } from '../trace/clock.ts';
import { type Scope, scope } from '../trace/scope.ts';
import { CONSUMER, INTERNAL, Span } from '../trace/span.ts';
import { startSpan } from '../operation/start.ts';

/** What stands in for a span that the app starts; undefined if it is made. */
export type FoldStarted = (
  scope: Scope,
  name: string,
  kind: number,
  parent: Context,
  options: SpanOptions | undefined,
) => ApiSpan | undefined;

let foldStarted: FoldStarted | undefined;

export function setFoldStarted(fold: FoldStarted | undefined): void {
  foldStarted = fold;
}

/** The API's `TracerProvider` for manual spans of an app: they nest with ours, and are sampled and limited alike. */
export const tracerProvider: TracerProvider = {
  getTracer(name, version, options) {
    return tracer(scope(textOf(name) ?? '', textOf(version), textOf(options?.schemaUrl)));
  },
};

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** OTLP's number of an API's kind. */
function kindOf(kind: unknown): number {
  const number = Number.isInteger(kind) ? (kind as number) + 1 : INTERNAL;
  return number >= INTERNAL && number <= CONSUMER ? number : INTERNAL;
}

/** {@link foldStarted}, guarded: the app's options may be anything. */
function fold(
  scope: Scope,
  name: string,
  kind: number,
  parent: Context,
  options: SpanOptions | undefined,
): ApiSpan | undefined {
  try {
    return foldStarted?.(scope, name, kind, parent, options);
  } catch (error) {
    reportFailure('folding a span', error);
    return undefined;
  }
}

function tracer(scope: Scope): Tracer {
  function start(name: string, options?: SpanOptions, context?: ApiContext): ApiSpan {
    let parent = context === undefined ? active() : adopt(context);
    const kind = kindOf(options?.kind);
    const folded = fold(scope, name, kind, parent, options);
    if (folded !== undefined) return folded;
    if (options?.root === true) parent = parent.deleteValue(SPAN_KEY);
    const time = options?.startTime;
    // The clock that the span will have: a child shares its parent's.
    const clock = parent.span instanceof Span ? parent.span.clock : clockAt(now());
    const startMs = time === undefined ? now() : (monotonic(time, clock) ?? now());
    const span = startSpan(scope, textOf(name) ?? '', kind, parent, startMs);
    if (!(span instanceof Span)) return span;
    span.updateName(name);
    if (options?.attributes !== undefined) span.setAttributes(options.attributes);
    if (Array.isArray(options?.links)) span.addLinks(options.links);
    return span;
  }

  return {
    startSpan: start,

    startActiveSpan(name: string, ...rest: unknown[]) {
      const fn = rest.pop() as (span: ApiSpan) => unknown;
      if (typeof fn !== 'function') return undefined as never;
      const context = rest[1] === undefined ? active() : adopt(rest[1] as ApiContext);
      const span = start(name, rest[0] as SpanOptions | undefined, context);
      return run(context.setValue(SPAN_KEY, span), fn, span) as never;
    },
  };
}
