import { describe, expect, it } from 'vitest';
import { carrying, type Metadata, sentStatus, serverOf, statusName } from '../../../src/semconv/grpc.ts';

describe('the server of a target', () => {
  it.each([
    ['dns:127.0.0.1:50051', '127.0.0.1', 50_051],
    ['dns:example.com', 'example.com', 443],
    ['dns:///example.com:8080', 'example.com', 8080],
    ['dns://8.8.8.8/example.com:8080', 'example.com', 8080],
    ['dns:[::1]:50051', '::1', 50_051],
    ['ipv4:192.0.2.1:1,192.0.2.2:2', '192.0.2.1', 1],
    ['ipv6:[2001:db8::1]:9', '2001:db8::1', 9],
    ['ipv6:2001:db8::1', '2001:db8::1', undefined],
    ['unix:/run/app.sock', '/run/app.sock', undefined],
    ['unix:///run/app.sock', '/run/app.sock', undefined],
    ['unix:app.sock', 'app.sock', undefined],
    ['xds:///orders', 'orders', undefined],
    ['no scheme', 'no scheme', undefined],
    ['', '', undefined],
  ])('%s', (target, address, port) => {
    expect(serverOf(target)).toEqual(port === undefined ? { address } : { address, port });
  });
});

describe('a status', () => {
  it('has its name, or its number where it is not known', () => {
    expect([0, 5, 16, 17, undefined].map(statusName)).toEqual([
      'OK',
      'NOT_FOUND',
      'UNAUTHENTICATED',
      '17',
      undefined,
    ]);
  });

  it('is what the server has sent, in trailers or with headers alone', () => {
    const ok = { ':status': 200 };
    expect(sentStatus({ sentHeaders: ok, sentTrailers: { 'grpc-status': '0' } })).toBe('OK');
    expect(sentStatus({ sentHeaders: { ...ok, 'grpc-status': 12 } })).toBe('UNIMPLEMENTED');
  });

  it('is that of a call which the client gave up where none was sent', () => {
    expect(sentStatus({ sentHeaders: { ':status': 200 } })).toBe('CANCELLED');
    expect(sentStatus({})).toBe('CANCELLED');
  });

  it('is none of a request that is no call', () => {
    expect(sentStatus({ sentHeaders: { ':status': 415 } })).toBeUndefined();
  });
});

it('metadata carries the span on in a copy, in place of what the app has set, whether there is something in its place or not', () => {
  const copy = new Map([
    ['traceparent', 'stale'],
    ['tracestate', 'stale'],
    ['x-own', 'kept'],
  ]);
  const metadata = { clone: () => ({ set: copy.set.bind(copy), remove: copy.delete.bind(copy) }) };
  carrying(metadata as unknown as Metadata, {
    fields: { traceparent: 'new' },
    replaced: ['traceparent', 'tracestate'],
  });
  expect([...copy]).toEqual([
    ['x-own', 'kept'],
    ['traceparent', 'new'],
  ]);
});
