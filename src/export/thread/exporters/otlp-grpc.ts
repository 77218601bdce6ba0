import { Module } from 'node:module';
import { connect, isIP, type Socket } from 'node:net';
import { workerData } from 'node:worker_threads';
import { readRetryDelay, readResponse } from '../../../encode/read.ts';
import { log } from '../../../log.ts';
import { now } from '../../../trace/clock.ts';
import { VERSION } from '../../../version.ts';
import { EXPORT_THREAD } from '../../messages.ts';
import type { OtlpOptions } from '../../options.ts';
import type { Signal } from '../../signal.ts';
import type * as Grpc from '../grpc/client.ts';
import type { GrpcAnswer, GrpcClient } from '../grpc/client.ts';
import type { Network } from '../network.ts';
import { tunnel } from '../proxy.ts';
import { newOutcome, type Outcome, PORTS, redacted } from './otlp-answer.ts';
import type { Sender } from './otlp-request.ts';
import type { TlsOptions } from './otlp-tls.ts';

const METHODS: Readonly<Record<Signal, string>> = {
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
};

const NAMES = (
  'OK CANCELLED UNKNOWN INVALID_ARGUMENT DEADLINE_EXCEEDED NOT_FOUND ALREADY_EXISTS PERMISSION_DENIED RESOURCE_EXHAUSTED ' +
  'FAILED_PRECONDITION ABORTED OUT_OF_RANGE UNIMPLEMENTED INTERNAL UNAVAILABLE DATA_LOSS UNAUTHENTICATED'
).split(' ');
const CANCELLED = 1;
const DEADLINE_EXCEEDED = 4;
const RESOURCE_EXHAUSTED = 8;
const UNIMPLEMENTED = 12;
const UNAVAILABLE = 14;
/** As the specification of OTLP says; the numbers are ABORTED, OUT_OF_RANGE and DATA_LOSS. */
const RETRYABLE = new Set([CANCELLED, DEADLINE_EXCEEDED, 10, 11, UNAVAILABLE, 15]);

/** Why there is no connection to a collector: the library tells it in a text that has the time in it. */
interface Connection {
  error: NodeJS.ErrnoException | undefined;
}

interface Connected {
  client: GrpcClient;
  connection: Connection;
}

const connections = new WeakMap<GrpcClient, Connection>();

/** Sends a signal over gRPC. All signals of one collector share a connection, in which one call does not wait for another. */
export function createGrpcSender(signal: Signal, options: OtlpOptions, network: Network): Sender {
  const secrets = Object.values(options.headers);
  let connected: Promise<Connected> | undefined;
  let abort: ((reason: Error) => void) | undefined;

  async function connectOnce(): Promise<Connected> {
    const client = await network.grpc(options, (tls) => makeClient(options, network, tls));
    return { client, connection: connections.get(client)! };
  }

  function call({ client, connection }: Connected, body: Uint8Array, timeoutMs: number): Promise<Outcome> {
    return new Promise((resolve) => {
      const cancel = client.call(METHODS[signal], body, options.headers, timeoutMs, (answer) => {
        abort = undefined;
        resolve(judge(answer, connection, secrets, timeoutMs));
      });
      abort = (reason) => {
        resolve({ ...newOutcome(reason.message), retryable: true });
        cancel();
      };
    });
  }

  return {
    async send(body, timeoutMs) {
      const until = now() + timeoutMs;
      connected ??= connectOnce();
      return call(await connected, body, Math.max(until - now(), 1));
    },
    abort: (reason) => abort?.(reason),
  };
}

/** A file of its own in the bundle; a thread that can't read files of the agent is given its text. */
async function loadClient(): Promise<typeof Grpc> {
  const { foretrace, grpcSource } = (workerData ?? {}) as { foretrace?: unknown; grpcSource?: string };
  if (foretrace !== EXPORT_THREAD || grpcSource === undefined) return import('../grpc/client.ts');
  const module = new Module('export-grpc.cjs') as Module & { _compile(text: string, file: string): void };
  module._compile(grpcSource, 'export-grpc.cjs');
  return module.exports as typeof Grpc;
}

async function makeClient(options: OtlpOptions, network: Network, tls: TlsOptions): Promise<GrpcClient> {
  const { createGrpcClient } = await loadClient();
  const { protocol, hostname, host, port } = new URL(options.url);
  const isSecure = protocol === 'https:';
  const connection: Connection = { error: undefined };
  const to = {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port || (isSecure ? 443 : 80)),
  };
  const client = createGrpcClient({
    authority: port === '' ? `${host}:${to.port}` : host,
    isSecure,
    gzip: options.compression === 'gzip',
    userAgent: `foretrace/${VERSION}`,
    unref: network.inline,
    debug: (text) => log.debug(text),
    async dial() {
      try {
        const socket = await dial(to, options, network, isSecure ? tls : undefined);
        connection.error = undefined;
        socket.prependOnceListener('error', (error) => (connection.error = error));
        return socket;
      } catch (error) {
        connection.error = error as Error;
        throw error;
      }
    },
  });
  connections.set(client, connection);
  return client;
}

async function dial(
  to: { host: string; port: number },
  options: OtlpOptions,
  { lookup, inline }: Network,
  tls: TlsOptions | undefined,
): Promise<Socket> {
  const socket =
    options.proxy === undefined
      ? await opened(connect({ ...to, lookup }), 'connect', inline)
      : await tunnel(options.proxy, to, lookup, inline);
  if (tls === undefined) return socket;
  const { connect: encrypt } = await import('node:tls');
  const servername = isIP(to.host) === 0 ? to.host : '';
  const secure = encrypt({ ...tls, host: to.host, servername, socket, ALPNProtocols: ['h2'] });
  await opened(secure, 'secureConnect', inline);
  if (secure.alpnProtocol === 'h2') return secure;
  secure.destroy();
  throw Object.assign(new Error('no HTTP/2'), { code: NO_HTTP2 });
}

const NO_HTTP2 = `an answer that is not HTTP/2 (${PORTS})`;

function opened<S extends Socket>(socket: S, event: string, unref: boolean): Promise<S> {
  return new Promise((resolve, reject) => {
    if (unref) socket.unref();
    socket.once('error', reject);
    socket.once(event, () => {
      socket.removeListener('error', reject);
      resolve(socket);
    });
  });
}

/** What came of a call. */
function judge(
  { code, details, statusDetails, message }: GrpcAnswer,
  { error }: Connection,
  secrets: readonly string[],
  timeoutMs: number,
): Outcome {
  // Whoever answered in the collector's place need not know its messages.
  if (code === 0) return { ...newOutcome(undefined), partial: message && readable(readResponse, message) };
  const retryMs = statusDetails && readable(readRetryDelay, statusDetails);
  const outcome = {
    ...newOutcome(''),
    retryable: RETRYABLE.has(code) || (code === RESOURCE_EXHAUSTED && retryMs !== undefined),
    retryAfterMs: retryMs !== undefined && retryMs > 0 ? retryMs : undefined,
    absent: code === UNIMPLEMENTED,
  };
  // What the library says of a connection that it has not got.
  if (code === UNAVAILABLE && /^No connection established|^Connection dropped/.test(details)) {
    const failure = /Protocol error|NO_APPLICATION_PROTOCOL/i.test(`${details} ${error?.code}`)
      ? NO_HTTP2
      : (error?.code ?? error?.message ?? 'ECONNRESET');
    return { ...outcome, failure, stale: error === undefined && details.startsWith('Connection dropped') };
  }
  // A stream that is reset with the connection of a collector that ends.
  if (code === CANCELLED && details === 'Call cancelled')
    return { ...outcome, failure: 'ECONNRESET', stale: true };
  if (code === DEADLINE_EXCEEDED && statusDetails === undefined) {
    const why = error?.code === undefined ? '' : ` (${error.code})`;
    return { ...outcome, failure: `no answer within ${Math.round(timeoutMs)} ms${why}` };
  }
  const reason = redacted(details, secrets);
  return {
    ...outcome,
    failure: `gRPC status ${NAMES[code] ?? code}${reason === '' ? '' : ` (${reason})`}`,
  };
}

function readable<T>(read: (bytes: Uint8Array) => T, bytes: Uint8Array): T | undefined {
  try {
    return read(bytes);
  } catch {
    return undefined;
  }
}
