import { beforeEach, describe, expect, it } from 'vitest';
import { mongoClient, type MongoOperation } from '../../../src/semconv/mongo.ts';
import { run } from '../../../src/context/active.ts';
import { begin, contextBelow, type Operation } from '../../../src/operation/operation.ts';
import { scope } from '../../../src/trace/scope.ts';
import { collectSpans } from '../../fixtures/core/spans.ts';
import type { ReceivedSpan } from '../../support/otlp.ts';

let spans: ReceivedSpan[];
beforeEach(() => {
  spans = collectSpans();
});
const role = mongoClient<unknown, [MongoOperation]>({
  scope: scope('unit'),
  operation: (_, [operation]) => operation,
});

function start(of: Omit<MongoOperation, 'server'>, server?: string): Operation | undefined {
  return begin(role, undefined, [{ ...of, server: () => server }]);
}

function operation(
  of: Omit<MongoOperation, 'server'>,
  { error, server }: { error?: unknown; server?: string } = {},
): ReceivedSpan {
  start(of, server)!.end(error);
  return spans.pop()!;
}

describe('a MongoDB span', () => {
  it('has exactly the required and recommended attributes', () => {
    const span = operation(
      { name: 'find', database: 'shop', collection: 'orders' },
      { server: 'db.example:27017' },
    );
    expect(span).toMatchObject({ name: 'find orders', kind: 'CLIENT', status: { code: 'UNSET' } });
    expect({ ...span.attributes }).toEqual({
      'db.system.name': 'mongodb',
      'db.operation.name': 'find',
      'db.namespace': 'shop',
      'db.collection.name': 'orders',
      'server.address': 'db.example',
    });
  });

  it.each([
    [{ name: 'ping', database: 'admin' }, 'ping admin'],
    [{ name: 'ping' }, 'ping'],
  ])('is named by what is known: %o', (of, name) => {
    expect(operation(of).name).toBe(name);
  });

  it.each([
    ['db.example:27018', 'db.example', 27_018],
    ['[::1]:27018', '::1', 27_018],
    ['/tmp/mongodb.sock', '/tmp/mongodb.sock', undefined],
  ])('knows the server %s', (server, address, port) => {
    const { attributes } = operation({ name: 'ping' }, { server });
    expect([attributes['server.address'], attributes['server.port']]).toEqual([address, port]);
  });

  it.each([
    [0, 0],
    [1, undefined],
    [2, 2],
  ])('tells the size of a batch of %i as %s', (size, told) => {
    expect(operation({ name: 'insert', size }).attributes['db.operation.batch.size']).toBe(told);
  });

  it.each([
    [{ code: 11_000, name: 'MongoServerError' }, '11000', '11000'],
    [{ name: 'MongoNetworkError' }, undefined, 'MongoNetworkError'],
    [{ code: 'ECONNRESET' }, undefined, 'ECONNRESET'],
  ])('names the error %o', (error, status, type) => {
    const { attributes, status: outcome } = operation({ name: 'find' }, { error });
    expect(outcome.code).toBe('ERROR');
    expect([attributes['db.response.status_code'], attributes['error.type']]).toEqual([status, type]);
  });

  it('is none of a read that waits, outside of any span', () => {
    expect(start({ name: 'getMore', waits: true })).toBeUndefined();
    const within = start({ name: 'aggregate' })!;
    run(contextBelow(within), () => {
      expect(start({ name: 'getMore', waits: true })!.span).toMatchObject({
        p0: within.span!.s0,
        p1: within.span!.s1,
      });
    });
  });

  it('asks for the server when the operation is over: which one of a cluster it is, is not known before', () => {
    let server = 'first:27017';
    const begun = begin(role, undefined, [{ name: 'find', server: () => server }])!;
    server = 'second:27017';
    begun.end(undefined);
    expect(spans[0].attributes['server.address']).toBe('second');
  });

  it('is none of a call that is no operation', () => {
    const none = mongoClient({ scope: scope('unit'), operation: () => undefined });
    expect(begin(none, undefined, [])).toBeUndefined();
  });

  it.each([
    [128, 128],
    [129, 128],
  ])("cuts a command of the app's with %i characters to %i", (length, kept) => {
    const { attributes } = operation({ name: 'x'.repeat(length) });
    expect(attributes['db.operation.name']).toBe('x'.repeat(kept));
  });
});
