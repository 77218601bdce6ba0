import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Environment, readConfig } from '../../../src/config/read.ts';
import { ROOT } from '../../../src/context/context.ts';
import { configure } from '../../../src/semconv/http.ts';
import {
  endOutgoing,
  failOutgoing,
  noteResend,
  peerOf,
  startOutgoing,
  type Target,
} from '../../../src/semconv/http-client.ts';
import { endServed, noteError, splitHost, startServed } from '../../../src/semconv/http-server.ts';
import { keepSecret } from '../../../src/semconv/secret-errors.ts';
import * as sampler from '../../../src/trace/sampler.ts';
import { scope } from '../../../src/trace/scope.ts';
import type { Span } from '../../../src/trace/span.ts';
import { collectSpans } from '../../fixtures/core/spans.ts';
import type { ReceivedSpan } from '../../support/otlp.ts';

const unit = scope('unit');
const setUp = (env: Environment): void => configure(readConfig(env).config.http);
let spans: ReceivedSpan[];
beforeEach(() => {
  spans = collectSpans();
  setUp({});
});
afterEach(() => {
  sampler.configure({ name: 'parentbased_always_on', ratio: 1 });
});

interface Case {
  method?: string;
  url?: string;
  httpVersion?: string;
  headers?: Record<string, string>;
  connection?: object;
  status?: number;
  route?: string;
  aborted?: string;
  headersSent?: boolean;
  error?: unknown;
}

const socket = (extra = {}) => ({ remoteAddress: '10.0.0.9', remotePort: 5_000, localPort: 8_080, ...extra });

function serve(given: Case): ReceivedSpan {
  const { method = 'GET', url = '/', httpVersion = '1.1', status = 200, connection = socket() } = given;
  const headers = { host: 'shop.example:8080', ...given.headers };
  const rawHeaders = Object.entries(headers).flat();
  const served = startServed(unit, { method, url, httpVersion, headers, rawHeaders } as never, connection);
  served.route = given.route;
  if ('error' in given) noteError(served, given.error);
  const response = {
    statusCode: status,
    headersSent: given.headersSent ?? true,
    getHeader: () => ['a', 'b'],
    getHeaderNames: () => [],
  };
  endServed(served, response, given.aborted);
  endServed(served, response, 'again');
  expect(spans).toHaveLength(1);
  return spans.pop()!;
}

describe('a server span', () => {
  it('has exactly the required and recommended attributes', () => {
    const span = serve({ url: '/a/b?x=1&sig=secret', route: '/a/:b', headers: { 'user-agent': 'test/1' } });
    expect(span).toMatchObject({ name: 'GET /a/:b', kind: 'SERVER', status: { code: 'UNSET' } });
    expect({ ...span.attributes }).toEqual({
      'http.request.method': 'GET',
      'url.path': '/a/b',
      'url.query': 'x=1&sig=REDACTED',
      'url.scheme': 'http',
      'server.address': 'shop.example',
      'server.port': 8080,
      'client.address': '10.0.0.9',
      'network.peer.address': '10.0.0.9',
      'network.peer.port': 5000,
      'network.protocol.version': '1.1',
      'user_agent.original': 'test/1',
      'http.route': '/a/:b',
      'http.response.status_code': 200,
    });
    expect(span.attributeTypes['http.response.status_code']).toBe('int');
    expect(span.attributeTypes['server.port']).toBe('int');
  });

  it.each([
    ['GET', 'GET', 'GET', undefined],
    ['QUERY', 'QUERY', 'QUERY', undefined],
    ['get', 'HTTP', '_OTHER', 'get'],
    ['PROPFIND', 'HTTP', '_OTHER', 'PROPFIND'],
    ['X'.repeat(500), 'HTTP', '_OTHER', 'X'.repeat(64)],
  ])('of method %s is named %s', (method, name, attribute, original) => {
    const { attributes, name: got } = serve({ method });
    expect([got, attributes['http.request.method'], attributes['http.request.method_original']]).toEqual([
      name,
      attribute,
      original,
    ]);
  });

  it.each([
    [200, undefined, 'UNSET'],
    [304, undefined, 'UNSET'],
    [404, undefined, 'UNSET'],
    [499, undefined, 'UNSET'],
    [500, '500', 'ERROR'],
    [599, '599', 'ERROR'],
  ])('of status %d has error.type %s', (status, type, code) => {
    const span = serve({ status });
    expect([span.attributes['error.type'], span.status]).toEqual([type, { code }]);
  });

  it.each([
    ['/', '/', undefined],
    ['/a?', '/a', undefined],
    ['/a?b=?c', '/a', 'b=?c'],
    ['?x=1', '/', 'x=1'],
    ['http://ada:secret@host/a?b=c', '/a', 'b=c'],
    ['http://host', '/', undefined],
    ['*', '*', undefined],
    ['//host/path', '//host/path', undefined],
  ])('of target %s has path %s and query %s', (url, path, query) => {
    const { attributes } = serve({ url });
    expect([attributes['url.path'], attributes['url.query']]).toEqual([path, query]);
  });

  it.each([
    [
      { forwarded: 'for="[2001:db8::1]:4711";proto=https;host=public.example, for=1.2.3.4' },
      ['https', 'public.example', 443, '2001:db8::1'],
    ],
    [
      {
        'x-forwarded-proto': 'https',
        'x-forwarded-host': 'public.example:8443',
        'x-forwarded-for': '1.2.3.4:99, 5.6.7.8',
      },
      ['https', 'public.example', 8443, '1.2.3.4'],
    ],
    [
      { forwarded: 'proto=https', 'x-forwarded-proto': 'http', 'x-forwarded-host': 'public.example' },
      ['https', 'public.example', 443, '10.0.0.9'],
    ],
    [{ 'x-forwarded-proto': 'javascript' }, ['http', 'shop.example', 8080, '10.0.0.9']],
    [{ 'x-forwarded-for': 'x'.repeat(1_025) }, ['http', 'shop.example', 8080, '10.0.0.9']],
  ])('behind a proxy with %j has scheme, address, port and client %j', (headers, expected) => {
    const { attributes } = serve({ headers: headers as Record<string, string> });
    expect(
      ['url.scheme', 'server.address', 'server.port', 'client.address'].map((name) => attributes[name]),
    ).toEqual(expected);
    expect(attributes['network.peer.address']).toBe('10.0.0.9');
  });

  it('never mixes up requests of one connection that differ in host, agent, version or proxy headers', () => {
    const connection = socket();
    const kinds: Case[] = [
      { headers: { host: 'a.example', 'user-agent': 'one' } },
      { headers: { host: 'b.example', 'user-agent': 'one' } },
      { headers: { host: 'b.example', 'user-agent': 'two' } },
      { headers: { host: 'b.example', 'user-agent': 'two' }, httpVersion: '1.0' },
      {
        headers: { host: 'b.example', 'user-agent': 'two', 'x-forwarded-for': '1.1.1.1' },
        httpVersion: '1.0',
      },
      { headers: { host: 'b.example', 'user-agent': 'two', 'x-forwarded-for': '1.1.1.1' } },
    ];
    const alone = kinds.map((kind) => ({ ...serve({ ...kind, connection: socket() }).attributes }));
    for (const order of [
      [0, 1, 2, 3, 4, 5],
      [5, 4, 3, 2, 1, 0],
      [4, 0, 3, 5, 2, 4, 3, 0, 5],
    ]) {
      for (const index of order)
        expect({ ...serve({ ...kinds[index], connection }).attributes }).toEqual(alone[index]);
    }
  });

  it('keeps the peer of a connection that broke', () => {
    const connection: { remoteAddress?: string; remotePort?: number } = socket();
    const request = { method: 'GET', url: '/', httpVersion: '1.1', headers: {}, rawHeaders: [] };
    const served = startServed(unit, request as never, connection);
    connection.remoteAddress = undefined;
    connection.remotePort = undefined;
    endServed(
      served,
      { statusCode: 200, headersSent: false, getHeader: () => undefined, getHeaderNames: () => [] },
      'ECONNRESET',
    );
    expect(spans[0]).toMatchObject({
      status: { code: 'ERROR' },
      attributes: {
        'network.peer.address': '10.0.0.9',
        'network.peer.port': 5000,
        'error.type': 'ECONNRESET',
      },
    });
    expect(spans[0].attributes).not.toHaveProperty(['http.response.status_code']);
  });

  it('records the exception that a framework saw when the request fails, and none otherwise', () => {
    const error = new RangeError('seen');
    expect(serve({ status: 500, error }).events).toMatchObject([
      { name: 'exception', attributes: { 'exception.type': 'RangeError', 'exception.message': 'seen' } },
    ]);
    expect(serve({ status: 404, error }).events).toEqual([]);
  });

  it('records a database’s exception without its text, also where the app changed it', () => {
    const error = Object.assign(new Error('invalid input: "s3cret"\n    at s3cret\nsecond line s3cret'), {
      code: '22P02',
    });
    keepSecret(error);
    error.message = 'changed';
    const [event] = serve({ status: 500, error }).events;
    expect(event.attributes).not.toHaveProperty(['exception.message']);
    expect(event.attributes['exception.type']).toBe('Error');
    expect(event.attributes['exception.stacktrace']).toMatch(/^Error \[22P02\]\n {4}at /);
    expect(JSON.stringify(event.attributes)).not.toContain('s3cret');
  });

  it('has captured headers as arrays, with secrets replaced', () => {
    setUp({
      OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_REQUEST_HEADERS: 'X-Shop,Cookie',
      OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_RESPONSE_HEADERS: 'X-Out',
    });
    const { attributes } = serve({ headers: { 'x-shop': 'one', cookie: 'secret' } });
    expect(attributes).toMatchObject({
      'http.request.header.x-shop': ['one'],
      'http.request.header.cookie': ['[REDACTED]'],
      'http.response.header.x-out': ['a', 'b'],
    });
  });

  it('is none for an unsampled request, which is let go of at once', () => {
    sampler.configure({ name: 'always_off', ratio: 0 });
    const request = { method: 'GET', url: '/', httpVersion: '1.1', headers: {}, rawHeaders: [] };
    const served = startServed(unit, request as never, socket());
    expect([served.span, served.request, served.connection]).toEqual([undefined, undefined, undefined]);
    expect(served.context.span).toBeDefined();
    endServed(
      served,
      { statusCode: 200, headersSent: true, getHeader: () => undefined, getHeaderNames: () => [] },
      undefined,
    );
    expect(spans).toEqual([]);
  });
});

describe('splitHost', () => {
  it.each([
    ['example.com', { address: 'example.com' }],
    ['example.com:80', { address: 'example.com', port: 80 }],
    ['[::1]', { address: '::1' }],
    ['[::1]:8080', { address: '::1', port: 8080 }],
    ['example.com:', { address: 'example.com:' }],
    ['example.com:65536', { address: 'example.com:65536' }],
    ['example.com:x', { address: 'example.com:x' }],
    ['user:password@example.com:99', { address: 'example.com', port: 99 }],
    ['user:p@ss@[::1]:99', { address: '::1', port: 99 }],
    ['user@', {}],
    ['', {}],
    [undefined, {}],
    [['a', 'b'], {}],
  ])('of %j is %j', (host, expected) => expect(splitHost(host)).toEqual(expected));
});

describe('a client span', () => {
  const target: Target = { scheme: 'https', address: 'api.example', port: 443, path: '/v1?a=b&sig=secret' };
  const send = (change: Partial<Target> = {}, method = 'GET') =>
    startOutgoing(unit, ROOT, method, { ...target, ...change })!;
  const response = (statusCode: number) => ({
    statusCode,
    httpVersion: '1.1',
    peer: peerOf({ remoteAddress: '::ffff:10.0.0.1', remotePort: 443 }),
    headers: () => ({
      request: { get: () => 'x', names: () => [] },
      response: { get: () => 7, names: () => [] },
    }),
  });

  it('has exactly the required and recommended attributes', () => {
    endOutgoing(send(), response(200));
    expect(spans[0]).toMatchObject({ name: 'GET', kind: 'CLIENT', status: { code: 'UNSET' } });
    expect({ ...spans[0].attributes }).toEqual({
      'http.request.method': 'GET',
      'server.address': 'api.example',
      'server.port': 443,
      'url.full': 'https://api.example/v1?a=b&sig=REDACTED',
      'http.response.status_code': 200,
      'network.protocol.version': '1.1',
      'network.peer.address': '10.0.0.1',
      'network.peer.port': 443,
    });
  });

  it.each([
    [{ scheme: 'http', port: 80, path: '/' }, 'http://api.example/'],
    [{ scheme: 'http', port: 443, path: '/' }, 'http://api.example:443/'],
    [{ address: '::1', port: 8443, path: '/' }, 'https://[::1]:8443/'],
    [{ path: 'http://ada:secret@origin.example/x' }, 'http://REDACTED:REDACTED@origin.example/x'],
    [{ path: '/x?url=http://ada:secret@host/' }, 'https://api.example/x?url=http://ada:secret@host/'],
  ])('of %j has url.full %s', (change, full) => {
    endOutgoing(send(change), response(200));
    expect(spans[0].attributes['url.full']).toBe(full);
  });

  it.each([
    [101, undefined, 'UNSET'],
    [302, undefined, 'UNSET'],
    [399, undefined, 'UNSET'],
    [400, '400', 'ERROR'],
    [503, '503', 'ERROR'],
  ])('of status %d has error.type %s', (status, type, code) => {
    const outgoing = send();
    endOutgoing(outgoing, response(status));
    failOutgoing(outgoing, new Error('later'));
    expect(spans).toHaveLength(1);
    expect([spans[0].attributes['error.type'], spans[0].status]).toEqual([type, { code }]);
  });

  it.each([
    [Object.assign(new Error('x'), { code: 'ECONNREFUSED' }), 'ECONNREFUSED', 'ERROR'],
    [new TypeError('x'), 'TypeError', 'ERROR'],
    [new Error('x'), 'Error', 'ERROR'],
    ['text', '_OTHER', 'ERROR'],
    [undefined, '_OTHER', 'ERROR'],
    [new DOMException('x', 'TimeoutError'), 'TimeoutError', 'ERROR'],
    [new DOMException('x', 'AbortError'), undefined, 'UNSET'],
    [Object.assign(new Error('x'), { name: 'AbortError', code: 'ABORT_ERR' }), undefined, 'UNSET'],
  ])('that failed with %s has error.type %s', (error, type, code) => {
    failOutgoing(send(), error);
    expect([spans[0].attributes['error.type'], spans[0].status.code]).toEqual([type, code]);
  });

  it('counts resends, and is none in a suppressed context', () => {
    const outgoing = send();
    noteResend(outgoing, 2);
    endOutgoing(outgoing, response(200));
    expect(spans[0].attributes['http.request.resend_count']).toBe(2);
    const suppressed = ROOT.setValue(Symbol.for('OpenTelemetry SDK Context Key SUPPRESS_TRACING'), true);
    expect(startOutgoing(unit, suppressed, 'GET', target)).toBeUndefined();
  });

  it('has captured headers', () => {
    setUp({
      OTEL_INSTRUMENTATION_HTTP_CLIENT_CAPTURE_REQUEST_HEADERS: 'authorization',
      OTEL_INSTRUMENTATION_HTTP_CLIENT_CAPTURE_RESPONSE_HEADERS: 'Age',
    });
    endOutgoing(send(), response(200));
    expect(spans[0].attributes).toMatchObject({
      'http.request.header.authorization': ['[REDACTED]'],
      'http.response.header.age': ['7'],
    });
  });

  it('named by the app keeps that name', () => {
    const outgoing = send();
    (outgoing.span as Span).updateName('mine');
    endOutgoing(outgoing, response(200));
    expect(spans[0].name).toBe('mine');
  });
});
