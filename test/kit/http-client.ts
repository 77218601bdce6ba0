/**
 * Behaviour of an instrumented HTTP client. A library costs a fixture with one operation, `request`, that understands the
 * {@link Input} below, and the flags for what the library can do.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Certificate, makeCertificate } from '../support/certificate.ts';
import { type ExpectedSpan, optional } from '../support/expect-trace.ts';
import { unusedPort } from '../support/unused-port.ts';
import { type Fixture, itIf, MANY, PLUMBING, remoteParent } from './harness.ts';
import { expectOwnParents, operations, type Operations, underParent } from './operations.ts';

/** What the operation `request` of a fixture is told. It marks `response` when the response's headers are there. */
export interface Input {
  url: string;
  method?: string;
  headers?: Record<string, string> | string[];
  body?: string;
  /** One of the ways to call the library that {@link HttpClientKit.forms} lists. */
  form?: string;
  redirect?: 'follow' | 'manual';
  /** Give up when nothing came for so long. */
  timeoutMs?: number;
  /** Abort by signal, right after the start or when the headers have come. */
  abort?: 'start' | 'response';
  /** Destroy without a reason. */
  destroy?: 'start' | 'response';
  /** Leave the body unread. */
  consume?: boolean;
  /** Freeze the options and headers that are handed to the library. */
  frozen?: boolean;
  /** Use a connection pool. */
  keepAlive?: boolean;
  /** Send `Expect: 100-continue` (in `headers`) and the body when the server says so. */
  expectContinue?: boolean;
}

export interface HttpClientKit {
  title: string;
  fixture: Fixture;
  /** Ways to call the library, each of which has to give the same span. */
  forms: readonly string[];
  /** Follows redirects by itself. */
  redirects: boolean;
  /** Sends credentials of a URL. */
  urlCredentials: boolean;
  /** Takes header lists such as `['a', '1']`. */
  headerLists: boolean;
  /** Knows `Expect: 100-continue`. */
  expectContinue: boolean;
  /** A request can be destroyed before it is sent. */
  destroyEarly: boolean;
  /** `network.peer.*` is known. Default true. */
  peer?: boolean;
  /** Tells a timeout from an abort. Default true. Others abort the request without a reason in both cases. */
  tellsTimeout?: boolean;
}

interface Seen {
  method: string;
  url: string;
  headers: Record<string, string>;
  rawHeaders: string[];
  remotePort: number;
}

/** The server that the client talks to; it runs in the test's process and is not traced. */
interface Target {
  url: string;
  port: number;
  seen: Seen[];
  close(): Promise<void>;
}

async function startTarget(certificate?: Certificate): Promise<Target> {
  const seen: Seen[] = [];
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    const { method, url, headers, rawHeaders } = request;
    seen.push({
      method: method!,
      url: url!,
      headers: headers as Record<string, string>,
      rawHeaders,
      remotePort: request.socket.remotePort!,
    });
    const [, action, argument] = url!.split(/[/?]/);
    if (action === 'hang') return;
    if (action === 'drop') {
      request.socket.destroy();
    } else if (action === 'partial') {
      response.writeHead(200).write('first');
    } else if (action === 'redirect') {
      const next = Number(argument) - 1;
      response.writeHead(302, { location: next > 0 ? `/redirect/${next}` : '/success' }).end();
    } else if (action === 'circle') {
      response.writeHead(302, { location: '/circle' }).end();
    } else if (action === 'status') {
      response.writeHead(Number(argument)).end();
    } else if (action === 'echo') {
      // Not `pipe`: got 15 and 16 fail half of the time, without us too, when the answer begins before the request is out.
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => response.end(Buffer.concat(chunks)));
    } else {
      response.writeHead(200, { 'x-kit-response': 'b', 'x-not-captured': 's3cret' }).end('ok');
    }
    request.resume();
  };
  const server: Server = certificate
    ? (createTlsServer(certificate, listener) as Server)
    : createServer(listener);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `${certificate ? 'https' : 'http'}://127.0.0.1:${port}`,
    port,
    seen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Expected {
  method?: string;
  /** `null`: no response came. */
  status?: number | null;
  name?: string;
  /** Differences to the usual attributes; `undefined` removes one. */
  attributes?: Record<string, unknown>;
  error?: ExpectedSpan['status'];
}

export function httpClientKit(options: HttpClientKit): void {
  const { title, fixture, forms, redirects, peer = true } = options;

  /** The CLIENT span of a request to the URL. */
  function clientSpan(
    url: string,
    { method = 'GET', status = 200, name, error, attributes = {} }: Expected = {},
  ): ExpectedSpan {
    const { hostname, port } = new URL(url);
    const failed = status !== null && status >= 400;
    const all: Record<string, unknown> = {
      'http.request.method': method,
      'server.address': hostname,
      'server.port': Number(port),
      'url.full': url,
      ...(status !== null && {
        'http.response.status_code': status,
        'network.protocol.version': '1.1',
        ...(peer && { 'network.peer.address': hostname, 'network.peer.port': Number(port) }),
      }),
      ...(failed && { 'error.type': String(status) }),
      ...attributes,
    };
    for (const key of Object.keys(all)) if (all[key] === undefined) delete all[key];
    return {
      name: name ?? method,
      kind: 'CLIENT',
      attributes: all,
      status: error ?? (failed ? 'ERROR' : 'UNSET'),
    };
  }

  /** A request that got no response: what is known of the connection depends on how far it came. */
  const failedSpan = (url: string, type: unknown, expected: Expected = {}): ExpectedSpan =>
    clientSpan(url, {
      status: null,
      error: { code: 'ERROR', message: optional(expect.any(String)) },
      ...expected,
      attributes: { 'error.type': type, ...connection(url), ...expected.attributes },
    });
  const connection = (url: string): Record<string, unknown> => ({
    'network.peer.address': optional(new URL(url).hostname),
    'network.peer.port': optional(Number(new URL(url).port)),
    'network.protocol.version': optional('1.1'),
  });
  const marks = ['response'];

  describe(title, () => {
    const kit: Operations = operations(fixture);
    let target: Target;
    beforeAll(async () => {
      target = await startTarget();
    });
    beforeEach(() => {
      target.seen.length = 0;
    });
    afterAll(() => target?.close());
    const request = (input: Partial<Input>): Promise<any> =>
      kit.run('request', { url: `${target.url}/success`, ...input });
    const failing = (input: Partial<Input>): ReturnType<Operations['fail']> =>
      kit.fail('request', { url: `${target.url}/success`, ...input });

    it.each(['usual', ...forms])(
      'makes one CLIENT span of a request, and sends its ids (form: %s)',
      async (form) => {
        const result = await request({ form: form === 'usual' ? undefined : form });
        expect(result).toMatchObject({ status: 200, body: 'ok' });
        const { headers, rawHeaders } = target.seen[0];
        const spans = await kit.collect(4);
        const client = spans.find(({ kind }) => kind === 'CLIENT')!;
        expect(headers.traceparent).toBe(
          `00-${client.traceId}-${client.spanId}-${headers.traceparent.slice(-2)}`,
        );
        expect(Number.parseInt(headers.traceparent.slice(-2), 16) & 1).toBe(1);
        expect(rawHeaders.filter((name) => name.toLowerCase() === 'traceparent')).toHaveLength(1);
      },
    );

    it.each(['usual', ...forms])(
      'describes the request and keeps the context of the caller (form: %s)',
      async (form) => {
        await request({ form: form === 'usual' ? undefined : form });
        await kit.expectSpans(underParent([clientSpan(`${target.url}/success`)], { marks }));
      },
    );

    it('makes a root span of a request outside of any span', async () => {
      await request({ bare: true } as object);
      await kit.expectSpans([
        { ...clientSpan(`${target.url}/success`), parentSpanId: undefined },
        { name: 'response', kind: 'INTERNAL', parentSpanId: undefined },
      ]);
    });

    it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD'])(
      'records the method %s',
      async (method) => {
        await request({ method });
        await kit.expectSpans(underParent([clientSpan(`${target.url}/success`, { method })], { marks }));
      },
    );

    it('replaces a method that is not known by _OTHER', async () => {
      await request({ method: 'PURGE' });
      const attributes = { 'http.request.method_original': 'PURGE' };
      const span = clientSpan(`${target.url}/success`, { method: '_OTHER', name: 'HTTP', attributes });
      await kit.expectSpans(underParent([span], { marks }));
    });

    it('sends and receives a body as without us', async () => {
      const body = 'x'.repeat(200_000);
      expect(await request({ url: `${target.url}/echo`, method: 'POST', body })).toMatchObject({ body });
      await kit.expectSpans(underParent([clientSpan(`${target.url}/echo`, { method: 'POST' })], { marks }));
    });

    it('makes no span under an unsampled parent, and sends the decision on', async () => {
      const { traceparent, traceId } = remoteParent({ sampled: false });
      await request({ traceparent } as object);
      if (!PLUMBING)
        expect(target.seen[0].headers.traceparent).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-00$`));
      await kit.expectSpans([]);
    });

    const headerForms: string[] = options.headerLists ? ['object', 'list'] : ['object'];
    it.each(headerForms)(
      'replaces tracing headers that are there already, once (headers: %s)',
      async (form) => {
        const own = { TraceParent: 'stale', TraceState: 'stale=1', baggage: 'own=1', 'x-own': '1' };
        const list = ['host', `127.0.0.1:${target.port}`, ...Object.entries(own).flat()];
        await request({ headers: form === 'list' ? list : own });
        const [{ rawHeaders, headers: sent }] = target.seen;
        const [client] = (await kit.collect(4)).filter(({ kind }) => kind === 'CLIENT');
        // The state belongs to the trace that is replaced, baggage does not.
        expect(sent).toMatchObject({ 'x-own': '1', baggage: 'own=1' });
        expect(sent.tracestate).toBeUndefined();
        expect(sent.traceparent).toContain(client.spanId);
        expect(rawHeaders.filter((name) => name.toLowerCase() === 'traceparent')).toHaveLength(1);
      },
    );

    it('leaves the options and headers of the app as they were, also frozen ones', async () => {
      const result = await request({ frozen: true, headers: { 'x-own': '1' } });
      expect(result.unchanged).toBe(true);
      expect(target.seen[0].headers['x-own']).toBe('1');
      await kit.expectSpans(underParent([clientSpan(`${target.url}/success`)], { marks }));
    });

    itIf(redirects)('makes a span of each redirect that is followed', async () => {
      expect(await request({ url: `${target.url}/redirect/2` })).toMatchObject({ status: 200, body: 'ok' });
      await kit.expectSpans(
        underParent(
          [
            clientSpan(`${target.url}/redirect/2`, { status: 302 }),
            clientSpan(`${target.url}/redirect/1`, {
              status: 302,
              attributes: { 'http.request.resend_count': 1 },
            }),
            clientSpan(`${target.url}/success`, { attributes: { 'http.request.resend_count': 2 } }),
          ],
          { marks },
        ),
      );
      expect(new Set(target.seen.map(({ headers }) => headers.traceparent)).size).toBe(target.seen.length);
    });

    itIf(redirects)('ends all spans of redirects in a circle', async () => {
      await failing({ url: `${target.url}/circle` });
      const sent = target.seen.length;
      const spans = (await kit.collect(sent + 2)).filter(({ kind }) => kind === 'CLIENT');
      expect(spans).toHaveLength(sent);
      expect(spans.map(({ attributes }) => attributes['http.request.resend_count'] ?? 0)).toEqual(
        Array.from({ length: sent }, (_, index) => index),
      );
    });

    it('does not take a redirect that is not followed for an error', async () => {
      expect(await request({ url: `${target.url}/redirect/1`, redirect: 'manual' })).toMatchObject({
        status: 302,
      });
      await kit.expectSpans(
        underParent([clientSpan(`${target.url}/redirect/1`, { status: 302 })], { marks }),
      );
    });

    it.each([400, 404, 500, 503])('takes status %i for an error', async (status) => {
      await request({ url: `${target.url}/status/${status}` });
      await kit.expectSpans(
        underParent([clientSpan(`${target.url}/status/${status}`, { status })], { marks }),
      );
    });

    itIf(options.urlCredentials)('hides credentials of the URL', async () => {
      const url = `${target.url}/success`.replace('://', '://ada:s3cret@');
      await request({ url });
      expect(target.seen[0].headers.authorization).toBe(`Basic ${btoa('ada:s3cret')}`);
      // Clients that know the credentials only as a header by then leave them out altogether.
      const [scheme, rest] = url.split('ada:s3cret@');
      const shown = [`${scheme}REDACTED:REDACTED@${rest}`, scheme + rest];
      const attributes = { 'url.full': expect.toSatisfy((full) => shown.includes(full)) };
      await kit.expectSpans(underParent([clientSpan(url, { attributes })], { marks }));
    });

    it('hides the values of signature parameters', async () => {
      const url = `${target.url}/success?a=1&sig=s3cret&X-Goog-Signature=s3cret`;
      await request({ url });
      expect(target.seen[0].url).toContain('sig=s3cret');
      const attributes = { 'url.full': url.replaceAll('s3cret', 'REDACTED') };
      await kit.expectSpans(underParent([clientSpan(url, { attributes })], { marks }));
    });

    it('names the code of a refused connection', async () => {
      const url = `http://127.0.0.1:${await unusedPort()}/`;
      const error = await failing({ url });
      expect(error.code ?? error.cause).toBe('ECONNREFUSED');
      await kit.expectSpans(underParent([failedSpan(url, 'ECONNREFUSED')]));
    });

    it('names the code of a host name that does not exist', async () => {
      const url = 'http://host.invalid:8080/';
      const error = await failing({ url });
      expect(error.code ?? error.cause).toMatch(/^(ENOTFOUND|EAI_AGAIN)$/);
      await kit.expectSpans(underParent([failedSpan(url, error.code ?? error.cause)]));
    });

    it('takes a connection that the server drops for an error', async () => {
      await failing({ url: `${target.url}/drop` });
      await kit.expectSpans(underParent([failedSpan(`${target.url}/drop`, expect.any(String))]));
    });

    itIf(options.tellsTimeout ?? true)('takes a timeout for an error', async () => {
      await failing({ url: `${target.url}/hang`, timeoutMs: 100 });
      await kit.expectSpans(underParent([failedSpan(`${target.url}/hang`, expect.any(String))]));
    });

    it('does not take it for an error that the app aborts', async () => {
      const url = `${target.url}/hang`;
      const { name } = await failing({ url, abort: 'start' });
      expect(name).toBe('AbortError');
      const attributes = connection(url);
      await kit.expectSpans(underParent([clientSpan(url, { status: null, attributes })]));
    });

    it('sends what it adds behind the headers of the app', async () => {
      await request({ headers: { 'x-first': '1', 'x-last': '2' } });
      const names = target.seen[0].rawHeaders.filter((_, i) => i % 2 === 0).map((one) => one.toLowerCase());
      if (!PLUMBING) expect(names.indexOf('traceparent')).toBeGreaterThan(names.indexOf('x-last'));
      await kit.expectSpans(underParent([clientSpan(`${target.url}/success`)], { marks }));
    });

    it('keeps the span as it was when the app aborts after the headers', async () => {
      await request({ url: `${target.url}/partial`, abort: 'response' });
      await kit.expectSpans(underParent([clientSpan(`${target.url}/partial`)], { marks }));
    });

    itIf(options.destroyEarly)('ends the span of a request that is destroyed before it is sent', async () => {
      const url = `${target.url}/hang`;
      const outcome = await kit.fail('request', { url, destroy: 'start' });
      expect(outcome.code).toBe('ECONNRESET');
      const [parent] = underParent([]);
      const spans = await kit.collect(3);
      expect(spans.map(({ name, kind }) => `${kind} ${name}`).sort()).toEqual([
        'CLIENT GET',
        'INTERNAL after',
        `INTERNAL ${parent.name}`,
      ]);
    });

    it('ends the span when the headers have come, though the body is destroyed', async () => {
      await request({ url: `${target.url}/partial`, destroy: 'response' });
      await kit.expectSpans(underParent([clientSpan(`${target.url}/partial`)], { marks }));
    });

    it('ends the span when the headers have come, though the body never ends and is never read', async () => {
      await request({ url: `${target.url}/partial`, consume: false });
      await kit.expectSpans(underParent([clientSpan(`${target.url}/partial`)], { marks }));
    });

    itIf(options.expectContinue)('waits for 100 Continue as without us', async () => {
      const headers = { expect: '100-continue' };
      const url = `${target.url}/echo`;
      expect(
        await request({ url, method: 'POST', body: 'later', headers, expectContinue: true }),
      ).toMatchObject({
        body: 'later',
      });
      await kit.expectSpans(underParent([clientSpan(url, { method: 'POST' })], { marks }));
    });

    it('keeps the parents of requests over one kept-alive connection apart', async () => {
      await request({ keepAlive: true });
      await request({ keepAlive: true });
      expect(target.seen[1].remotePort).toBe(target.seen[0].remotePort);
      const one = underParent([clientSpan(`${target.url}/success`)], { marks });
      await kit.expectSpans([...one, ...one]);
    });

    it(`gives each of ${MANY} requests, 50 at a time, its own parent`, async () => {
      await kit.many('request', { url: `${target.url}/success?id={index}`, keepAlive: true }, MANY, 50);
      const sent = new Map(target.seen.map(({ url, headers }) => [url, headers.traceparent]));
      await expectOwnParents(kit, MANY, marks, ({ attributes, spanId }, index) => {
        const path = `/success?id=${index}`;
        return attributes['url.full'] === target.url + path && !!sent.get(path)?.includes(spanId);
      });
    });
  });

  describe(`${title}, configured`, () => {
    const kit = operations({
      ...fixture,
      env: {
        ...fixture.env,
        OTEL_INSTRUMENTATION_HTTP_CLIENT_CAPTURE_REQUEST_HEADERS: 'X-Kit-Request,authorization',
        OTEL_INSTRUMENTATION_HTTP_CLIENT_CAPTURE_RESPONSE_HEADERS: 'x-kit-response',
      },
    });
    let target: Target;
    beforeAll(async () => {
      target = await startTarget();
    });
    afterAll(() => target?.close());

    it('captures the headers it was told to, and hides credentials in them', async () => {
      const headers = { 'X-Kit-Request': 'a', authorization: 'Bearer s3cret', 'x-other': 'c' };
      await kit.run('request', { url: `${target.url}/success`, headers });
      const { attributes } = (await kit.collect(4)).find(({ kind }) => kind === 'CLIENT')!;
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
      expect(attributes['http.response.header.x-kit-response']).toEqual(['b']);
      expect(JSON.stringify(attributes)).not.toContain('s3cret');
    });
  });

  describe(`${title}, TLS`, () => {
    const certificate = makeCertificate();
    afterAll(() => certificate.remove());
    const trusting = operations({
      ...fixture,
      env: { ...fixture.env, NODE_EXTRA_CA_CERTS: certificate.certFile, KIT_CA: certificate.cert },
    });
    const doubting = operations(fixture);
    let target: Target;
    beforeAll(async () => {
      target = await startTarget(certificate);
    });
    afterAll(() => target?.close());

    it('traces https like http', async () => {
      await trusting.run('request', { url: `${target.url}/success` });
      await trusting.expectSpans(underParent([clientSpan(`${target.url}/success`)], { marks }));
    });

    it('names the code of a certificate that is not trusted', async () => {
      const error = await doubting.fail('request', { url: `${target.url}/success` });
      expect(error.code ?? error.cause).toBe('DEPTH_ZERO_SELF_SIGNED_CERT');
      await doubting.expectSpans(
        underParent([failedSpan(`${target.url}/success`, 'DEPTH_ZERO_SELF_SIGNED_CERT')]),
      );
    });
  });
}
