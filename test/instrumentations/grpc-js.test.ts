import { describe, expect, it } from 'vitest';
import { mixingHttpKit } from '../kit/mixing-http.ts';
import { rpcKit } from '../kit/rpc.ts';
import { type ExpectedSpan, expectTrace } from '../support/expect-trace.ts';
import { inBothForms } from '../kit/harness.ts';
import { LIBRARIES, libraryVersion } from '../support/libraries.ts';
import { startReceiver } from '../support/receiver.ts';
import { runApp } from '../support/run-app.ts';

const cwd = LIBRARIES;
const version = libraryVersion('@grpc/grpc-js')!;
const isOld = /^1\.[89]\./.test(version);

describe(`@grpc/grpc-js ${version}`, () => {
  for (const [title, extension] of inBothForms(['ES modules', 'mjs'], ['CommonJS', 'cjs']))
    rpcKit({
      title,
      client: { file: `grpc-js.${extension}`, cwd },
      server: { file: `grpc-js-server.${extension}`, cwd },
      system: 'grpc',
      method: (name) => `kit.Kit/${name === 'garbled' ? 'Unary' : name[0].toUpperCase() + name.slice(1)}`,
      forms: ['bare', 'options', 'metadata', 'generic'],
      // Before 1.10 nothing catches it.
      catchesThrows: !isOld,
      // Before 1.10 each call is ended by a reset: Node closes connections that have more than a thousand at a time.
      ...(isOld && { many: 200 }),
    });
});

/** Calls in an app that does other things too: see the fixture. */
describe(`what is around calls of @grpc/grpc-js ${version}`, () => {
  async function runLayers(env: Record<string, string>) {
    const receiver = await startReceiver();
    const app = runApp({ file: 'grpc-js-layers.cjs', cwd, receiver, env });
    const { traceparent } = await app.line((line) => line?.traceparent !== undefined);
    const { code, stderr } = await app.exited;
    const spans = receiver.spans();
    await receiver.close();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return { traceparent, spans };
  }

  const around = (call: ExpectedSpan): ExpectedSpan[] => [
    { name: 'startup', children: [{ name: 'bound' }] },
    { name: 'waiting', children: [{ name: 'ready' }] },
    call,
  ];
  const inner: ExpectedSpan = { name: 'GET', kind: 'CLIENT', status: 'ERROR' };
  const both = (name: string, scope: string): ExpectedSpan => ({
    name,
    kind: 'CLIENT',
    scope,
    parentSpanId: undefined,
    children: [{ name, kind: 'SERVER', scope, children: [inner] }],
  });

  it('is no part of them, and HTTP/2 below them makes no spans', async () => {
    const { spans } = await runLayers({});
    expectTrace(spans, around(both('kit.Kit/Unary', 'foretrace.grpc-js')));
  });

  it.each(['GRPC_JS', 'GRPC'])('is HTTP/2 without %s', async (name) => {
    const { spans } = await runLayers({ [`OTEL_INSTRUMENTATION_${name}_ENABLED`]: 'false' });
    expectTrace(spans, around(both('POST', 'foretrace.http2')));
  });

  it('is without a change where HTTP/2 is not traced', async () => {
    const { spans } = await runLayers({ OTEL_INSTRUMENTATION_HTTP2_ENABLED: 'false' });
    expectTrace(spans, around(both('kit.Kit/Unary', 'foretrace.grpc-js')));
  });

  it('hears of a decision not to record that was made for a call outside of any context', async () => {
    const { spans, traceparent } = await runLayers({ OTEL_TRACES_SAMPLER: 'always_off' });
    expect(spans).toEqual([]);
    expect(traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[02]$/);
  });

  it('has no trace of a call that must not start one', async () => {
    const { spans, traceparent } = await runLayers({ FORETRACE_ROOT_CLIENT_SPANS: 'off' });
    expect(traceparent).toBeNull();
    const served = {
      name: 'kit.Kit/Unary',
      kind: 'SERVER',
      parentSpanId: undefined,
      children: [inner],
    } as const;
    expectTrace(spans, around(served as unknown as ExpectedSpan));
  });
});

for (const [spans, env] of [
  ['its own spans', {}],
  ['those of HTTP/2', { OTEL_INSTRUMENTATION_GRPC_JS_ENABLED: 'false' }],
] as const)
  mixingHttpKit({
    title: `@grpc/grpc-js ${version} with ${spans}`,
    library: 'grpc',
    protocol: 'grpc',
    env,
    cwd,
    ways: ['unary', 'unary, waiting', 'server stream', 'server stream, waiting'],
  });
