// The OpenTelemetry SDK: `otel2` is the line for Node 20, `otel3` the current one.
import { createRequire } from 'node:module';

const benchmarks = new URL('../../', import.meta.url);
const CLIENT_TO_SERVER = 1; // SpanKind.SERVER
const KEPT = 512;

export function implement(line) {
  const current = line === 'otel3';
  const require = createRequire(new URL(current ? 'package.json' : 'peers-node20/package.json', benchmarks));
  const { ROOT_CONTEXT } = require('@opentelemetry/api');
  const { ProtobufTraceSerializer } = require('@opentelemetry/otlp-transformer');
  const { resourceFromAttributes } = createRequire(require.resolve('@opentelemetry/otlp-transformer'))(
    '@opentelemetry/resources',
  );
  const Provider = current
    ? require('@opentelemetry/sdk-trace').TracerProvider
    : require('@opentelemetry/sdk-trace-base').BasicTracerProvider;

  // Ended spans wait for their batch, so they must outlive the loop's iteration here as well.
  const kept = Array.from({ length: KEPT });
  let ended = 0;
  const keep = {
    onStart() {},
    onEnd(span) {
      kept[ended++ & (KEPT - 1)] = span;
    },
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
  const provider = new Provider({
    resource: resourceFromAttributes({ 'service.name': 'bench' }),
    spanProcessors: [keep],
  });
  const tracer = provider.getTracer('bench');

  function lifecycle(i) {
    const span = tracer.startSpan(
      'GET /products/:id',
      {
        kind: CLIENT_TO_SERVER,
        attributes: {
          'http.request.method': 'GET',
          'url.scheme': 'http',
          'url.path': `/products/${i & 1023}`,
          'server.address': 'shop.example',
          'server.port': 8080,
          'client.address': '10.0.0.7',
          'network.protocol.version': '1.1',
          'user_agent.original': 'bench/1.0',
        },
      },
      ROOT_CONTEXT,
    );
    span.setAttribute('http.route', '/products/:id');
    span.setAttribute('http.response.status_code', 200);
    span.end();
  }

  return {
    lifecycle,
    /** Serializes a batch, because that is the only way it can; `spansPerCall` says how many. */
    prepareEncode() {
      for (let i = 0; i < KEPT; i++) lifecycle(i);
      return {
        spansPerCall: KEPT,
        encode: () => ProtobufTraceSerializer.serializeRequest(kept).length / KEPT,
      };
    },
  };
}
