import type { Point } from './patch/point.ts';
import { VERSION } from './version.ts';
import { SCHEMA_URL } from './semconv/schema.ts';
import { scope as newScope, type Scope } from './trace/scope.ts';

/** A diagnostics channel that the library itself publishes on. */
export interface Subscription {
  /** The channel's full name, such as `undici:request:create`. */
  channel: string;
  receive: (message: never) => void;
}

/** One library: where to cut, when a call is over, and what it means. */
export interface Instrumentation {
  /** The name in `OTEL_INSTRUMENTATION_<NAME>_ENABLED` and of the scope: the file's name. */
  name: string;
  /** Other names that switch it on and off: those that OpenTelemetry's own agent has for what is several files here. */
  aliases?: readonly string[];
  /** Names that switch it on too, but not off: of libraries whose spans are made here. */
  neededBy?: readonly string[];
  /** It makes no spans and keeps calls in their context: no choice of its own, on unless everything is off. */
  keepsContext?: true;
  /** The npm package; for builtins the name without `node:`. */
  module: string;
  /** Builtins that load this builtin internally, past every hook (`https` loads `http`). */
  loadedBy?: readonly string[];
  /** The supported range of the package; absent for builtins. */
  versions?: string;
  /** A builtin that few apps load: never loaded ahead for a CommonJS app's sake (Node 20), since that costs start-up time. */
  rare?: boolean;
  /** True if the package also has ES module files that need hooking. */
  esm?: boolean;
  points?: readonly Point[];
  subscriptions?: readonly Subscription[];
  /** One line for the table of supported libraries: which spans an app gets. */
  spans: string;
}

/** Declares the instrumentation of a library. */
export function define(instrumentation: Instrumentation): Instrumentation {
  return instrumentation;
}

/** The instrumentation scope of a file's spans. */
export function scope(name: string): Scope {
  return newScope(name, VERSION, SCHEMA_URL);
}

export { opening, type Point } from './patch/point.ts';
export { ALL, DB, HTTP, MESSAGING, RPC, TEMPLATE } from './context/layers.ts';
export { active, callIn, current, attach, bind, run, outside } from './context/active.ts';
export { ROOT } from './context/context.ts';
export { flatCopy } from './encode/flat-copy.ts';
export { isAbort } from './abort.ts';
export { bindCallback, lastGiven } from './patch/arguments.ts';
export { isExporterAgent } from './export/marker.ts';
export { guarded, reportFailure } from './guard.ts';
export { apiPromise, apiStream } from './patch/api-promise.ts';
export {
  asyncIterator,
  callbackOr,
  emitter,
  endingCallback,
  type Ends,
  endWithStream,
  iterator,
  promise,
  promised,
  property,
  resolvers,
  stream,
  sync,
  thenable,
  UNTRACED,
} from './patch/ends.ts';
export { begin, type Call, type Ending, type Operation } from './trace/operation.ts';
export { isWrapped, mimic, ownSymbol, wrap } from './patch/wrap.ts';
export {
  apart,
  attached,
  attempt,
  detached,
  type End,
  endOnce,
  keepContext,
  observePromise,
  queued,
  type Settle,
  traced,
  tracedAsParent,
  untraced,
} from './patch/legacy.ts';
