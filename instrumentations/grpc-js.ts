import {
  active,
  callIn,
  define,
  type Ending,
  type Ends,
  givenEmitter,
  opening,
  type Point,
  scope,
} from '../src/define.ts';
import { carrying, type Metadata, type Sent, sentStatus, serverOf, statusName } from '../src/semconv/grpc.ts';
import { connectionOf, leaveToLibrary, type Session } from '../src/semconv/http2.ts';
import { type Carried, rpcClient, rpcServer } from '../src/semconv/rpc.ts';
import { type Listener, listenIn } from './grpc-js-waiting.ts';

/** A client's call, from the function that makes it to the one that starts it. */
interface Call {
  [CALL]: { ending: Ending; carried: Carried | undefined; caller: Context; context: Context | undefined };
}
type Context = ReturnType<typeof active>;
type Making = unknown[] &
  [args: unknown, method: { path: string }, options: unknown, channel: { getTarget(): string }];
type Stream = Sent & { session: Session };

const CALL = Symbol('foretrace.call');
const carriedBy = new WeakMap<unknown[], Carried>();
const grpc = { scope: scope('foretrace.grpc-js'), system: 'grpc' };

const client = rpcClient<unknown, Making>({
  ...grpc,
  call: (_, [, { path }, , channel]) => ({ method: path.slice(1), server: serverOf(channel.getTarget()) }),
  carry: (carried, _, args) => void carriedBy.set(args, carried),
  status: (_, status) => statusName((status as { code?: number } | undefined)?.code),
});

const openCall = opening('grpc-js', [
  {
    target: 'start',
    before({ [CALL]: { ending, carried, caller } }: Call, args: unknown[]) {
      const listener = args[1] as Listener;
      if (carried !== undefined) args[0] = carrying(args[0] as Metadata, carried);
      args[1] = {
        ...listenIn(caller, listener),
        onReceiveStatus(...status: unknown[]) {
          ending.end(undefined, status[0]);
          return callIn(caller, listener.onReceiveStatus, listener, status);
        },
      };
    },
    context: ({ [CALL]: { context } }: Call) => context,
    after: ({ [CALL]: { ending } }: Call, _: unknown, error: unknown) =>
      error !== undefined && ending.end(error),
  },
]);

/** A client's call is over when the listener that it is started with hears of its status, after all interceptors and attempts. */
const heard: Ends = {
  always: true,
  watch(call, ending, _, args, context) {
    (call as Call)[CALL] = { ending, carried: carriedBy.get(args), caller: active(), context };
    openCall(call);
    return call;
  },
};

const isHeaders = (arg: unknown): boolean => typeof arg === 'object' && arg !== null && ':path' in arg;
/** After the stream; from 1.12 on there is an argument before it. */
const headersOf = (args: unknown[]) => args.find(isHeaders) as Record<string, string>;
const streamOf = (args: unknown[]) => args[args.findIndex(isHeaders) - 1] as Stream;

const server = rpcServer<{ handlers: Map<string, unknown> }, unknown[]>({
  ...grpc,
  call({ handlers }, args) {
    const path = headersOf(args)[':path'];
    return {
      method: path.slice(1),
      isUnknown: !handlers.has(path),
      peer: connectionOf(streamOf(args).session),
    };
  },
  headers: (_, args) => headersOf(args),
  status: (_, stream) => (stream === undefined ? undefined : sentStatus(stream as Stream)),
});

const served: Omit<Point, 'target'> = {
  trace: server,
  ends: givenEmitter('close', (_, args) => streamOf(args)),
};
// What connects and listens outlives who asks for it, and its streams are ours.
const connects: Omit<Point, 'target'> = {
  context: 'none',
  after: ({ session }: { session: Session }) => leaveToLibrary(session),
};

export default define({
  name: 'grpc-js',
  aliases: ['grpc'],
  module: '@grpc/grpc-js',
  versions: '>=1.8 <2',
  spans: 'a client span for each call, with all of its attempts, and a server span for each call served',
  points: [
    {
      file: 'build/src/client-interceptors.js',
      target: 'getInterceptingCall',
      trace: client,
      active: true,
      ends: heard,
    },
    {
      file: 'build/src/subchannel.js',
      target: 'Subchannel.prototype.createSession',
      versions: '<1.8.2',
      ...connects,
    },
    {
      file: 'build/src/transport.js',
      target: 'Http2SubchannelConnector.prototype.createSession',
      ...connects,
    },
    { file: 'build/src/server.js', target: 'Server.prototype.bindAsync', context: 'none' },
    {
      file: 'build/src/server.js',
      target: 'Server.prototype._setupHandlers',
      before: (_: unknown, [http2Server]: [object | null]) => leaveToLibrary(http2Server),
    },
    { file: 'build/src/server.js', target: 'Server.prototype._streamHandler', ...served },
    { file: 'build/src/server.js', target: 'Server.prototype._channelzHandler', ...served },
  ],
});
