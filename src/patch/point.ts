import { bind, current, runIn } from '../context/active.ts';
import type { Context } from '../context/context.ts';
import { guarded, reportFailure } from '../guard.ts';
import {
  type AnyRole,
  begin,
  type Call,
  contextBelow,
  type Ending,
  type Operation,
} from '../operation/operation.ts';
import { argumentAt, bindCallback, looksLike } from './arguments.ts';
import { type Ends, promise, sync, UNKNOWN, UNTRACED } from './ends.ts';
import { locate, type Wrapper, wrap, wrapFunction } from '../wrap.ts';

/**
 * One function of a library, and what is made of its calls. All that a point says happens in one wrapper, one frame in the app's
 * stacks, which guards whatever is ours: what fails there is reported, and the call goes on as without it.
 */
export interface Point {
  /** The file inside the package that exports it, such as `lib/client.js`; the package's entry if absent. */
  file?: string;
  /**
   * Where it is in the file's exports, as a dotted path: `prototype.query`, `Client.prototype.query`. Empty: what the file exports
   * is the function itself (CommonJS), and is replaced. A last part `Symbol(name)` is the holder's own symbol of that description.
   */
  target: string;
  /** Other names that its holder has it under: they stay the same function. */
  aliases?: readonly string[];
  /** Restricts the point to some versions of the library. */
  versions?: string;
  /** Asked as the file is loaded, after the agent has started: a point for what only some apps ask for. */
  when?: () => boolean;
  /**
   * The point is about a function that the target is given, not about the target: its place among the arguments (`1`), that of an option
   * (`0.eachMessage`; the options are copied), or `first` or `last`: the first, or the last, argument that is a function.
   */
  argument?: string;
  /** What a call means. */
  trace?: AnyRole;
  /**
   * When it is over: for `trace`, `after` and `opens`. With `trace` a promise's end if absent, otherwise when it returns. Alone, it looks at
   * what is returned in some context, and may return something else.
   */
  ends?: Ends;
  /** What the call does is below its span: for libraries that send by another traced one, and for handlers. */
  active?: true;
  /**
   * While the call runs, until it returns, other points of the library that say so make nothing of their calls: methods that are made of
   * each other. What they call back meanwhile is the app's own. A function tells what it is about (a database): calls about something
   * else count then, and callbacks that are not called meanwhile need no function of ours around them.
   */
  outermost?: true | ((self: never, args: never) => unknown);
  /** Calls that nothing is made of, nor of what they return: with `trace`, `after`, `opens` or `ends`. */
  unless?: (self: never, args: never) => boolean;
  /**
   * Looks at a call before it is made. It may replace what is in `args`; objects of the app's are replaced by copies. Returns `UNTRACED` if
   * there is nothing that `after` has to hear of this call: a promise is handed out as it is then.
   */
  before?: (self: never, args: never, call: never) => unknown;
  /** Looks at a call that is over. `begun` is what `before` returned. */
  after?: (self: never, args: never, error: unknown, result: never, begun: never) => void;
  /**
   * In which context the function runs: `none` for what opens something that outlives its caller (a callback at the end of its arguments
   * is called in the caller's); `caller` for a function given as `argument` that is called from elsewhere; or what is returned, where
   * undefined leaves it as it is.
   */
  context?: 'none' | 'caller' | ((self: never, args: never) => Context | undefined);
  /**
   * Points of what comes of the call: returned, promised or called back. Of a class that is not exported: `constructor.prototype.query`.
   * What looks at their calls is given the one that opened them.
   */
  opens?: readonly Point[];
  /** The last resort, for what none of the above says: makes the replacement of the function, and guards what is ours in it. */
  wrap?: Wrapper;
}

/** What the points of a library share: what the call that is running now is about. */
export interface Nesting {
  running: unknown;
}

/** The wrapper of the functions that a point is about; `name` is the instrumentation's. */
export function wrapperOf(point: Point, name: string, nesting: Nesting): CallWrapper {
  if (point.wrap !== undefined) return point.wrap;
  const { argument } = point;
  const wrapper = wrapperOfCalls(point, name, nesting);
  if (argument === undefined) return wrapper;
  const replace = argumentAt(argument);
  // A task that a queue only calls need not look like itself, which would be most of what it costs.
  const isTask = point.context === 'caller';
  return (original) =>
    function (this: unknown, ...args: unknown[]) {
      try {
        replace(args, (given) =>
          isTask ? bind(given) : looksLike(given, wrapper(given, { self: this, args: [...args] })),
        );
      } catch (failure) {
        reportFailure(name, failure);
      }
      return Reflect.apply(original, this, args);
    };
}

/** One wrapper for each function that points are about: several points of one function go around each other, the last outermost. */
export function wrappersOf(
  points: readonly Point[],
  name: string,
  nesting: Nesting,
): Map<string, CallWrapper> {
  const wrappers = new Map<string, CallWrapper>();
  for (const point of points) {
    const outer = wrapperOf(point, name, nesting);
    const inner = wrappers.get(point.target);
    wrappers.set(
      point.target,
      inner === undefined ? outer : (original, call) => outer(inner(original, call), call),
    );
  }
  return wrappers;
}

/** What stands in for a function that no target leads to: found by a `before` or an `after`. It looks like the function itself. */
export function replacement<F extends Function>(original: F, point: Omit<Point, 'target'>, name: string): F {
  const wrapper = wrapperOf({ target: '', ...point }, name, { running: undefined });
  return wrapFunction(original, wrapper) as F;
}

export type CallWrapper = (original: Function, call?: Call) => Function;

function wrapperOfCalls(point: Point, name: string, nesting: Nesting): CallWrapper {
  const { trace, before, after, context, opens, outermost } = point;
  const isWatched =
    trace !== undefined || after !== undefined || opens !== undefined || point.ends !== undefined;
  if (isWatched || outermost !== undefined) return watchedWrapper(point, name, nesting);
  if (context === undefined) return beforeWrapper(before as Before, name);
  return contextWrapper(before as Before | undefined, context as Where, name);
}

type Before = (self: unknown, args: unknown[], call: Call | undefined) => unknown;
type After = (self: unknown, args: unknown[], error: unknown, result: unknown, begun: unknown) => void;
type Unless = (self: unknown, args: unknown[]) => boolean;
type Where = 'none' | ((self: unknown, args: unknown[]) => Context | undefined);

function beforeWrapper(before: Before, name: string): CallWrapper {
  return (original, call) =>
    function (this: unknown, ...args: unknown[]) {
      try {
        before(this, args, call);
      } catch (failure) {
        reportFailure(name, failure);
      }
      return Reflect.apply(original, this, args);
    };
}

function contextWrapper(before: Before | undefined, where: Where, name: string): CallWrapper {
  return (original, call) =>
    function (this: unknown, ...args: unknown[]) {
      let context: Context | undefined;
      try {
        before?.(this, args, call);
        if (where === 'none') bindCallback(args);
        else context = other(where(this, args));
      } catch (failure) {
        reportFailure(name, failure);
      }
      return where !== 'none' && context === undefined
        ? Reflect.apply(original, this, args)
        : runIn(context, Reflect.apply, original, this, args);
    };
}

/** A context that is active already needs no change of it, which costs more than the look. */
function other(context: Context | undefined): Context | undefined {
  return context === current() ? undefined : context;
}

/** For calls whose end counts. */
function watchedWrapper(point: Point, name: string, nesting: Nesting): CallWrapper {
  const { trace, active: isActive, outermost } = point;
  const unless = point.unless as Unless | undefined;
  const ends = point.ends ?? (trace === undefined ? sync : promise);
  const where = point.context as Where | undefined;
  const opens = opener(point.opens, name, nesting);
  const observe = observerOf(point, name, opens?.members);
  const open = opens?.whole;
  const isInside = isActive === true || (trace as { received?: unknown } | undefined)?.received !== undefined;
  return (original, call) =>
    function (this: unknown, ...args: unknown[]) {
      if (unless !== undefined && asked(unless, this, args, name) === true)
        return Reflect.apply(original, this, args);
      const about =
        outermost === undefined
          ? undefined
          : outermost === true
            ? nesting
            : asked(outermost, this, args, name);
      if (about !== undefined && nesting.running === about) return Reflect.apply(original, this, args);
      let ending: Ending = UNTRACED;
      let isArmed = false;
      let context: Context | undefined;
      try {
        const operation = trace === undefined ? undefined : begin(trace, this, args, call);
        // Before a look that may fail: the operation ends all the same.
        if (operation !== undefined) ending = operation;
        if (observe !== undefined) ending = observe(this, args, call, operation);
        if (isInside && operation !== undefined) context = contextBelow(operation);
        else if (where !== undefined && where !== 'none') context = other(where(this, args));
        // Under an unsampled parent a callback that loses the context would start traces of its own.
        isArmed =
          ending === UNTRACED && ends.always !== true && current() === undefined
            ? true
            : ends.arm?.(this, args, ending, context) === true;
        if (about === nesting) loudly(args, nesting);
        if (where === 'none' && !isArmed) bindCallback(args);
      } catch (failure) {
        reportFailure(name, failure);
      }
      const { running } = nesting;
      if (about !== undefined) nesting.running = about;
      let result: unknown;
      try {
        result =
          where !== 'none' && context === undefined
            ? Reflect.apply(original, this, args)
            : runIn(context, Reflect.apply, original, this, args);
      } catch (error) {
        ending.end(error ?? UNKNOWN);
        throw error;
      } finally {
        if (about !== undefined) nesting.running = running;
      }
      try {
        if (!isArmed && ends.watch !== undefined) result = ends.watch(result, ending, this, args, context);
        return open === undefined ? result : open(result, { self: this, args });
      } catch (failure) {
        reportFailure(name, failure);
        return result;
      }
    };
}

/** What a table says of a call before anything is made of it; undefined, if it fails, lets it count. */
function asked(
  of: (self: never, args: never) => unknown,
  self: unknown,
  args: unknown[],
  name: string,
): unknown {
  try {
    return of(self as never, args as never);
  } catch (failure) {
    reportFailure(name, failure);
    return undefined;
  }
}

/** Callbacks of the app's may be called before the function returns: what they do is the app's own. */
function loudly(args: unknown[], nesting: Nesting): void {
  for (let i = 0; i < args.length; i++) {
    const given = args[i];
    if (typeof given !== 'function') continue;
    args[i] = function (this: unknown) {
      const { running } = nesting;
      nesting.running = undefined;
      try {
        return Reflect.apply(given, this, arguments);
      } finally {
        nesting.running = running;
      }
    };
  }
}

/** Makes, for a call, what its `after` and `opens` hear of its end, and its operation too. */
function observerOf(
  { before, after }: Point,
  name: string,
  opens: Opener | undefined,
):
  | ((self: unknown, args: unknown[], call: Call | undefined, operation: Operation | undefined) => Ending)
  | undefined {
  if (after === undefined && opens === undefined) {
    if (before === undefined) return undefined;
    return (self, args, call, operation) => {
      (before as Before)(self, args, call);
      return operation ?? UNTRACED;
    };
  }
  return (self, args, call, operation) => {
    const begun = (before as Before | undefined)?.(self, args, call);
    if (begun === UNTRACED && opens === undefined) return operation ?? UNTRACED;
    let isOver = false;
    return {
      end(error, result) {
        if (isOver) return;
        isOver = true;
        operation?.end(error, result);
        try {
          if (error === undefined) opens?.(result, { self, args });
          if (begun !== UNTRACED) (after as After | undefined)?.(self, args, error, result, begun);
        } catch (failure) {
          reportFailure(name, failure);
        }
      },
    };
  };
}

/** Makes the points of a value that `call` has opened. */
type Opener = (value: unknown, call: Call | undefined) => unknown;

/** What makes the points of values that calls open: of their members, and of a value that is a function itself. */
function opener(
  points: readonly Point[] | undefined,
  name: string,
  nesting: Nesting,
): { members?: Opener; whole?: Opener } | undefined {
  if (points === undefined) return undefined;
  const made = [...wrappersOf(points, name, nesting)].map(([target, wrapper]) => ({ target, wrapper }));
  const members = made.filter(({ target }) => target !== '');
  const whole = made.find(({ target }) => target === '')?.wrapper;
  return {
    members: members.length === 0 ? undefined : memberOpener(members),
    whole:
      whole &&
      ((value, call) =>
        typeof value === 'function' ? wrapFunction(value, (original) => whole(original, call)) : value),
  };
}

interface Member {
  readonly target: string;
  readonly wrapper: CallWrapper;
}

const CLASS = 'constructor.prototype.';

/**
 * Classes are shared by many values: each is looked through once, also where the app has replaced a method of it since. Only what is a
 * value's own is opened by one call.
 */
function memberOpener(members: readonly Member[]): Opener {
  const shared = members.filter(({ target }) => target.startsWith(CLASS));
  const own = members.filter(({ target }) => !target.startsWith(CLASS));
  const seen = new WeakSet<object>();
  return (value, call) => {
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return;
    const prototype = shared.length === 0 ? null : (Object.getPrototypeOf(value) as object | null);
    if (prototype !== null && !seen.has(prototype)) {
      seen.add(prototype);
      openMembers(value, shared, undefined);
    }
    if (own.length > 0) openMembers(value, own, call);
  };
}

function openMembers(value: object, members: readonly Member[], call: Call | undefined): void {
  for (const { target, wrapper } of members) {
    const found = locate(value, target);
    if (found === undefined) continue;
    wrap(found.holder, found.name, ((original: Function) => wrapper(original, call)) as never);
  }
}

/** Makes the points of values that come by other ways than from a call: of an argument, of what a channel publishes. */
export function opening(name: string, points: readonly Point[]): (value: unknown) => void {
  // Made when the first value comes: most apps have few of the libraries, and all wait for the tables.
  let made: ReturnType<typeof opener>;
  return guarded(name, (value: unknown) => {
    made ??= opener(points, name, { running: undefined });
    made?.members?.(value, undefined);
  });
}
