/** Everything over gRPC, to a server of `@grpc/grpc-js`. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type GrpcReceiver, startGrpcReceiver } from '../support/grpc-receiver.ts';
import { ROOT, runApp } from '../support/run-app.ts';

let receiver: GrpcReceiver;
beforeEach(async () => void (receiver = await startGrpcReceiver()));
afterEach(() => receiver.close());

const SPAN = `require(${JSON.stringify(`${ROOT}node_modules/@opentelemetry/api`)}).trace.getTracer('app').startSpan('one').end();`;

describe('a script that ends', () => {
  test.each([
    ['on a thread of its own', {}],
    ["on the app's thread", { FORETRACE_EXPORT_THREAD: 'off' }],
  ])('has sent its spans (%s)', async (_, env) => {
    const exit = await runApp({
      receiver,
      eval: SPAN,
      env: { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', ...env },
    }).exited;
    expect(exit).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(receiver.spans().map(({ name }) => name)).toEqual(['one']);
    expect(receiver.calls[0]!.metadata).toEqual(1);
  });
});
