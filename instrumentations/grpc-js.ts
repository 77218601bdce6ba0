import { define, givenEmitter, type Point, scope } from '../src/define.ts';
import { type Sent, sentStatus, serverOf, statusName } from '../src/semconv/grpc.ts';
import { connectionOf, leaveToLibrary, type Session } from '../src/semconv/http2.ts';
import { rpcClient, rpcServer } from '../src/semconv/rpc.ts';
import { carry, started } from './grpc-js-call.ts';

type Making = [args: unknown, { path: string }, options: unknown, { getTarget(): string }];
type Stream = Sent & { session: Session };

const grpc = { scope: scope('foretrace.grpc-js'), system: 'grpc' };

const client = rpcClient<unknown, Making>({
  ...grpc,
  call: (_, [, { path }, , channel]) => ({ method: path.slice(1), server: serverOf(channel.getTarget()) }),
  status: (_, status) => statusName((status as { code?: number } | undefined)?.code),
  carry: (carried, _, args) => carry(carried, args),
});

/** Stream and headers: with something before them from 1.12 on, and with what Node adds behind them. */
function servedOf(args: unknown[]): { stream: Stream; headers: Record<string, string> } {
  const [stream, headers] = args.slice(Array.isArray(args[0]) ? 1 : 0);
  return { stream: stream as Stream, headers: headers as Record<string, string> };
}

const server = rpcServer<{ handlers: Map<string, unknown> }, unknown[]>({
  ...grpc,
  call({ handlers }, args) {
    const { stream, headers } = servedOf(args);
    const path = headers[':path'];
    return { method: path.slice(1), isUnknown: !handlers.has(path), peer: connectionOf(stream.session) };
  },
  status: (_, stream) => (stream === undefined ? undefined : sentStatus(stream as Stream)),
  headers: (_, args) => servedOf(args).headers,
});

const serves = { trace: server, ends: givenEmitter('close', (_, args) => servedOf(args).stream) };

/** A connection outlives who asks for it. Its requests are ours: `http2` makes nothing of them. */
const connects: Omit<Point, 'target'> = {
  context: 'none',
  after: ({ session }: { session?: Session }) => leaveToLibrary(session),
};

export default define({
  name: 'grpc-js',
  aliases: ['grpc'],
  module: '@grpc/grpc-js',
  versions: '>=1.8 <2',
  spans: 'a client span for each call, attempts included, and a server span for each call that is served',
  points: [
    {
      file: 'build/src/client-interceptors.js',
      target: 'getInterceptingCall',
      trace: client,
      active: true,
      ends: started,
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
    { file: 'build/src/server.js', target: 'Server.prototype._streamHandler', ...serves },
    { file: 'build/src/server.js', target: 'Server.prototype._channelzHandler', ...serves },
  ],
});
