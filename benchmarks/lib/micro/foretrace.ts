// foretrace's own span, bundled from the sources by lib/micro.mjs: `foretrace` as instrumentations use it, `foretrace-api` as
// an app does through the OpenTelemetry API. Ending a span includes its bytes; there is nothing to serialize later.
import { ROOT_CONTEXT } from '@opentelemetry/api';
import { key } from '../../../src/encode/key.ts';
import { encodeSpan } from '../../../src/encode/span.ts';
import { now } from '../../../src/trace/clock.ts';
import { scope } from '../../../src/trace/scope.ts';
import { SERVER, setSink, type Span } from '../../../src/trace/span.ts';
import { startUnder } from '../../../src/operation/start.ts';
import { tracerProvider } from '../../../src/api/tracer.ts';

const METHOD = key('http.request.method');
const SCHEME = key('url.scheme');
const PATH = key('url.path');
const ADDRESS = key('server.address');
const PORT = key('server.port');
const CLIENT_ADDRESS = key('client.address');
const PROTOCOL = key('network.protocol.version');
const USER_AGENT = key('user_agent.original');
const ROUTE = key('http.route');
const STATUS = key('http.response.status_code');

const bench = scope('bench');

// As the ring does: the bytes are copied out of the scratch buffer.
const ring = new Uint8Array(1 << 20);
let at = 0;
setSink((_scope, bytes, length) => {
  if (at + length > ring.length) at = 0;
  if (length > 256) ring.set(bytes.subarray(0, length), at);
  else for (let i = 0; i < length; i++) ring[at + i] = bytes[i];
  at += length;
});

function started(i: number): Span {
  const span = startUnder(bench, 'GET /products/:id', SERVER, undefined, false, false, now()) as Span;
  span.add(METHOD, 'GET');
  span.add(SCHEME, 'http');
  span.add(PATH, `/products/${i & 1023}`);
  span.add(ADDRESS, 'shop.example');
  span.add(PORT, 8080);
  span.add(CLIENT_ADDRESS, '10.0.0.7');
  span.add(PROTOCOL, '1.1');
  span.add(USER_AGENT, 'bench/1.0');
  span.add(ROUTE, '/products/:id');
  span.add(STATUS, 200);
  return span;
}

export function implement(name: string): {
  lifecycle: (i: number) => void;
  prepareEncode: () => { spansPerCall: number; encode: (i: number) => number };
} {
  const tracer = tracerProvider.getTracer('bench');

  function throughApi(i: number): void {
    const span = tracer.startSpan(
      'GET /products/:id',
      {
        kind: 1,
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
    lifecycle: name === 'foretrace-api' ? throughApi : (i) => started(i).end(),
    prepareEncode() {
      const spans = Array.from({ length: 512 }, (_, i) => started(i));
      return {
        spansPerCall: 1,
        encode: (i) => encodeSpan(spans[i & 511], 400_000_000, i, 400_000_000, i + 1, 128),
      };
    },
  };
}
