/**
 * The gRPC client, built to a file of its own that is read when an exporter is to use it: the library is larger than the rest of the export
 * thread. It knows nothing of OTLP. Why this library: docs/decisions/024-otlp-over-grpc.md.
 */
import type { Socket } from 'node:net';
// First, as in the library's own index: its modules import one another in circles.
import '@grpc/grpc-js/build/src/channel.js';
import { CallCredentials } from '@grpc/grpc-js/build/src/call-credentials.js';
import { ChannelCredentials } from '@grpc/grpc-js/build/src/channel-credentials.js';
import { Client } from '@grpc/grpc-js/build/src/client.js';
import { CompressionAlgorithms } from '@grpc/grpc-js/build/src/compression-algorithms.js';
import { setup as setupPickFirst } from '@grpc/grpc-js/build/src/load-balancer-pick-first.js';
import { setLogger } from '@grpc/grpc-js/build/src/logging.js';
import { Metadata } from '@grpc/grpc-js/build/src/metadata.js';
import { type Resolver, type ResolverListener, registerResolver } from '@grpc/grpc-js/build/src/resolver.js';
import { Http2SubchannelConnector } from '@grpc/grpc-js/build/src/transport.js';

export interface GrpcOptions {
  /** `host:port`, as the server is called in each request. */
  authority: string;
  isSecure: boolean;
  gzip: boolean;
  userAgent: string;
  /** Makes a connection, encrypted where that is wanted. */
  dial(): Promise<Socket>;
  /** Nothing may keep the process alive. */
  unref: boolean;
  /** Takes remarks of the library. */
  debug(text: string): void;
}

export interface GrpcAnswer {
  /** The gRPC status. */
  code: number;
  details: string;
  /** `grpc-status-details-bin`: a `google.rpc.Status`. */
  statusDetails: Uint8Array | undefined;
  message: Uint8Array | undefined;
}

export interface GrpcClient {
  /**
   * One unary call.
   * @param method such as `/package.Service/Method`
   * @returns ends the call
   */
  call(
    method: string,
    message: Uint8Array,
    metadata: Readonly<Record<string, string>>,
    timeoutMs: number,
    done: (answer: GrpcAnswer) => void,
  ): () => void;
}

const SCHEME = 'foretrace';
const DIAL = 'foretrace.dial';
const UNREF = 'foretrace.unref';
/** The waits between attempts to connect. The exporter waits as well, so that the first of its retries finds a connection. */
const MIN_RECONNECT_MS = 500;
const MAX_RECONNECT_MS = 5000;

/** Addresses are looked up where the connection is made. */
class Named implements Resolver {
  readonly #listener: ResolverListener;
  #timer: NodeJS.Immediate | undefined;

  constructor(_target: unknown, listener: ResolverListener) {
    this.#listener = listener;
  }

  updateResolution(): void {
    this.#timer ??= setImmediate(() => {
      this.#timer = undefined;
      const endpoints = [{ addresses: [{ host: SCHEME, port: 0 }] }];
      this.#listener({ ok: true, value: endpoints }, {}, null, '');
    });
  }

  destroy(): void {
    clearImmediate(this.#timer);
    this.#timer = undefined;
  }

  static getDefaultAuthority({ path }: { path: string }): string {
    return path;
  }
}

/** Leaves encryption to who makes the connection. */
class Dialled extends ChannelCredentials {
  readonly #isSecure: boolean;

  constructor(isSecure: boolean) {
    super();
    this.#isSecure = isSecure;
  }

  override compose(): ChannelCredentials {
    return this;
  }

  override _isSecure(): boolean {
    return this.#isSecure;
  }

  override _equals(other: ChannelCredentials): boolean {
    return other === this;
  }

  override _createSecureConnector(
    ...[, , credentials]: Parameters<ChannelCredentials['_createSecureConnector']>
  ): ReturnType<ChannelCredentials['_createSecureConnector']> {
    return {
      connect: async (socket) => ({ socket, secure: this.#isSecure }),
      waitForReady: async () => {},
      getCallCredentials: () => credentials ?? CallCredentials.createEmpty(),
      destroy() {},
    };
  }
}

interface Connector {
  tcpConnect(address: unknown, options: Record<string, any>): Promise<Socket>;
  createSession(
    connection: unknown,
    address: unknown,
    options: Record<string, any>,
  ): Promise<{ session: { ref(): void } }>;
}

/** The library has no setting for how it connects. This copy of it serves nobody else. */
function takeOverConnections(): void {
  const connector = Http2SubchannelConnector.prototype as unknown as Connector;
  const { createSession } = connector;
  connector.tcpConnect = (_, options) => options[DIAL]() as Promise<Socket>;
  connector.createSession = async function (connection, address, options) {
    const transport = await createSession.call(this, connection, address, options);
    // It takes the reference back for each call.
    if (options[UNREF]) transport.session.ref = () => {};
    return transport;
  };
}

let isReady = false;

function prepare(debug: (text: string) => void): void {
  if (isReady) return;
  isReady = true;
  setLogger({ error: debug, info: debug, debug });
  registerResolver(SCHEME, Named);
  setupPickFirst();
  takeOverConnections();
}

export function createGrpcClient(options: GrpcOptions): GrpcClient {
  const { authority, isSecure, gzip, userAgent, dial, unref, debug } = options;
  prepare(debug);
  const client = new Client(`${SCHEME}:${authority}`, new Dialled(isSecure), {
    [DIAL]: dial,
    [UNREF]: unref,
    'grpc.primary_user_agent': userAgent,
    'grpc.default_authority': authority,
    'grpc.enable_channelz': 0,
    'grpc.enable_http_proxy': 0,
    'grpc.service_config_disable_resolution': 1,
    'grpc.initial_reconnect_backoff_ms': MIN_RECONNECT_MS,
    'grpc.max_reconnect_backoff_ms': MAX_RECONNECT_MS,
    ...(gzip && { 'grpc.default_compression_algorithm': CompressionAlgorithms.gzip }),
  });

  return {
    call(method, message, metadata, timeoutMs, done) {
      const headers = new Metadata();
      for (const [name, value] of Object.entries(metadata)) {
        headers.set(name, name.endsWith('-bin') ? Buffer.from(value, 'base64') : value);
      }
      const call = client.makeUnaryRequest(
        method,
        (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length),
        (bytes: Buffer): Uint8Array => bytes,
        message,
        headers,
        { deadline: Date.now() + timeoutMs },
        (error, answer) => {
          const [statusDetails] = error?.metadata?.get('grpc-status-details-bin') ?? [];
          done({
            code: error?.code ?? 0,
            details: error?.details ?? '',
            statusDetails: typeof statusDetails === 'string' ? undefined : statusDetails,
            message: answer,
          });
        },
      );
      return () => call.cancel();
    },
  };
}
