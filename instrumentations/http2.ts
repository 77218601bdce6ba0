import { active, define, opening, type Point, scope } from '../src/define.ts';
import { lostContext, servedOf } from '../src/semconv/framework.ts';
import { abandon, failOutgoing } from '../src/semconv/http-client.ts';
import {
  type Attempt,
  endStream,
  type Headers,
  isLeft,
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

// The classes of servers, sessions and streams are private: the first instance gives them away.

/** Events of a stream at either end. Those of a client come in the context of its session, which others share. */
const openStream = opening('http2', [
  {
    target: 'constructor.prototype.emit',
    context(stream: Requested, [event, argument]: [string, unknown]) {
      const served = servedOf(stream);
      if (served !== undefined) {
        if (event === 'finish' || event === 'close') endStream(served, stream);
        return lostContext(stream);
      }
      const attempt = stream[ATTEMPT];
      if (attempt === undefined) return undefined;
      noteAnswer(attempt, stream, event, argument);
      return attempt.context;
    },
  },
]);

/** Streams that the app has asked for, as it gives them up. */
const openRequest = opening('http2', [
  // Node itself closes streams in another way.
  {
    target: 'constructor.prototype.close',
    before({ [ATTEMPT]: attempt, closed }: Requested) {
      if (attempt !== undefined && closed !== true) abandon(attempt);
    },
  },
  // With a reason: that of the app, unless the session ends and takes its streams along. Node destroys streams without one.
  {
    target: 'constructor.prototype.destroy',
    before({ [ATTEMPT]: attempt, destroyed }: Requested, [reason]: [unknown]) {
      const wanted = reason !== undefined && reason !== null && destroyed !== true;
      if (attempt !== undefined && wanted && attempt.session.destroyed !== true) abandon(attempt, reason);
    },
  },
]);

const server: Omit<Point, 'target'> = {
  opens: [
    {
      target: 'constructor.prototype.emit',
      context(self: object, [event, first, second, , third]: [string, ...unknown[]]) {
        if (isLeft(self)) return undefined;
        if (event === 'request' || event === 'checkContinue' || event === 'checkExpectation')
          shareServed(first as object, second as object);
        if (event !== 'stream') return undefined;
        const served = startStream(http2, first as Stream, second as Headers, third as string[]);
        if (served !== undefined) openStream(first);
        return served?.context;
      },
    },
  ],
};

const request: Point = {
  target: 'constructor.prototype.request',
  before(session: Session, args: unknown[]) {
    const attempt = startRequest(http2, active(), session, args[0]);
    if (attempt !== undefined) args[0] = attempt.headers;
    return attempt;
  },
  after(_: unknown, __: unknown[], error: unknown, stream: Requested, attempt: Attempt | undefined) {
    if (attempt === undefined) return;
    if (error !== undefined) failOutgoing(attempt, error);
    else {
      stream[ATTEMPT] = attempt;
      openStream(stream);
      openRequest(stream);
    }
  },
};

export default define({
  name: 'http2',
  module: 'http2',
  rare: true,
  spans:
    'a server span for each stream of a server, with either API, and a client span for each request of a session',
  points: [
    { target: 'createServer', ...server },
    { target: 'createSecureServer', ...server },
    // A session outlives the request that opens it; only the app's own callback belongs there.
    {
      target: 'connect',
      context: 'none',
      after(_: unknown, [authority, options]: unknown[], error: unknown, session: Session) {
        if (error === undefined) noteOrigin(session, authority, options);
      },
      opens: [request],
    },
  ],
});
