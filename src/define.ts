import type { Instrumentation } from './patch/instrumentation.ts';
import { VERSION } from './version.ts';
import { SCHEMA_URL } from './semconv/schema.ts';
import { scope as newScope, type Scope } from './trace/scope.ts';

/** Declares the instrumentation of a library. */
export function define(instrumentation: Instrumentation): Instrumentation {
  return instrumentation;
}

/** The instrumentation scope of a file's spans. */
export function scope(name: string): Scope {
  return newScope(name, VERSION, SCHEMA_URL);
}

export { type Instrumentation, type Listed, listed, type Subscription } from './patch/instrumentation.ts';
export { opening, type Point, replacement } from './patch/point.ts';
export { environmentWithContext, pairsWithContext } from './carriers/child-environment.ts';
export { notePosted, notePostedBy, noteWorker } from './carriers/posting.ts';
export { noteFetched } from './carriers/receiving.ts';
export { DB } from './context/layers.ts';
export { active, attach, bind, callIn, current, outside, run, runIn } from './context/active.ts';
export { ROOT } from './context/context.ts';
export { flatCopy } from './encode/flat-copy.ts';
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
  givenEmitter,
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
export { callerContext, notesCallers } from './operation/caller.ts';
export { begin, type Call, type Ending, type Operation } from './operation/operation.ts';
export { isWrapped, mimic, ownSymbol, wrap } from './wrap.ts';
