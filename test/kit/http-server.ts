/**
 * Behaviour of an instrumented HTTP server. A framework costs a fixture app that serves the routes of
 * `test/fixtures/lib/http-routes.cjs`, and the flags below for what it can do.
 */
import { Agent, type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { type ExpectedSpan, optional } from '../support/expect-trace.ts';
import type { App } from '../support/run-app.ts';
import {
  byTraceId,
  concurrently,
  type Fixture,
  harness,
  itIf,
  MANY,
  PLUMBING,
  remoteParent,
} from './harness.ts';

export interface HttpServerKit {
  title: string;
  fixture: Fixture;
  /** The server knows the template of the route: it is in the span's name and in `http.route`. */
  routes: boolean;
  /** A handler that throws is answered with 500 (a bare server lets the process die). */
  exceptions: boolean;
  /** A route can take methods that nobody knows. Default true. */
  unknownMethods?: boolean;
  /** A route of the fixture, such as `/users/:id`, the way the framework writes it. Default: the same. */
  template?: (route: string) => string;
  /** The status that the framework sets when the connection breaks in the middle of a response. Default 200: what was sent. */
  brokenStatus?: number;
  /** Further attributes of requests that matched a route. */
  attributes?: Record<string, unknown>;
}

interface Response {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
  /** Of our end of the connection: equal ports mean the same connection. */
  localPort: number;
}

interface Call {
  method?: string;
  headers?: OutgoingHttpHeaders;
  body?: string;
  agent?: Agent;
}

/** One request, with no headers but `host`, `connection`, `user-agent: kit` and those given. */
export async function call(app: App, path: string, options: Call = {}): Promise<Response> {
  const url = await app.url(path);
  return new Promise((resolve, reject) => {
    const outgoing = request(url, {
      agent: options.agent ?? false,
      method: options.method,
      headers: { 'user-agent': 'kit', ...options.headers },
    });
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (body += chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode!,
          headers: response.headers,
          body,
          localPort: outgoing.socket!.localPort!,
        }),
      );
    });
    outgoing.end(options.body);
  });
}

interface Expected {
  method?: string;
  status?: number;
  /** The template of the route, when it is not the path; `null`: none matched. */
  route?: string | null;
  /** Differences to the usual attributes; `undefined` removes one. */
  attributes?: Record<string, unknown>;
  error?: ExpectedSpan['status'];
  name?: string;
  parentSpanId?: string;
  traceId?: string;
  children?: ExpectedSpan[];
}

/** The SERVER span of a request by {@link call}. */
export function serverSpan(
  port: number,
  target: string,
  routes: boolean,
  expected: Expected = {},
): ExpectedSpan {
  const { method = 'GET', status = 200 } = expected;
  const [path, query] = target.split('?');
  const route = routes && expected.route !== null ? (expected.route ?? path) : undefined;
  const attributes: Record<string, unknown> = {
    'http.request.method': method,
    'url.scheme': 'http',
    'url.path': path,
    'url.query': query,
    'http.route': route,
    'http.response.status_code': status,
    'server.address': '127.0.0.1',
    'server.port': port,
    'client.address': '127.0.0.1',
    'network.peer.address': '127.0.0.1',
    'network.peer.port': expect.any(Number),
    'network.protocol.version': '1.1',
    'user_agent.original': 'kit',
    'error.type': status >= 500 ? String(status) : undefined,
    ...expected.attributes,
  };
  for (const key of Object.keys(attributes)) if (attributes[key] === undefined) delete attributes[key];
  return {
    name: expected.name ?? (route ? `${method} ${route}` : method),
    kind: 'SERVER',
    attributes,
    status: expected.error ?? (status >= 500 ? 'ERROR' : 'UNSET'),
    parentSpanId: expected.parentSpanId,
    ...('traceId' in expected && { traceId: expected.traceId }),
    children: expected.children ?? [],
  };
}

/** Ends a span in the given trace: the fence of the harness. */
export const fence = (app: App, traceparent: string): Promise<unknown> =>
  call(app, '/success', { headers: { traceparent } });

const internal = (name: string): ExpectedSpan => ({ name, kind: 'INTERNAL' });

/** Reads what a raw connection gets until the server closes it. */
function exchange(port: number, ...parts: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.setEncoding('utf8');
    socket.on('error', reject);
    socket.on('data', (data: string) => {
      text += data;
      const part = parts.shift();
      if (part) socket.write(part);
    });
    socket.on('close', () => resolve(text));
    socket.write(parts.shift()!);
  });
}

export function httpServerKit(options: HttpServerKit): void {
  const {
    title,
    fixture,
    routes,
    exceptions,
    unknownMethods = true,
    template = (route) => route,
    brokenStatus = 200,
    attributes: further,
  } = options;
  const templated = (target: string, expected?: Expected): Expected => {
    const { route = target.split('?')[0], attributes } = expected ?? {};
    if (route === null) return { ...expected, route };
    return { ...expected, route: template(route), attributes: { ...further, ...attributes } };
  };

  describe(title, () => {
    const kit = harness(fixture, fence);
    const span = async (target: string, expected?: Expected): Promise<ExpectedSpan> =>
      serverSpan(await kit.app.listening(), target, routes, templated(target, expected));

    it('makes one SERVER span of a request, a root when no parent is sent', async () => {
      expect(await call(kit.app, '/success')).toMatchObject({ status: 200, body: 'ok' });
      await kit.expectSpans([await span('/success')]);
    });

    it('continues the trace of the caller', async () => {
      const { traceparent, traceId, spanId } = remoteParent();
      await call(kit.app, '/success', { headers: { traceparent, tracestate: 'a=1,b=2' } });
      const expected = await span('/success', { traceId, parentSpanId: spanId });
      await kit.expectSpans([{ ...expected, traceState: 'a=1,b=2' }]);
    });

    it('finds the parent whatever the case of the header name', async () => {
      const { traceparent, traceId, spanId } = remoteParent();
      await call(kit.app, '/success', { headers: { TraceParent: traceparent } });
      await kit.expectSpans([await span('/success', { traceId, parentSpanId: spanId })]);
    });

    it('starts a new trace when traceparent is malformed', async () => {
      const broken = [
        '00-xyz',
        '',
        `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
        `ff-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
      ];
      for (const traceparent of broken) await call(kit.app, '/success', { headers: { traceparent } });
      await kit.expectSpans(await Promise.all(broken.map(() => span('/success'))));
    });

    it('makes no span under an unsampled parent', async () => {
      const { traceparent, traceId } = remoteParent({ sampled: false });
      const { body } = await call(kit.app, '/work?id=1', { headers: { traceparent } });
      if (!PLUMBING) expect(JSON.parse(body)).toEqual({ id: '1', traceId });
      await kit.expectSpans([]);
    });

    it('keeps the query but not the values of signature parameters', async () => {
      await call(kit.app, '/success?a=1&sig=s3cret&X-Amz-Signature=s3cret&SIG=kept');
      await kit.expectSpans([await span('/success?a=1&sig=REDACTED&X-Amz-Signature=REDACTED&SIG=kept')]);
    });

    it('does not take a redirect for an error', async () => {
      expect(await call(kit.app, '/redirect')).toMatchObject({
        status: 302,
        headers: { location: '/success' },
      });
      await kit.expectSpans([await span('/redirect', { status: 302 })]);
    });

    it('does not take a 4xx for an error', async () => {
      await call(kit.app, '/status/400');
      await kit.expectSpans([await span('/status/400', { status: 400, route: '/status/:code' })]);
    });

    it('takes a 5xx for an error', async () => {
      await call(kit.app, '/status/503');
      await kit.expectSpans([await span('/status/503', { status: 503, route: '/status/:code' })]);
    });

    it('names a request that matched no route after its method alone', async () => {
      expect(await call(kit.app, '/wp-login.php?a=1')).toMatchObject({ status: 404 });
      await kit.expectSpans([await span('/wp-login.php?a=1', { status: 404, route: null })]);
    });

    it('never puts the path into the name', async () => {
      await call(kit.app, '/users/4711');
      await kit.expectSpans([await span('/users/4711', { route: '/users/:id' })]);
    });

    itIf(exceptions)('takes a handler that throws for an error', async () => {
      expect(await call(kit.app, '/exception')).toMatchObject({ status: 500 });
      await kit.expectSpans([
        await span('/exception', { status: 500, error: { code: 'ERROR', message: optional('boom') } }),
      ]);
    });

    it.each(['HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('records the method %s', async (method) => {
      await call(kit.app, '/success', { method });
      await kit.expectSpans([await span('/success', { method })]);
    });

    it.runIf(unknownMethods)('replaces a method that is not known by _OTHER', async () => {
      await call(kit.app, '/success', { method: 'PURGE' });
      await kit.expectSpans([
        await span('/success', {
          method: '_OTHER',
          name: routes ? `HTTP ${template('/success')}` : 'HTTP',
          attributes: { 'http.request.method_original': 'PURGE' },
        }),
      ]);
    });

    it.each([204, 304])('ends the span of a %i, which has no body', async (status) => {
      expect(await call(kit.app, `/status/${status}`)).toMatchObject({ status, body: '' });
      await kit.expectSpans([await span(`/status/${status}`, { status, route: '/status/:code' })]);
    });

    it('keeps the context in the events of the request body', async () => {
      const body = 'x'.repeat(100_000);
      expect(await call(kit.app, '/echo', { method: 'POST', body })).toMatchObject({ body });
      await kit.expectSpans([
        await span('/echo', { method: 'POST', children: [internal('data'), internal('end')] }),
      ]);
    });

    it('hands baggage to the app', async () => {
      const { body } = await call(kit.app, '/baggage', {
        headers: { baggage: 'user=ada, tier=gold%20plus;prop=1' },
      });
      await kit.expectSpans([await span('/baggage')]);
      expect(JSON.parse(body)).toEqual({ user: 'ada', tier: 'gold plus' });
    });

    it('believes Forwarded about client, host and scheme', async () => {
      const forwarded = 'for="192.0.2.7:4711";proto=https;host="shop.example:8443", for=10.0.0.1';
      await call(kit.app, '/success', { headers: { forwarded } });
      const attributes = {
        'client.address': '192.0.2.7',
        'server.address': 'shop.example',
        'server.port': 8443,
        'url.scheme': 'https',
      };
      await kit.expectSpans([await span('/success', { attributes })]);
    });

    it('believes X-Forwarded-* where there is no Forwarded', async () => {
      await call(kit.app, '/success', {
        headers: {
          'x-forwarded-for': '203.0.113.9, 10.0.0.1',
          'x-forwarded-proto': 'https',
          'x-forwarded-host': 'shop.example:8443',
        },
      });
      const attributes = {
        'client.address': '203.0.113.9',
        'server.address': 'shop.example',
        'server.port': 8443,
        'url.scheme': 'https',
      };
      await kit.expectSpans([await span('/success', { attributes })]);
    });

    it('takes a client that leaves in the middle of the response for an error', async () => {
      const url = await kit.app.url('/hang');
      await new Promise<void>((resolve, reject) => {
        const outgoing = request(url, { agent: false, headers: { 'user-agent': 'kit' } }, (response) => {
          response
            .once('data', () => outgoing.destroy())
            .once('close', resolve)
            .on('error', () => {});
        });
        outgoing.on('error', reject).end();
      });
      await kit.expectSpans([
        await span('/hang', {
          status: brokenStatus,
          attributes: { 'error.type': expect.any(String) },
          error: { code: 'ERROR', message: optional(expect.any(String)) },
        }),
      ]);
    });

    it('takes a response that the app destroys for an error', async () => {
      await expect(call(kit.app, '/destroy')).rejects.toThrow();
      await kit.expectSpans([
        await span('/destroy', {
          status: brokenStatus,
          attributes: { 'error.type': expect.any(String) },
          error: { code: 'ERROR', message: optional(expect.any(String)) },
        }),
      ]);
    });

    it('ends the span of a stream with the stream', async () => {
      const { body } = await call(kit.app, '/stream');
      expect(body).toBe('data: 1\n\ndata: 2\n\ndata: 3\n\n');
      await kit.expectSpans([await span('/stream', { children: [internal('last')] })]);
    });

    it('does not leak the parent to the next request of a kept-alive connection', async () => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      const { traceparent, traceId, spanId } = remoteParent();
      const first = await call(kit.app, '/work?id=1', { agent, headers: { traceparent } });
      const second = await call(kit.app, '/work?id=2', { agent });
      agent.destroy();
      expect(second.localPort).toBe(first.localPort);
      await kit.expectSpans([
        await span('/work?id=1', { traceId, parentSpanId: spanId, children: [internal('work')] }),
        await span('/work?id=2', {
          traceId: expect.not.stringMatching(traceId),
          children: [internal('work')],
        }),
      ]);
    });

    it.each(['in one packet', 'one after another'])(
      'keeps pipelined requests apart, sent %s',
      async (how) => {
        const port = await kit.app.listening();
        const parents = [remoteParent(), remoteParent(), remoteParent()];
        const requests = parents.map(
          ({ traceparent }, index) =>
            `GET /work?id=${index} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nuser-agent: kit\r\n` +
            `traceparent: ${traceparent}\r\n${index === 2 ? 'connection: close\r\n' : ''}\r\n`,
        );
        const text = await (how === 'in one packet'
          ? exchange(port, requests.join(''))
          : exchange(port, requests[0] + requests[1], requests[2]));
        expect(text.match(/"id":"\d"/g)).toEqual(['"id":"0"', '"id":"1"', '"id":"2"']);
        const expected = parents.map(({ traceId, spanId }, index) =>
          span(`/work?id=${index}`, { traceId, parentSpanId: spanId, children: [internal('work')] }),
        );
        await kit.expectSpans(await Promise.all(expected));
      },
    );

    it('leaves an upgraded connection to the app', async () => {
      const port = await kit.app.listening();
      const text = await exchange(
        port,
        `GET /success HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nconnection: upgrade\r\nupgrade: kit\r\n\r\n`,
        'hello',
      );
      expect(text).toMatch(/^HTTP\/1.1 101 [^]*hello$/);
      await kit.expectSpans([]);
    });

    it('answers a request that is not HTTP as without us', async () => {
      expect(await exchange(await kit.app.listening(), 'NONSENSE\r\n\r\n')).toMatch(/^HTTP\/1.1 400 /);
      await kit.expectSpans([]);
    });

    it(`gives each of ${MANY} requests, 50 at a time, its own parent and its own children`, async () => {
      const agent = new Agent({ keepAlive: true, maxSockets: 50 });
      const parents = Array.from({ length: MANY }, () => remoteParent());
      const answers: { id: string; traceId: string }[] = [];
      await concurrently(MANY, 50, async (index) => {
        const headers = { traceparent: parents[index].traceparent };
        answers[index] = JSON.parse((await call(kit.app, `/work?id=${index}`, { agent, headers })).body);
      });
      agent.destroy();
      const spans = await kit.collect(2 * MANY);
      expect(spans).toHaveLength(2 * MANY);
      const traces = byTraceId(spans);
      const wrong = parents.filter(({ traceId, spanId }, index) => {
        const [server, work] = [...(traces.get(traceId) ?? [])].sort((a) => (a.kind === 'SERVER' ? -1 : 1));
        return !(
          answers[index].traceId === traceId &&
          server?.kind === 'SERVER' &&
          server.parentSpanId === spanId &&
          server.attributes['url.query'] === `id=${index}` &&
          work?.name === 'work' &&
          work.parentSpanId === server.spanId &&
          work.attributes.id === String(index)
        );
      });
      expect(wrong).toEqual([]);
    });
  });

  describe(`${title}, configured`, () => {
    const kit = harness(
      {
        ...fixture,
        env: {
          ...fixture.env,
          OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_REQUEST_HEADERS: 'X-Kit-Request, authorization',
          OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_RESPONSE_HEADERS: 'x-kit-response',
          OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS: 'GET,PURGE',
        },
      },
      fence,
    );
    const span = async (target: string, expected?: Expected): Promise<ExpectedSpan> =>
      serverSpan(await kit.app.listening(), target, routes, templated(target, expected));

    it('captures the headers it was told to, and hides credentials in them', async () => {
      await call(kit.app, '/headers', {
        headers: { 'x-kit-request': 'a', authorization: 'Bearer s3cret', 'x-other': 'b' },
      });
      const spans = await kit.collect(1);
      expect(spans).toHaveLength(1);
      const { attributes } = spans[0];
      expect(
        Object.keys(attributes)
          .filter((key) => key.includes('.header.'))
          .sort(),
      ).toEqual([
        'http.request.header.authorization',
        'http.request.header.x-kit-request',
        'http.response.header.x-kit-response',
      ]);
      expect(attributes['http.request.header.x-kit-request']).toEqual(['a']);
      expect(attributes['http.response.header.x-kit-response']).toEqual(['one', 'two']);
      expect(JSON.stringify(attributes)).not.toContain('s3cret');
    });

    it.runIf(unknownMethods)('knows the configured methods instead of the usual ones', async () => {
      await call(kit.app, '/success', { method: 'PURGE' });
      await call(kit.app, '/success', { method: 'POST' });
      await kit.expectSpans([
        await span('/success', { method: 'PURGE' }),
        await span('/success', {
          method: '_OTHER',
          name: routes ? `HTTP ${template('/success')}` : 'HTTP',
          attributes: { 'http.request.method_original': 'POST' },
        }),
      ]);
    });
  });
}
