import { active, current } from '../context/active.ts';
import { type Context, SPAN_KEY } from '../context/context.ts';
import { type Block, block } from '../encode/span.ts';
import { reportFailure } from '../guard.ts';
import type { Ending } from '../operation/operation.ts';
import { startSpan } from '../operation/start.ts';
import { now } from '../trace/clock.ts';
import type { Scope } from '../trace/scope.ts';
import { INTERNAL, Span } from '../trace/span.ts';
import { errorType, failed } from './error.ts';
import { type Served, setServedEnded } from './http-server.ts';
import { CODE_FUNCTION_NAME, HTTP_ROUTE } from './keys.ts';
import { stepKeys } from './keys-own.ts';

/** The least time of its own, in ms, that makes a step a span; 0 is all of them. Undefined: there are no steps. */
let leastMs: number | undefined;

/** Called once at the start; without it, no step is ever begun. */
export function configureMiddleware(ms: number): void {
  leastMs = ms;
  setServedEnded(endSteps);
}

/** Whether frameworks are to tell of their steps: asked where a function is registered, not where it is called. */
export function areStepsWanted(): boolean {
  return leastMs !== undefined;
}

/** What a framework calls on the way of a request. */
export interface StepFacts {
  readonly type:
    | 'middleware'
    | 'request_handler'
    | 'error_handler'
    | 'hook'
    | 'guard'
    | 'interceptor'
    | 'pipe'
    | 'handler';
  /** What is called: the name of the function; of a hook, which one it is, and the name. */
  readonly name: string;
  /** Of a handler: the template of its route, as far as it is known before. */
  readonly route?: string;
  /** What all of its spans have. */
  readonly block: Block;
}

/**
 * @param library the framework as OpenTelemetry's agents call it in `<library>.type` and `<library>.name`
 * @param of the function that is called
 */
export function stepFacts(library: string, type: StepFacts['type'], of: string, route?: string): StepFacts {
  const name = of === '' || of === '<anonymous>' ? 'anonymous' : of.replace(/^bound /, '');
  const keys = stepKeys(library);
  const fn = type === 'hook' || name === 'anonymous' ? undefined : name;
  return { type, name, route, block: block([keys.type, type, keys.name, name, CODE_FUNCTION_NAME, fn]) };
}

/** `middleware - jsonParser`, `request handler - /orders/:id`. */
function spanName({ type, name, route }: StepFacts, served: Served): string {
  const what = type === 'request_handler' ? (served.route ?? route ?? name) : name;
  return `${type.replace('_', ' ')} - ${what}`;
}

/** Steps that have begun and not ended, of requests that are served. */
const open = new WeakMap<Served, Step[]>();

/** Whose `next` is being called: the step that begins in it is inside of that. */
let caller: Step | undefined;

/** One call of middleware, of a hook or of a handler. */
export class Step implements Ending {
  /** In which it runs; undefined leaves it as it is. */
  readonly context: Context | undefined;
  private readonly scope: Scope;
  private readonly factsOf: () => StepFacts;
  private readonly served: Served;
  private readonly around: Context;
  private readonly outer: Step | undefined;
  private readonly startMs: number;
  private readonly span: Span | undefined;
  /** What steps inside of it took, until they were over. */
  private insideMs: number;
  private isOver: boolean;
  /** Of its span: those of a step that is not slow are never asked for. */
  private facts: StepFacts | undefined;

  constructor(scope: Scope, factsOf: () => StepFacts, served: Served, around: Context) {
    this.scope = scope;
    this.factsOf = factsOf;
    this.served = served;
    this.around = around;
    this.outer = caller;
    this.startMs = now();
    this.insideMs = 0;
    this.isOver = false;
    this.facts = undefined;
    this.span = leastMs === 0 ? this.start() : undefined;
    this.context = this.span === undefined ? undefined : around.setValue(SPAN_KEY, this.span);
  }

  private start(): Span | undefined {
    const { scope, served, around, startMs } = this;
    const facts = this.factsOf();
    const span = startSpan(scope, spanName(facts, served), INTERNAL, around, startMs);
    if (!(span instanceof Span)) return undefined;
    span.addBlock(facts.block);
    this.facts = facts;
    return span;
  }

  /** Calls what comes next, as it would have been without this step. */
  callNext(next: Function, self: unknown, args: ArrayLike<unknown>): unknown {
    const before = caller;
    caller = this.isOver ? this.outer : this;
    try {
      return Reflect.apply(next, self, args);
    } finally {
      caller = before;
    }
  }

  /** In which what comes next runs, when this step is over with it. */
  get outside(): Context | undefined {
    return this.span === undefined ? undefined : this.around;
  }

  end(error: unknown): void {
    if (this.isOver) return;
    this.isOver = true;
    const { outer, startMs, insideMs } = this;
    const endMs = now();
    if (outer !== undefined) outer.insideMs += endMs - startMs;
    if (this.span === undefined && endMs - startMs - insideMs < (leastMs as number)) return;
    try {
      this.finish(error, endMs);
    } catch (failure) {
      reportFailure(this.scope.name, failure);
    }
  }

  private finish(error: unknown, endMs: number): void {
    const span = this.span ?? (leastMs === 0 ? undefined : this.start());
    if (span === undefined || span.ended) return;
    const { facts, served } = this;
    if (facts?.type === 'request_handler') span.add(HTTP_ROUTE, served.route ?? facts.route);
    if (error !== undefined) {
      failed(span, errorType(error));
      span.recordException(error as Error);
    }
    span.endAt(endMs);
  }
}

/** Begins a step of a request; undefined if that is not recorded. It ends with the request if it does not end before. */
export function beginStep(
  scope: Scope,
  served: Served | undefined,
  facts: () => StepFacts,
): Step | undefined {
  if (served?.span === undefined || served.span.ended) return undefined;
  const around = current()?.entry === served ? active() : served.context;
  const step = new Step(scope, facts, served, around);
  caller = undefined;
  const steps = open.get(served);
  if (steps === undefined) open.set(served, [step]);
  else steps.push(step);
  return step;
}

function endSteps(served: Served): void {
  const steps = open.get(served);
  if (steps === undefined) return;
  open.delete(served);
  // The innermost first.
  for (let i = steps.length - 1; i >= 0; i--) steps[i]!.end(undefined);
}
