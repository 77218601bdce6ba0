import {
  active,
  bind,
  callIn,
  type Ending,
  endingCallback,
  type Ends,
  isWrapped,
  lastGiven,
  promise,
  UNTRACED,
} from '../src/define.ts';

/** The parts of pg that are touched; the field names changed with 8.12. */
export interface Client {
  host?: string;
  port?: number;
  database?: string;
  _queryQueue?: Query[];
  queryQueue?: Query[];
  _activeQuery?: Query | null;
  activeQuery?: Query | null;
  _sentQueryQueue?: Query[];
}

export interface Query {
  text?: string;
  name?: string;
  submit?: unknown;
  callback?: Function;
  cursor?: { text?: string };
  [ENDING]?: Ending;
}

const ENDING = Symbol('foretrace.ending');

/** What the server calls on a query while it answers; where a query that is an emitter runs the app's listeners. */
const ANSWERS = [
  'handleRowDescription',
  'handleDataRow',
  'handlePortalSuspended',
  'handleCommandComplete',
  'handleReadyForQuery',
  'handleEmptyQuery',
  'handleError',
] as const;

/**
 * A query is over when pg tells its query object: `handleReadyForQuery` or `handleError`, for callbacks, promises, cursors and streams
 * alike. So no promise is touched: a `then` of ours would change which rejections count as handled.
 */
export const submitted: Ends = {
  arm(_, args, ending) {
    const [config] = args as [Query];
    if (typeof config?.submit === 'function') {
      watchAnswers(config, ending);
      return true;
    }
    const last = lastGiven(args);
    if (typeof args[last] !== 'function') return false;
    const callback = args[last] as Function;
    args[last] = isInPool ? endingFirst(callback, ending) : endingCallback(callback, ending);
    return true;
  },
  watch(result, ending, self, args) {
    const isCalled = typeof (args[0] as Query | undefined)?.callback === 'function';
    if (ending === UNTRACED && !isCalled) return result;
    const made = queryOf(self as Client);
    if (made === undefined) return promise.watch?.(result, ending, self, args);
    // `query({ text, callback })`
    if (isCalled && typeof made.callback === 'function') made.callback = bind(made.callback);
    made[ENDING] = ending;
    return result;
  },
};

let isInPool = false;

/** A callback of the pool that sends a query of its own: its callback of that needs no context, unless a client of the app's has its own `query`. */
export function inPool(callback: Function): Function {
  return function (this: unknown, ...args: unknown[]) {
    isInPool = isWrapped((args[1] as { query?: unknown } | undefined)?.query);
    try {
      return Reflect.apply(callback, this, args);
    } finally {
      isInPool = false;
    }
  };
}

/** Ends the span, then calls the callback wherever that is. */
function endingFirst(callback: Function, ending: Ending): Function {
  if (ending === UNTRACED) return callback;
  return function (this: unknown, error: unknown) {
    ending.end(error || undefined);
    return Reflect.apply(callback, this, arguments);
  };
}

/** The query object that `client.query` has just made: the last of the queue, or the one being sent. */
function queryOf(client: Client): Query | undefined {
  const modern = client._queryQueue !== undefined;
  const queue = modern ? client._queryQueue : client.queryQueue;
  const found =
    queue?.at(-1) ??
    client._sentQueryQueue?.at(-1) ??
    (modern ? client._activeQuery : client.activeQuery) ??
    undefined;
  return found?.[ENDING] === undefined ? found : undefined;
}

/** The last query that waits to be sent. */
export function lastQueued(client: Client): Query | undefined {
  return (client._queryQueue ?? client.queryQueue)?.at(-1);
}

/** Ends the span with the answers to a query object of the app's, and runs its listeners in the app's context. */
function watchAnswers(query: Query, ending: Ending): void {
  const context = active();
  for (const name of ANSWERS) {
    const answer = (query as Record<string, unknown>)[name];
    if (typeof answer !== 'function') continue;
    Object.defineProperty(query, name, {
      configurable: true,
      writable: true,
      value: function (this: unknown, ...args: unknown[]) {
        if (name === 'handleError') ending.end(args[0]);
        if (name === 'handleReadyForQuery') ending.end(undefined);
        return callIn(context, answer, this, args);
      },
    });
  }
}

/** Ends the span of a query object that pg tells of its end. */
export function endQuery(query: Query, [error]: [unknown]): void {
  query[ENDING]?.end(error);
}
