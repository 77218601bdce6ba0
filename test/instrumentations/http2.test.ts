/** HTTP/2 of Node itself, server and client. The other end is in the test's process, untraced. */
import {
  connect,
  constants,
  createSecureServer,
  createServer,
  type ClientHttp2Session,
  type Http2Server,
  type IncomingHttpHeaders,
} from 'node:http2';
import { get } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { byTraceId, concurrently, type Fixture, harness, MANY, remoteParent } from '../kit/harness.ts';
import { serverSpan } from '../kit/http-server.ts';
import { expectOwnParents, operations, underParent } from '../kit/operations.ts';
import { makeCertificate } from '../support/certificate.ts';
import { type ExpectedSpan, optional } from '../support/expect-trace.ts';
import { LIBRARIES } from '../support/libraries.ts';
import { startReceiver } from '../support/receiver.ts';
import { type App, runApp } from '../support/run-app.ts';

interface Response {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

interface Call {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
  /** Reset the stream when the first part of the body has come. */
  cancel?: boolean;
}

function send(session: ClientHttp2Session, path: string, call: Call = {}): Promise<Response> {
  return new Promise((resolve, reject) => {
    const stream = session.request(
      { ':path': path, ':method': call.method ?? 'GET', 'user-agent': 'kit', ...call.headers },
      { endStream: call.body === undefined },
    );
    const response: Response = { status: 0, headers: {}, body: '' };
    stream.setEncoding('utf8');
    stream.on('response', (headers) => {
      response.headers = headers;
      response.status = headers[':status']!;
    });
    stream.on('data', (chunk: string) => {
      response.body += chunk;
      if (call.cancel) stream.close(constants.NGHTTP2_CANCEL);
    });
    stream.on('error', reject);
    stream.on('close', () => resolve(response));
    if (call.body !== undefined) stream.end(call.body);
  });
}

async function open(app: App): Promise<ClientHttp2Session> {
  const session = connect(await app.url());
  session.on('error', () => {});
  return session;
}

const fence = async (app: App, traceparent: string): Promise<void> => {
  const session = await open(app);
  await send(session, '/success', { headers: { traceparent } });
  session.close();
};

const internal = (name: string): ExpectedSpan => ({ name, kind: 'INTERNAL' });

function serverSuite(title: string, fixture: Fixture, api: 'compatible' | 'stream'): void {
  describe(title, () => {
    const kit = harness({ ...fixture, env: { HTTP2_API: api } }, fence);
    let session: ClientHttp2Session;
    beforeAll(async () => {
      session = await open(kit.app);
    });
    afterAll(() => session?.destroy());

    const span = async (
      target: string,
      expected: Parameters<typeof serverSpan>[3] = {},
    ): Promise<ExpectedSpan> =>
      serverSpan(await kit.app.listening(), target, false, {
        ...expected,
        attributes: { 'network.protocol.version': '2', ...expected.attributes },
      });

    it('makes one SERVER span of a stream, and continues the trace of the caller', async () => {
      const { traceparent, traceId, spanId } = remoteParent();
      const headers = { traceparent, tracestate: 'a=1' };
      expect(await send(session, '/success?a=1&sig=s3cret', { headers })).toMatchObject({
        status: 200,
        body: 'ok',
      });
      const expected = await span('/success?a=1&sig=REDACTED', { traceId, parentSpanId: spanId });
      await kit.expectSpans([{ ...expected, traceState: 'a=1', scope: 'foretrace.http2' }]);
    });

    it('starts a trace when no parent is sent', async () => {
      await send(session, '/success');
      await kit.expectSpans([await span('/success')]);
    });

    it('makes no span under an unsampled parent, but knows the trace', async () => {
      const { traceparent, traceId } = remoteParent({ sampled: false });
      const { body } = await send(session, '/work?id=1', { headers: { traceparent } });
      expect(JSON.parse(body)).toEqual({ id: '1', traceId });
      await kit.expectSpans([]);
    });

    it.each([
      ['400', 400],
      ['503', 503],
      ['204', 204],
    ])('records the status %s', async (path, status) => {
      expect(await send(session, `/status/${path}`)).toMatchObject({ status });
      await kit.expectSpans([await span(`/status/${path}`, { status })]);
    });

    it.each(['HEAD', 'PUT'])('records the method %s', async (method) => {
      await send(session, '/success', { method });
      await kit.expectSpans([await span('/success', { method })]);
    });

    it('keeps the context in the events of the request body', async () => {
      const body = 'x'.repeat(100_000);
      expect(await send(session, '/echo', { method: 'POST', body })).toMatchObject({ body });
      await kit.expectSpans([
        await span('/echo', { method: 'POST', children: [internal('data'), internal('end')] }),
      ]);
    });

    it('takes a client that cancels in the middle of the response for an error', async () => {
      await send(session, '/hang', { cancel: true });
      await kit.expectSpans([
        await span('/hang', { attributes: { 'error.type': 'NGHTTP2_CANCEL' }, error: 'ERROR' }),
      ]);
    });

    it('takes a response that the app destroys for an error', async () => {
      await send(session, '/destroy').catch(() => {});
      await kit.expectSpans([
        await span('/destroy', {
          attributes: { 'error.type': expect.any(String), 'http.response.status_code': 200 },
          error: 'ERROR',
        }),
      ]);
    });

    it('takes a stream that the app refuses for an error without a status', async () => {
      await send(session, '/refuse').catch(() => {});
      await kit.expectSpans([
        await span('/refuse', {
          attributes: { 'error.type': 'NGHTTP2_REFUSED_STREAM', 'http.response.status_code': undefined },
          error: 'ERROR',
        }),
      ]);
    });

    it('takes a connection that breaks for an error', async () => {
      const other = await open(kit.app);
      const stream = other.request({ ':path': '/hang', 'user-agent': 'kit' });
      stream.on('error', () => {});
      await new Promise((resolve) => {
        stream.once('data', resolve);
      });
      other.socket.resetAndDestroy();
      await kit.expectSpans([
        await span('/hang', { attributes: { 'error.type': expect.any(String) }, error: 'ERROR' }),
      ]);
    });

    it.runIf(api === 'stream').each(['file', 'trailers', 'push'])(
      'ends the span of a response with %s',
      async (path) => {
        expect(await send(session, `/${path}`)).toMatchObject({ status: 200 });
        await kit.expectSpans([await span(`/${path}`)]);
      },
    );

    it('believes Forwarded about client, host and scheme', async () => {
      await send(session, '/success', {
        headers: { forwarded: 'for=192.0.2.7;proto=https;host="shop.example:8443"' },
      });
      const attributes = {
        'client.address': '192.0.2.7',
        'server.address': 'shop.example',
        'server.port': 8443,
        'url.scheme': 'https',
      };
      await kit.expectSpans([await span('/success', { attributes })]);
    });

    it(`gives each of ${MANY} streams of one connection, 50 at a time, its own parent and its own children`, async () => {
      const parents = Array.from({ length: MANY }, () => remoteParent());
      const answers: { id: string; traceId: string }[] = [];
      await concurrently(MANY, 50, async (index) => {
        const headers = { traceparent: parents[index].traceparent };
        answers[index] = JSON.parse((await send(session, `/work?id=${index}`, { headers })).body);
      });
      const spans = await kit.collect(2 * MANY);
      expect(spans).toHaveLength(2 * MANY);
      const traces = byTraceId(spans);
      const wrong = parents.filter(({ traceId, spanId }, index) => {
        const [server, work] = [...(traces.get(traceId) ?? [])].sort((a) => (a.kind === 'SERVER' ? -1 : 1));
        return !(
          answers[index].traceId === traceId &&
          server?.parentSpanId === spanId &&
          server.attributes['url.query'] === `id=${index}` &&
          work?.parentSpanId === server.spanId &&
          work.attributes.id === String(index)
        );
      });
      expect(wrong).toEqual([]);
    });
  });
}

serverSuite('node:http2 server, compatible API, ES modules', { file: 'http2-server.mjs' }, 'compatible');
serverSuite('node:http2 server, compatible API, CommonJS', { file: 'http2-server.cjs' }, 'compatible');
serverSuite('node:http2 server, streams, ES modules', { file: 'http2-server.mjs' }, 'stream');
serverSuite('node:http2 server, streams, CommonJS', { file: 'http2-server.cjs', agent: 'require' }, 'stream');

describe('node:http2 server, under a framework', () => {
  const kit = harness({ file: 'fastify.mjs', cwd: LIBRARIES, env: { FASTIFY_HTTP2: '1' } }, fence);

  it('gets the route and the exception from it', async () => {
    const session = await open(kit.app);
    await send(session, '/api/v1/orders/7');
    await send(session, '/rejected');
    session.close();
    const port = await kit.app.listening();
    const attributes = { 'network.protocol.version': '2' };
    await kit.expectSpans([
      serverSpan(port, '/api/v1/orders/7', true, { attributes, route: '/api/v1/orders/:order' }),
      { ...serverSpan(port, '/rejected', true, { attributes, status: 500 }), events: ['exception'] },
    ]);
  });
});

describe('node:http2 server, TLS', () => {
  const certificate = makeCertificate();
  certificate.remove();
  const env = { HTTP2_TLS: '1', KIT_KEY: certificate.key, KIT_CERT: certificate.cert };
  const secure = async (app: App): Promise<ClientHttp2Session> =>
    connect(`https://127.0.0.1:${await app.listening()}`, { ca: certificate.cert });
  const kit = harness({ file: 'http2-server.mjs', env }, async (app, traceparent) => {
    const session = await secure(app);
    await send(session, '/success', { headers: { traceparent } });
    session.close();
  });

  it('makes one span of a request, over HTTP/2 and over HTTP/1.1', async () => {
    const session = await secure(kit.app);
    await send(session, '/success');
    session.close();
    const port = await kit.app.listening();
    await new Promise((resolve, reject) => {
      get(
        {
          port,
          host: '127.0.0.1',
          path: '/success',
          ca: certificate.cert,
          agent: false,
          headers: { 'user-agent': 'kit' },
        },
        (response) => response.resume().on('end', resolve),
      ).on('error', reject);
    });
    const https = { 'url.scheme': 'https' };
    await kit.expectSpans([
      serverSpan(port, '/success', false, { attributes: { ...https, 'network.protocol.version': '2' } }),
      serverSpan(port, '/success', false, { attributes: https }),
    ]);
  });
});

interface Target {
  url: string;
  port: number;
  seen: IncomingHttpHeaders[];
  server: Http2Server;
}

async function startTarget(certificate?: { key: string; cert: string }): Promise<Target> {
  const seen: IncomingHttpHeaders[] = [];
  const server = certificate ? createSecureServer(certificate) : createServer();
  server.on('sessionError', () => {});
  server.on('stream', (stream, headers) => {
    seen.push(headers);
    stream.on('error', () => {});
    const [, action, argument] = headers[':path']!.split(/[/?]/);
    if (action === 'hang') return;
    if (action === 'drop') stream.session!.destroy();
    else if (action === 'reset') stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    else if (action === 'cancel') stream.close(constants.NGHTTP2_CANCEL);
    else if (action === 'echo') {
      stream.respond({ ':status': 200 });
      stream.pipe(stream);
    } else {
      stream.respond({ ':status': action === 'status' ? Number(argument) : 200 });
      stream.end('ok');
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `${certificate ? 'https' : 'http'}://127.0.0.1:${port}`,
    port,
    seen,
    server: server as Http2Server,
  };
}

describe('node:http2 client', () => {
  const certificate = makeCertificate();
  const kit = operations({ file: 'http2-client.mjs', env: { KIT_CA: certificate.cert } });
  let target: Target;
  beforeAll(async () => {
    target = await startTarget();
  });
  beforeEach(() => {
    target.seen.length = 0;
  });
  afterAll(() => {
    target?.server.close();
    certificate.remove();
  });
  const request = (input: object): Promise<any> =>
    kit.run('request', { url: `${target.url}/success`, ...input });

  function clientSpan(path: string, status: number | null, type?: unknown, method = 'GET'): ExpectedSpan {
    const failed = type ?? (status !== null && status >= 400 ? String(status) : undefined);
    return {
      name: method,
      kind: 'CLIENT',
      status: failed === undefined ? 'UNSET' : 'ERROR',
      scope: 'foretrace.http2',
      attributes: {
        'http.request.method': method,
        'server.address': '127.0.0.1',
        'server.port': target.port,
        'url.full': `${target.url}${path}`,
        ...(status !== null && {
          'http.response.status_code': status,
          'network.protocol.version': '2',
          'network.peer.address': '127.0.0.1',
          'network.peer.port': target.port,
        }),
        ...(failed !== undefined && { 'error.type': failed }),
      },
    };
  }

  it('makes one CLIENT span of a request, and sends its ids', async () => {
    expect(await request({})).toMatchObject({ status: 200, body: 'ok' });
    const spans = await kit.collect(4);
    const client = spans.find(({ kind }) => kind === 'CLIENT')!;
    expect(target.seen[0].traceparent).toMatch(`00-${client.traceId}-${client.spanId}-`);
  });

  it('describes the request and keeps the context of the caller', async () => {
    await request({ url: `${target.url}/success?a=1&sig=s3cret` });
    await kit.expectSpans(
      underParent([clientSpan('/success?a=1&sig=REDACTED', 200)], { marks: ['response'] }),
    );
  });

  it('keeps the context through a session that it opens', async () => {
    await kit.run('connected', { url: `${target.url}/success` });
    await kit.expectSpans([
      {
        name: 'parent',
        attributes: { id: expect.any(Number) },
        children: [internal('connected'), clientSpan('/success', 200), internal('after')],
      },
    ]);
  });

  it('replaces tracing headers of the app, and leaves its objects as they are', async () => {
    const headers = { TraceParent: '00-11111111111111111111111111111111-2222222222222222-01', 'x-kit': '1' };
    expect(await request({ headers, frozen: true })).toMatchObject({ status: 200, unchanged: true });
    const [client] = (await kit.collect(4)).filter(({ kind }) => kind === 'CLIENT');
    expect(target.seen[0]).toMatchObject({
      traceparent: expect.stringContaining(client.spanId),
      'x-kit': '1',
    });
  });

  it('sends an unsampled parent on, and makes no span', async () => {
    const { traceparent, traceId } = remoteParent({ sampled: false });
    await request({ traceparent });
    await kit.expectSpans([]);
    expect(target.seen[0].traceparent).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-00$`));
  });

  it.each([204, 404, 500])('records the status %i', async (status) => {
    await request({ url: `${target.url}/status/${status}` });
    await kit.expectSpans(underParent([clientSpan(`/status/${status}`, status)], { marks: ['response'] }));
  });

  it('records a request with a body', async () => {
    expect(await request({ url: `${target.url}/echo`, method: 'POST', body: 'hello' })).toMatchObject({
      body: 'hello',
    });
    await kit.expectSpans(
      underParent([clientSpan('/echo', 200, undefined, 'POST')], { marks: ['response'] }),
    );
  });

  it('takes a stream that the server resets for an error', async () => {
    await kit.fail('request', { url: `${target.url}/reset` });
    await kit.expectSpans(underParent([clientSpan('/reset', null, 'NGHTTP2_INTERNAL_ERROR')]));
  });

  it('ends the span when the server goes away', async () => {
    await kit.run('request', { url: `${target.url}/drop` }).catch(() => {});
    expect((await kit.collect(3)).filter(({ kind }) => kind === 'CLIENT')).toHaveLength(1);
  });

  it('does not take what the app gives up for an error', async () => {
    await kit.fail('request', { url: `${target.url}/hang`, abort: 'start' });
    await request({ url: `${target.url}/hang`, destroy: 'start' });
    await kit.expectSpans([
      ...underParent([clientSpan('/hang', null)]),
      ...underParent([clientSpan('/hang', null)]),
    ]);
  });

  it('names the reason when nobody listens', async () => {
    const other = await startTarget();
    await new Promise((resolve) => {
      other.server.close(resolve);
    });
    await kit.fail('request', { url: `${other.url}/success` });
    const expected = clientSpan('/success', null, 'ECONNREFUSED');
    await kit.expectSpans(
      underParent([
        {
          ...expected,
          attributes: {
            ...expected.attributes,
            'server.port': other.port,
            'url.full': `${other.url}/success`,
          },
          status: { code: 'ERROR', message: optional(expect.any(String)) },
        },
      ]),
    );
  });

  it('speaks TLS', async () => {
    const secure = await startTarget(certificate);
    await request({ url: `${secure.url}/success` });
    const spans = await kit.collect(4);
    secure.server.close();
    expect(spans.find(({ kind }) => kind === 'CLIENT')!.attributes).toMatchObject({
      'url.full': `${secure.url}/success`,
      'server.port': secure.port,
    });
  });

  it('leaves the requests of undici to undici', async () => {
    const secure = await startTarget(certificate);
    const receiver = await startReceiver();
    const env = { KIT_CA: certificate.cert, KIT_URL: `${secure.url}/success` };
    const { stdout, code } = await runApp({ file: 'undici-http2.mjs', receiver, env }).exited;
    expect({ stdout: JSON.parse(stdout), code }).toEqual({
      stdout: { statusCode: 200, loaded: 'function' },
      code: 0,
    });
    expect(receiver.spans().map(({ kind, scope }) => [kind, scope.name])).toEqual([
      ['CLIENT', 'foretrace.undici'],
    ]);
    expect(secure.seen).toHaveLength(1);
    await receiver.close();
    secure.server.close();
  });

  it(`gives each of ${MANY} requests of one session, 50 at a time, its own parent`, async () => {
    await kit.many('request', { url: `${target.url}/success?n={index}` }, MANY, 50);
    await expectOwnParents(kit, MANY, ['response'], (client, index) => {
      const sent = target.seen.find((headers) => headers[':path'] === `/success?n=${index}`);
      return (
        client.attributes['url.full'] === `${target.url}/success?n=${index}` &&
        String(sent?.traceparent).includes(client.spanId)
      );
    });
  });
});
