import { isAbort } from '../abort.ts';
import type { Ending } from '../operation/operation.ts';
import {
  type Ends,
  observePromise,
  type OnItem,
  type Reading,
  sync,
  UNKNOWN,
  UNTRACED,
  watched,
  watchOnce,
} from './ends.ts';

/** A promise of the SDKs that Stainless generates. Its request is on its way; the body is parsed for the first who asks for it. */
interface ApiPromise {
  responsePromise: Promise<unknown>;
  parseResponse: Function;
  parse: Function;
  asResponse: Function;
  _thenUnwrap: Function;
}

/** What has come of a call, for all promises that are made of its promise. */
interface Progress {
  readonly ends: Ends;
  readonly ending: Ending;
  readonly self: unknown;
  readonly args: unknown[];
  /** Of the request, watched. */
  readonly response: Promise<unknown>;
  hasResponse: boolean;
  /** Somebody wants the body. */
  isAsked: boolean;
  /** Somebody wants the response alone, of which only its head is known. */
  isRaw: boolean;
  isWatched: boolean;
}

/**
 * The call is over when the promise of an SDK, which it returns, has what is asked for: the body, which goes on as `ends` says, or the
 * response alone. The app gets the very object. A `then` of ours would parse the body, which whoever asks for the response wants to read,
 * and make rejections handled: in place of its parts, its request and its parser, are watched ones.
 */
export function apiPromise(ends: Ends = sync): Ends {
  return {
    watch(result, ending, self, args) {
      if (ending === UNTRACED) return result;
      const promise = result as ApiPromise | undefined;
      if (typeof promise?.responsePromise?.then !== 'function' || typeof promise.parseResponse !== 'function')
        return observePromise(result, ending);
      const response = promise.responsePromise.then(
        (value) => {
          progress.hasResponse = true;
          endRaw(progress);
          return value;
        },
        (error: unknown) => {
          fail(ending, error);
          throw error;
        },
      );
      const progress: Progress = {
        ends,
        ending,
        self,
        args,
        response,
        hasResponse: false,
        isAsked: false,
        isRaw: false,
        isWatched: false,
      };
      return follow(promise, progress);
    },
  };
}

function follow(promise: ApiPromise, progress: Progress): ApiPromise {
  promise.responsePromise = progress.response;
  replace(
    promise,
    'parseResponse',
    (parseResponse) =>
      function (this: unknown) {
        return body(Reflect.apply(parseResponse, this, arguments), progress);
      },
  );
  replace(
    promise,
    'parse',
    (parse) =>
      function (this: unknown) {
        progress.isAsked = true;
        return Reflect.apply(parse, this, arguments);
      },
  );
  replace(
    promise,
    'asResponse',
    (asResponse) =>
      function (this: unknown) {
        progress.isRaw = true;
        endRaw(progress);
        return Reflect.apply(asResponse, this, arguments);
      },
  );
  // The promises of some versions make others past their own properties.
  replace(
    promise,
    '_thenUnwrap',
    (thenUnwrap) =>
      function (this: unknown) {
        return follow(Reflect.apply(thenUnwrap, this, arguments), progress);
      },
  );
  return promise;
}

/** In place of a method; one of the object's own stays enumerable, others stay unseen. */
function replace(
  promise: ApiPromise,
  name: keyof ApiPromise,
  replaced: (method: Function) => Function,
): void {
  const method = promise[name];
  if (typeof method !== 'function') return;
  const enumerable = Object.getOwnPropertyDescriptor(promise, name)?.enumerable === true;
  Object.defineProperty(promise, name, {
    configurable: true,
    enumerable,
    writable: true,
    value: replaced(method),
  });
}

/** Two turns later: `Promise.all([promise, promise.asResponse()])` asks for the body after the response, of which the first may be there. */
function endRaw(progress: Progress): void {
  if (!progress.hasResponse || !progress.isRaw) return;
  queueMicrotask(() => {
    queueMicrotask(() => {
      if (!progress.isAsked) progress.ending.end(undefined);
    });
  });
}

function body(parsed: unknown, progress: Progress): unknown {
  const { ends, ending, self, args } = progress;
  const look = (value: unknown): unknown => {
    // What another promise makes of the same body.
    if (progress.isWatched) return value;
    progress.isWatched = true;
    return watched(ends, value, ending, self, args);
  };
  if (!(parsed instanceof Promise)) return look(parsed);
  return parsed.then(look, (error: unknown) => {
    fail(ending, error);
    throw error;
  });
}

function fail(ending: Ending, error: unknown): void {
  ending.end(isAbort(error) ? undefined : (error ?? UNKNOWN));
}

/** A stream of those SDKs: however it is read, by `tee()` or as a `ReadableStream`, it calls its own `iterator`. */
interface ApiStream {
  iterator: Function;
  controller?: { signal?: AbortSignal };
}

/**
 * The call is over when the stream that it results in is drained, closed, aborted or fails; `onItem` sees each item on its way to the app,
 * and what it last returned is the result. What is no stream is over at once.
 */
export function apiStream(onItem?: OnItem): Ends {
  return {
    watch(result, ending) {
      const stream = result as ApiStream | undefined;
      const iterator = stream?.iterator;
      if (stream === undefined || typeof iterator !== 'function') {
        ending.end(undefined, result);
        return result;
      }
      const reading: Reading = { pending: 0, seen: undefined };
      stream.iterator = function (this: unknown) {
        const made: unknown = Reflect.apply(iterator, this, arguments);
        watchOnce(made, ending, onItem, reading);
        return made;
      };
      // For a stream that nobody reads any more. Who reads hears of it by what is pending, and of the error that made the library abort.
      stream.controller?.signal?.addEventListener(
        'abort',
        () => {
          if (reading.pending === 0) ending.end(undefined, reading.seen);
        },
        { once: true },
      );
      return result;
    },
  };
}
