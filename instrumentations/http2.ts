import { active, callIn, define, detached, guarded, run, scope, wrap } from '../src/define.ts';
import { lostContext, servedOf } from '../src/semconv/framework.ts';
import { abandon, failOutgoing } from '../src/semconv/http-client.ts';
import {
  type Attempt,
  endStream,
  type Headers,
  noteAnswer,
  noteOrigin,
  type Session,
  shareServed,
  startRequest,
  startStream,
  type Stream,
} from '../src/semconv/http2.ts';

const http2 = scope('foretrace.http2');
const ATTEMPT = Symbol('foretrace.attempt');

type Requested = Stream & { [ATTEMPT]?: Attempt };

/** The classes of servers, sessions and streams are private: the first instance gives them away. */
function wrapClass(instance: object, method: string, wrapper: (original: Function) => Function): void {
  wrap(Object.getPrototypeOf(instance), method, wrapper as never);
}

const end = guarded('http2', endStream);
const answered = guarded('http2', noteAnswer);
const fail = guarded('http2', failOutgoing);
const share = guarded('http2', shareServed);

/** Of a stream at either end. Those of a client come in the context of its session, which others share. */
function streamEmit(original: Function): Function {
  return function (this: Requested, event: string, ...args: unknown[]) {
    const served = servedOf(this);
    if (served !== undefined) {
      if (event === 'finish' || event === 'close') end(served, this);
      const lost = lostContext(this);
      if (lost !== undefined) return callIn(lost, original, this, [event, ...args]);
      return Reflect.apply(original, this, [event, ...args]);
    }
    const attempt = this[ATTEMPT];
    if (attempt === undefined) return Reflect.apply(original, this, [event, ...args]);
    answered(attempt, this, event, args[0]);
    return callIn(attempt.context, original, this, [event, ...args]);
  };
}

const serve = guarded('http2', (stream: Stream, headers: Headers, rawHeaders: string[]) => {
  const served = startStream(http2, stream, headers, rawHeaders);
  if (served !== undefined) wrapClass(stream, 'emit', streamEmit);
  return served;
});

function serverEmit(original: Function): Function {
  return function (this: unknown, event: string, ...args: unknown[]) {
    if (event === 'stream') {
      const served = serve(args[0] as Stream, args[1] as Headers, args[3] as string[]);
      if (served !== undefined)
        return run(served.context, () => Reflect.apply(original, this, [event, ...args]));
    } else if (event === 'request' || event === 'checkContinue' || event === 'checkExpectation') {
      share(args[0] as object, args[1] as object);
    }
    return Reflect.apply(original, this, [event, ...args]);
  };
}

function createWrapper(original: Function): Function {
  return function (this: unknown, ...args: unknown[]) {
    const server = Reflect.apply(original, this, args);
    wrapClass(server, 'emit', serverEmit);
    return server;
  };
}

const start = guarded('http2', (session: Session, headers: unknown) =>
  startRequest(http2, active(), session, headers),
);

const follow = guarded('http2', (stream: Requested, attempt: Attempt) => {
  stream[ATTEMPT] = attempt;
  wrapClass(stream, 'emit', streamEmit);
  wrapClass(stream, 'close', streamClose);
  wrapClass(stream, 'destroy', streamDestroy);
});

const giveUp = guarded('http2', abandon);

/** Node itself closes streams in another way. */
function streamClose(original: Function): Function {
  return function (this: Requested) {
    const attempt = this[ATTEMPT];
    if (attempt !== undefined && this.closed !== true) giveUp(attempt);
    return Reflect.apply(original, this, arguments);
  };
}

/** With a reason: that of the app, unless the session ends and takes its streams along. Node destroys streams without one. */
function streamDestroy(original: Function): Function {
  return function (this: Requested, reason: unknown) {
    const attempt = this[ATTEMPT];
    const wanted = reason !== undefined && reason !== null && this.destroyed !== true;
    if (attempt !== undefined && wanted && attempt.session.destroyed !== true) giveUp(attempt, reason);
    return Reflect.apply(original, this, arguments);
  };
}

function requestWrapper(original: Function): Function {
  return function (this: Session, ...args: unknown[]) {
    const attempt = start(this, args[0]);
    if (attempt === undefined) return Reflect.apply(original, this, args);
    args[0] = attempt.headers;
    let stream: Stream;
    try {
      stream = Reflect.apply(original, this, args);
    } catch (error) {
      fail(attempt, error);
      throw error;
    }
    follow(stream, attempt);
    return stream;
  };
}

const noteSession = guarded('http2', (session: Session, authority: unknown, options: unknown) => {
  noteOrigin(session, authority, options);
  wrapClass(session, 'request', requestWrapper);
});

/** A session outlives the request that opens it; only the app's own callback belongs there. */
function connectWrapper(original: Function): Function {
  const connect = detached(original);
  return function (this: unknown, ...args: unknown[]) {
    const session = Reflect.apply(connect, this, args);
    noteSession(session, args[0], args[1]);
    return session;
  };
}

export default define({
  name: 'http2',
  module: 'http2',
  rare: true,
  spans:
    'a server span for each stream of a server, with either API, and a client span for each request of a session',
  points: [
    { target: 'createServer', wrap: createWrapper },
    { target: 'createSecureServer', wrap: createWrapper },
    { target: 'connect', wrap: connectWrapper },
  ],
});
