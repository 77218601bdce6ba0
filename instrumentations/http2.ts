import {
  active,
  callIn,
  current,
  define,
  fields,
  guarded,
  run,
  runDetached,
  scope,
  wrap,
} from '../src/define.ts';
import {
  endOutgoing,
  failOutgoing,
  injectOutgoing,
  type Outgoing,
  startOutgoing,
} from '../src/semconv/http-client.ts';
import {
  type Connection,
  endServed,
  mark,
  type Served,
  servedOf,
  startServed,
} from '../src/semconv/http-server.ts';
import {
  httpConnection,
  httpStreamError,
  originOf,
  type Origin,
  RequestHead,
  StreamRequest,
  withFields,
} from '../src/semconv/http2.ts';
import { callForRequest } from '../src/semconv/route.ts';

const http2 = scope('foretrace.http2');
const CONNECTION = Symbol('foretrace.connection');
const ATTEMPT = Symbol('foretrace.attempt');
const ORIGIN = Symbol('foretrace.origin');

type Headers = Record<string, string | string[] | undefined>;
type Emit = (this: unknown, event: string, ...args: unknown[]) => boolean;

interface Session {
  socket?: { remoteAddress?: string; remotePort?: number; localPort?: number; encrypted?: boolean };
  [CONNECTION]?: Connection;
  [ORIGIN]?: Origin;
}

interface Stream {
  session?: Session;
  sentHeaders?: Headers;
  headersSent?: boolean;
  /** Closed while the response was not at its end. */
  aborted?: boolean;
  errored?: StreamError | null;
  rstCode?: number;
  [ATTEMPT]?: Attempt;
}

interface StreamError {
  code?: string;
  name?: string;
}

interface Attempt extends Outgoing {
  session: Session;
}

/** The socket of a session is a proxy that throws once the session is over: what is needed is taken when it is there. */
function connectionOf(session: Session): Connection {
  return (session[CONNECTION] ??= httpConnection(session.socket));
}

const startStream = guarded(
  'http2',
  (stream: Stream, headers: Headers, rawHeaders: string[]): Served | undefined => {
    // A tunnel, such as a WebSocket: as with an upgrade there is no response that could end it.
    if (headers[':method'] === 'CONNECT' || stream.session === undefined) return undefined;
    const served = startServed(http2, new StreamRequest(headers, rawHeaders), connectionOf(stream.session));
    mark(stream, served);
    wrap(Object.getPrototypeOf(stream), 'emit', streamEmit as never);
    return served;
  },
);

const endStream = guarded('http2', (served: Served, stream: Stream) => {
  const { sentHeaders, headersSent = false, errored, rstCode } = stream;
  // A stream that is reset or destroyed finishes too, one that is whole may close without.
  const whole = headersSent && !stream.aborted && !rstCode;
  const response = {
    statusCode: Number(sentHeaders?.[':status']),
    headersSent,
    getHeader: (name: string) => sentHeaders?.[name],
  };
  endServed(served, response, whole ? undefined : httpStreamError(errored, rstCode));
});

function streamEmit(original: Function): Emit {
  return function (this: unknown, event, ...args) {
    const served = servedOf(this as object);
    if (served === undefined) return Reflect.apply(original, this, [event, ...args]);
    if (event === 'finish' || event === 'close') endStream(served, this as Stream);
    return callForRequest(this as object, original, this, [event, ...args]) as boolean;
  };
}

/** The request and response of the compatible API belong to the stream that they are made for. */
const markCompatible = guarded('http2', (request: object & { stream?: Stream }, response: object) => {
  const served = request.stream && servedOf(request.stream);
  if (served === undefined) return;
  mark(request, served);
  mark(response, served);
});

function serverEmit(original: Function): Emit {
  return function (this: unknown, event, ...args) {
    if (event === 'stream') {
      const served = startStream(args[0] as Stream, args[1] as Headers, args[3] as string[]);
      if (served !== undefined)
        return run(served.context, () => Reflect.apply(original, this, [event, ...args]));
    } else if (event === 'request' || event === 'checkContinue' || event === 'checkExpectation') {
      markCompatible(args[0] as object, args[1] as object);
    }
    return Reflect.apply(original, this, [event, ...args]);
  };
}

/** `createServer`, `createSecureServer`: the classes are private, their first instance gives them away. */
function createWrapper(original: Function): Function {
  return function (this: unknown, ...args: unknown[]) {
    const server = Reflect.apply(original, this, args);
    wrap(Object.getPrototypeOf(server), 'emit', serverEmit as never);
    return server;
  };
}

interface Started {
  attempt: Attempt;
  headers: unknown;
}

/** undici speaks HTTP/2 through this module, and has a span already. */
function isUndici(session: Session): boolean {
  return Object.getOwnPropertySymbols(session).some(({ description }) => description === 'client');
}

const startRequest = guarded('http2', (session: Session, given: unknown): Started | undefined => {
  const origin = session[ORIGIN];
  if (origin === undefined || isUndici(session)) return undefined;
  const headers = new RequestHead(given);
  const { authority, method } = headers;
  if (method === 'CONNECT') return undefined;
  const { scheme, address, port } =
    authority === undefined ? origin : originOf(`${origin.scheme}://${authority}`);
  const outgoing = startOutgoing(http2, active(), method, { scheme, address, port, path: headers.path });
  if (outgoing === undefined) return undefined;
  const added: [string, string][] = [];
  injectOutgoing(outgoing, added, (lines, name, value) => lines.push([name, value]));
  return { attempt: { ...outgoing, session }, headers: withFields(given, fields(), added) };
});

const failRequest = guarded('http2', failOutgoing);

const follow = guarded('http2', (stream: Stream, attempt: Attempt) => {
  stream[ATTEMPT] = attempt;
  wrap(Object.getPrototypeOf(stream), 'emit', requestEmit as never);
});

function requestWrapper(original: Function): Function {
  return function (this: Session, ...args: unknown[]) {
    const started = startRequest(this, args[0]);
    if (started === undefined) return Reflect.apply(original, this, args);
    const { attempt, headers } = started;
    args[0] = headers;
    let stream: Stream;
    try {
      stream = Reflect.apply(original, this, args);
    } catch (error) {
      failRequest(attempt, error);
      throw error;
    }
    follow(stream, attempt);
    return stream;
  };
}

const endRequest = guarded('http2', (stream: Stream, attempt: Attempt, event: string, argument: unknown) => {
  if (event === 'response') {
    const headers = argument as Headers;
    const { remoteAddress, remotePort } = connectionOf(attempt.session);
    endOutgoing(attempt, {
      statusCode: Number(headers[':status']),
      httpVersion: '2',
      peerAddress: remoteAddress,
      peerPort: remotePort,
      requestHeader: (name) => stream.sentHeaders?.[name],
      responseHeader: (name) => headers[name],
    });
  } else if (event === 'error') {
    // Why the connection failed stands behind the error of the stream that waited for it.
    const reason = (argument as { cause?: unknown }).cause ?? argument;
    const code = httpStreamError(reason as StreamError, stream.rstCode);
    failOutgoing(attempt, (reason as StreamError).name === 'AbortError' ? reason : { code });
  } else if (event === 'close') {
    failOutgoing(attempt, Object.assign(new Error('aborted'), { name: 'AbortError' }));
  }
});

/** Events of a client's stream come in the context of its session, which others share. */
function requestEmit(original: Function): Emit {
  return function (this: unknown, event, ...args) {
    const attempt = (this as Stream)[ATTEMPT];
    if (attempt === undefined) return Reflect.apply(original, this, [event, ...args]);
    endRequest(this as Stream, attempt, event, args[0]);
    return callIn(attempt.context, original, this, [event, ...args]) as boolean;
  };
}

const noteSession = guarded('http2', (session: Session, authority: unknown, options: unknown) => {
  session[ORIGIN] = originOf(authority, options);
  wrap(Object.getPrototypeOf(session), 'request', requestWrapper as never);
});

/** A session outlives the request that opens it; only the app's own callback belongs there. */
function connectWrapper(original: Function): Function {
  return function (this: unknown, ...args: unknown[]) {
    const context = current();
    const last = args.length - 1;
    const listener = args[last];
    if (context !== undefined && typeof listener === 'function') {
      args[last] = function (this: unknown, ...results: unknown[]): unknown {
        return callIn(context, listener, this, results);
      };
    }
    const session = runDetached(() => Reflect.apply(original, this, args));
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
