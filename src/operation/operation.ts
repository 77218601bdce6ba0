import { active } from '../context/active.ts';
import { Context, ROOT, SPAN_KEY } from '../context/context.ts';
import { DB, NONE } from '../context/layers.ts';
import { reportFailure } from '../guard.ts';
import { now } from '../trace/clock.ts';
import { noteClosed, noteOpen, type OpenEntry, type Received, startReceived } from './entry.ts';
import { isRoot, startsTraces } from './roots.ts';
import type { Scope } from '../trace/scope.ts';
import { CLIENT, PRODUCER, Span } from '../trace/span.ts';
import { DENIED, type NonRecordingSpan } from '../trace/span-context.ts';
import { isOff } from '../trace/switch.ts';
import { isRecorded, startSpan } from './start.ts';

/** What an operation is. Where operations repeat (a prepared statement) it is one object for all: a series of a metric is told by it. */
export interface Facts {
  /** The span's name. */
  readonly name: string;
}

/** The call that a function was given to, or came of: `channel.consume(queue, handler)` for the calls of `handler`. */
export interface Call {
  readonly self: unknown;
  readonly args: readonly unknown[];
}

/**
 * What the calls of a traced function mean: made by the families of `src/semconv`, with the getters of one library. A role knows nothing
 * of sampling, suppression and metrics: {@link begin} asks, and calls what is needed.
 */
export interface Role<Self = unknown, Args extends unknown[] = unknown[], F extends Facts = Facts> {
  readonly scope: Scope;
  /** `CLIENT`, `PRODUCER`, … of `span.ts`. */
  readonly kind: number;
  /** Its layer in `context/layers.ts`, by which it is suppressed. */
  readonly layer: number;
  /** What is known when it starts; undefined if the call is no operation. */
  of(self: Self, args: Args, context: Context, call: Call | undefined): F | undefined;
  /** Adds the attributes that are known when it starts. */
  start?(span: Span, facts: F, self: Self, args: Args): void;
  /** What only its end shows, in place of what `of` said: it names the span then. `error` is undefined on success. */
  late?(facts: F, error: unknown, result: unknown): F;
  /** Adds what its end tells; `error` is undefined on success. */
  end?(span: Span, error: unknown, result: unknown, facts: F): void;
  /** Lets the span travel with what the call sends, also one that is not recorded. */
  inject?(span: Span | NonRecordingSpan, facts: F, self: Self, args: Args, context: Context): void;
  /** For what another process asks for: what came with it. */
  received?(facts: F, self: Self, args: Args): Received<never>;
  /**
   * What is active where it comes in is nobody's will: that of whoever opened the connection, or started to poll. It is neither a parent nor
   * a link then, and suppresses nothing.
   */
  readonly ignoresContext?: true;
  /** The layers that are suppressed below it: of the protocols that it is sent by. */
  readonly suppresses?: number;
}

/** A role of any library. */
export interface AnyRole extends Omit<Role<never, never, never>, 'of' | 'late'> {
  of(self: never, args: never, context: Context, call: Call | undefined): Facts | undefined;
  late?(facts: never, error: unknown, result: unknown): Facts;
}

/** What has an end. The first call of `end` counts; `undefined` as error means success. */
export interface Ending {
  end(error: unknown, result?: unknown): void;
}

/** Hears of each operation that has ended, with a span or without. Times are monotonic, in ms. */
export type Measure = (role: Role, facts: Facts, startMs: number, endMs: number, error: unknown) => void;

/** Undefined while nobody listens: then an operation without a span does not exist, at the price of one comparison. */
let measure: Measure | undefined;

export function setMeasure(next: Measure | undefined): void {
  measure = next;
}

/** Looks at calls of databases that are recorded, while they happen. */
export interface DbWatch {
  /** `context` is what the call is made in. */
  began(operation: Operation, span: Span, context: Context): void;
  /** Its attributes are complete; it is about to be handed on. */
  ended(operation: Operation, span: Span, name: string): void;
}

/** Undefined while nobody looks for trouble. */
let dbWatch: DbWatch | undefined;

export function setDbWatch(next: DbWatch | undefined): void {
  dbWatch = next;
}

/** One operation, from its start to its end: recorded in a span, or only measured. */
export class Operation implements Ending {
  readonly role: Role;
  readonly facts: Facts;
  readonly span: Span | undefined;
  readonly startMs: number;
  private isOver: boolean;

  constructor(role: Role, facts: Facts, span: Span | undefined) {
    this.role = role;
    this.facts = facts;
    this.span = span;
    this.startMs = span === undefined ? now() : span.startMs;
    this.isOver = false;
  }

  end(error: unknown, result?: unknown): void {
    if (this.isOver) return;
    this.isOver = true;
    const { role, span } = this;
    try {
      const facts = role.late === undefined ? this.facts : role.late(this.facts, error, result);
      if (span !== undefined && !span.ended) {
        if (role.late !== undefined) span.name = facts.name;
        role.end?.(span, error, result, facts);
        if (dbWatch !== undefined && role.layer === DB) dbWatch.ended(this, span, facts.name);
      }
      measure?.(role, facts, this.startMs, now(), error);
    } catch (failure) {
      reportFailure(role.scope.name, failure);
    }
    span?.end();
  }
}

/** What another process asked for: the entry of the contexts below it. */
class ReceivedOperation extends Operation implements OpenEntry {
  readonly context: Context;
  older: OpenEntry | undefined = undefined;
  newer: OpenEntry | undefined = undefined;

  constructor(role: Role, facts: Facts, started: Span | NonRecordingSpan, baggage: string | undefined) {
    super(role, facts, started instanceof Span ? started : undefined);
    // What is suppressed where it comes in is the protocol that brings it, not what is done for it.
    this.context = new Context(started, this, baggage, NONE, undefined, undefined);
    if (this.span !== undefined) noteOpen(this);
  }

  override end(error: unknown, result?: unknown): void {
    noteClosed(this);
    super.end(error, result);
  }

  abandon(reason: string): void {
    this.end({ code: reason });
  }
}

/** Whether an operation makes a span in a context, as far as that is known before there is one: the one place that asks. */
export function isTraced(scope: Scope, kind: number, layer: number, context: Context): boolean {
  if ((context.suppressed & layer) !== 0 || !isRecorded(context)) return false;
  return (kind !== CLIENT && kind !== PRODUCER) || !isRoot(context) || startsTraces(scope);
}

/** Called before the start of what another process asks for; undefined while nobody waits for it. */
let whenReceived: (() => void) | undefined;

export function setWhenReceived(next: (() => void) | undefined): void {
  whenReceived = next;
}

/** Starts the operation that a call is. Undefined if nobody would hear of its end. */
export function begin(given: AnyRole, self: unknown, args: unknown[], call?: Call): Operation | undefined {
  const role = given as unknown as Role;
  if (role.received !== undefined) {
    if (whenReceived !== undefined) whenReceived();
    return receive(role, self, args, call, role.ignoresContext === true ? ROOT : active());
  }
  const context = active();
  const { scope, kind, layer, inject } = role;
  const traced = isTraced(scope, kind, layer, context);
  // What is not recorded travels all the same: the decision on a trace is one for all of it.
  const travels = inject !== undefined && (traced || mayTravel(scope, layer, context));
  if (!traced && !travels && measure === undefined) return undefined;
  const facts = role.of(self, args, context, call);
  if (facts === undefined) return undefined;
  const started = traced || travels ? startSpan(scope, facts.name, kind, context) : undefined;
  const span = started instanceof Span ? started : undefined;
  if (span !== undefined) role.start?.(span, facts, self, args);
  if (travels && started !== undefined) inject.call(role, started, facts, self, args, context);
  if (span === undefined && measure === undefined) return undefined;
  const operation = new Operation(role, facts, span);
  if (dbWatch !== undefined && span !== undefined && layer === DB) dbWatch.began(operation, span, context);
  return operation;
}

/** Whether what a call sends carries a span on, be it one that is not recorded. */
export function mayTravel(scope: Scope, layer: number, context: Context): boolean {
  // Switched off, there is nothing to carry on but what came in.
  if (isOff() && (context.span === undefined || context.span === DENIED)) return false;
  return (context.suppressed & layer) === 0 && (!isRoot(context) || startsTraces(scope));
}

function receive(
  role: Role,
  self: unknown,
  args: unknown[],
  call: Call | undefined,
  around: Context,
): Operation | undefined {
  const { scope, kind, layer } = role;
  if ((around.suppressed & layer) !== 0) return undefined;
  const facts = role.of(self, args, around, call);
  if (facts === undefined) return undefined;
  const received = role.received?.(facts, self, args) as Received<never>;
  const { span, baggage } = startReceived(scope, facts.name, kind, received, around);
  // Before it is in the list of what is open, where a role that fails would leave it.
  if (span instanceof Span) role.start?.(span, facts, self, args);
  return new ReceivedOperation(role, facts, span, baggage);
}

/** The context for what runs below an operation. */
export function contextBelow(operation: Operation): Context {
  if (operation instanceof ReceivedOperation) return operation.context;
  const { span, role } = operation;
  const context = active();
  const inside = span === undefined ? context : context.setValue(SPAN_KEY, span);
  return role.suppresses === undefined ? inside : inside.suppress(role.suppresses);
}
