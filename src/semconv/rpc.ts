import { RPC } from '../context/layers.ts';
import { bounded } from '../encode/flat-copy.ts';
import type { Call, Facts, Role } from '../operation/operation.ts';
import { replacedFields } from '../propagate/current.ts';
import type { Scope } from '../trace/scope.ts';
import { CLIENT, SERVER, type Span } from '../trace/span.ts';
import { type RemoteEnd, remoteEnd } from './address.ts';
import { errorType, failed } from './error.ts';
import {
  CLIENT_ADDRESS,
  NETWORK_PEER_ADDRESS,
  NETWORK_PEER_PORT,
  RPC_METHOD,
  RPC_METHOD_ORIGINAL,
  RPC_STATUS_CODE,
  RPC_SYSTEM_NAME,
} from './keys.ts';
import { type Fields, fieldsOf, headerOf } from './fields.ts';
import { addPeerService, serverBlock } from './server.ts';

const OTHER = '_OTHER';
const MAX_METHOD = 256;

/** What is known of a remote procedure call. */
export interface RpcCall {
  /** `package.Service/Method`. */
  method: string;
  /** The server does not know the method: clients can ask for any. */
  isUnknown?: boolean;
  /** Where a client's call goes, as the app has named it. */
  server?: { address?: string; port?: number };
  /** Of a server's call: the other end of its connection. */
  peer?: RemoteEnd;
}

interface RpcFacts extends Facts {
  readonly call: RpcCall;
}

/** The answers that an RPC library gives. */
export interface RpcGetters<Self, Args extends unknown[]> {
  scope: Scope;
  /** `rpc.system.name`. */
  system: string;
  call(self: Self, args: Args, call: Call | undefined): RpcCall | undefined;
  /** `rpc.status_code` by the error or the result of a call: `OK`, `DEADLINE_EXCEEDED`. */
  status(error: unknown, result: unknown): string | undefined;
}

function roleOf<Self, Args extends unknown[]>(
  { scope, system, call: callOf, status }: RpcGetters<Self, Args>,
  kind: number,
  isFailure: (status: string) => boolean,
): Role<Self, Args, RpcFacts> {
  return {
    scope,
    kind,
    layer: RPC,
    of(self, args, _context, outer) {
      const call = callOf(self, args, outer);
      return call && { name: call.isUnknown === true ? system : bounded(call.method, MAX_METHOD), call };
    },
    start(span, { call: { method, isUnknown, server, peer } }) {
      span.add(RPC_SYSTEM_NAME, system);
      span.add(RPC_METHOD, isUnknown === true ? OTHER : bounded(method, MAX_METHOD));
      if (isUnknown === true) span.add(RPC_METHOD_ORIGINAL, bounded(method, MAX_METHOD));
      if (server?.address !== undefined) {
        span.addBlock(serverBlock(server.address, server.port));
        if (kind === CLIENT) addPeerService(span, server.address, server.port, undefined);
      }
      if (peer !== undefined) addPeer(span, peer);
    },
    end(span, error, result) {
      const code = status(error, result);
      span.add(RPC_STATUS_CODE, code);
      if (code !== undefined ? isFailure(code) : error !== undefined) failed(span, code ?? errorType(error));
    },
  };
}

function addPeer(span: Span, peer: RemoteEnd): void {
  const { remoteAddress, remotePort } = remoteEnd(peer);
  span.add(CLIENT_ADDRESS, remoteAddress);
  span.add(NETWORK_PEER_ADDRESS, remoteAddress);
  span.add(NETWORK_PEER_PORT, remotePort);
}

/** What carries a span on: the fields, and the names of those of the app's own that they replace. */
export interface Carried {
  readonly fields: Fields;
  readonly replaced: readonly string[];
}

/** The role of an RPC client: every status but `OK` is an error. */
export function rpcClient<Self, Args extends unknown[]>(
  getters: RpcGetters<Self, Args> & {
    /** Keeps what carries the span on, for a copy of the call's metadata. */
    carry(carried: Carried, self: Self, args: Args): void;
  },
): Role<Self, Args, RpcFacts> {
  return {
    ...roleOf(getters, CLIENT, (status) => status !== 'OK'),
    inject(span, _facts, self, args, context) {
      getters.carry(
        { fields: fieldsOf(span, context), replaced: replacedFields(context.baggage) },
        self,
        args,
      );
    },
  };
}

/** What is a failure of the server; the other statuses tell the client that it was wrong. */
const SERVER_FAILURES = new Set([
  'UNKNOWN',
  'DEADLINE_EXCEEDED',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
]);

/** The role of an RPC server: its span is below the client's, and active in the handler. */
export function rpcServer<Self, Args extends unknown[]>(
  getters: RpcGetters<Self, Args> & {
    /** The metadata of the call, by name. */
    headers(self: Self, args: Args): unknown;
  },
): Role<Self, Args, RpcFacts> {
  return {
    ...roleOf(getters, SERVER, (status) => SERVER_FAILURES.has(status)),
    received: (_facts, self, args) => ({
      carriers: [getters.headers(self, args)] as never[],
      get: headerOf as never,
    }),
  };
}
