/** An OTLP/gRPC receiver for tests, on a free port of 127.0.0.1: the services of the official `.proto` files on the server of `@grpc/grpc-js`. */
import { Metadata, type sendUnaryData, Server, ServerCredentials, type ServerUnaryCall } from '@grpc/grpc-js';
import { bytesField, varintField } from './encode-span.ts';
import { decodeTraces, type ReceivedSpan } from './otlp.ts';
import { decodeMetrics, type ReceivedMetric } from './otlp-metrics.ts';

const SERVICES = {
  traces: 'opentelemetry.proto.collector.trace.v1.TraceService',
  metrics: 'opentelemetry.proto.collector.metrics.v1.MetricsService',
  logs: 'opentelemetry.proto.collector.logs.v1.LogsService',
} as const;
type Service = keyof typeof SERVICES;

/** How the receiver answers a call. By default with an empty response and status OK. */
export interface GrpcAnswerOf {
  code?: number;
  details?: string;
  /** The delay of a `google.rpc.RetryInfo`. */
  retryMs?: number;
  /** Never answer. */
  silent?: boolean;
  /** The bytes of the response. */
  response?: Uint8Array;
}

export interface ReceivedCall {
  service: Service;
  metadata: Record<string, unknown>;
  /** `host:port` of the sender: equal ones mean one connection. */
  peer: string;
  /** How much time the sender gave, in ms. */
  leftMs: number;
  atMs: number;
  spans: ReceivedSpan[];
  metrics: ReceivedMetric[];
}

export interface GrpcReceiver {
  readonly url: string;
  readonly port: number;
  readonly calls: readonly ReceivedCall[];
  /** Of calls that were answered with OK. */
  spans(): ReceivedSpan[];
  metrics(): ReceivedMetric[][];
  waitForCalls(wanted: (calls: readonly ReceivedCall[]) => boolean, timeoutMs?: number): Promise<void>;
  answerNext(...answers: GrpcAnswerOf[]): void;
  answerAlways(answer: GrpcAnswerOf): void;
  close(): Promise<void>;
}

/**
 * @param tls makes it an encrypted one; with `ca` clients need a certificate
 * @param services those that it has
 */
export async function startGrpcReceiver({
  tls,
  services = ['traces', 'metrics', 'logs'],
  port = 0,
}: {
  tls?: { key: Buffer; cert: Buffer; ca?: Buffer };
  services?: readonly Service[];
  port?: number;
} = {}): Promise<GrpcReceiver> {
  const calls: ReceivedCall[] = [];
  const spans: ReceivedSpan[] = [];
  const metrics: ReceivedMetric[][] = [];
  const queue: GrpcAnswerOf[] = [];
  let standing: GrpcAnswerOf = {};
  let failure: Error | undefined;
  const waiters = new Set<() => void>();
  const server = new Server();
  const same = (bytes: Buffer): Buffer => bytes;

  function heard(
    service: Service,
    call: ServerUnaryCall<Buffer, Buffer>,
    callback: sendUnaryData<Buffer>,
  ): void {
    const answer = queue.shift() ?? standing;
    const deadline = call.getDeadline();
    const received: ReceivedCall = {
      service,
      metadata: call.metadata.getMap(),
      peer: call.getPeer(),
      leftMs: (typeof deadline === 'number' ? deadline : deadline.getTime()) - Date.now(),
      atMs: performance.now(),
      spans: [],
      metrics: [],
    };
    try {
      if (service === 'traces') received.spans = decodeTraces(call.request, 'application/x-protobuf');
      if (service === 'metrics') received.metrics = decodeMetrics(call.request, 'application/x-protobuf');
    } catch (error) {
      failure ??= error as Error;
    }
    calls.push(received);
    if (!answer.silent) respond(answer, received, callback);
    for (const look of waiters) look();
  }

  function respond(answer: GrpcAnswerOf, received: ReceivedCall, callback: sendUnaryData<Buffer>): void {
    const { code = 0, details = '', retryMs, response } = answer;
    if (code === 0) {
      spans.push(...received.spans);
      if (received.metrics.length > 0) metrics.push(received.metrics);
      callback(null, Buffer.from(response ?? []));
      return;
    }
    const metadata = new Metadata();
    if (retryMs !== undefined) metadata.set('grpc-status-details-bin', statusWithRetry(code, retryMs));
    callback({ code, details, metadata });
  }

  for (const service of services) {
    const path = `/${SERVICES[service]}/Export`;
    const handle = (call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>): void =>
      heard(service, call, callback);
    server.register(path, handle, same, same, 'unary');
  }
  const credentials = tls
    ? ServerCredentials.createSsl(
        tls.ca ?? null,
        [{ private_key: tls.key, cert_chain: tls.cert }],
        tls.ca !== undefined,
      )
    : ServerCredentials.createInsecure();
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, credentials, (error, port) =>
      error ? reject(error) : resolve(port),
    );
  });

  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${bound}`,
    port: bound,
    calls,
    spans() {
      if (failure) throw failure;
      return [...spans];
    },
    metrics() {
      if (failure) throw failure;
      return [...metrics];
    },
    waitForCalls(wanted, timeoutMs = 10_000) {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiters.delete(look);
          reject(new Error(`waited ${timeoutMs} ms for calls that fit; got ${calls.length}`));
        }, timeoutMs);
        const look = (): void => {
          if (!wanted(calls)) return;
          clearTimeout(timer);
          waiters.delete(look);
          resolve();
        };
        waiters.add(look);
        look();
      });
    },
    answerNext(...answers) {
      queue.push(...answers);
    },
    answerAlways(answer) {
      standing = answer;
    },
    close: async () => server.forceShutdown(),
  };
}

function statusWithRetry(code: number, retryMs: number): Buffer {
  const duration = Buffer.from([
    ...varintField(1, BigInt(Math.floor(retryMs / 1000))),
    ...varintField(2, BigInt((retryMs % 1000) * 1e6)),
  ]);
  const retryInfo = Buffer.from(bytesField(1, duration));
  const any = Buffer.from([
    ...bytesField(1, Buffer.from('type.googleapis.com/google.rpc.RetryInfo')),
    ...bytesField(2, retryInfo),
  ]);
  return Buffer.from([...varintField(1, BigInt(code)), ...bytesField(3, any)]);
}
