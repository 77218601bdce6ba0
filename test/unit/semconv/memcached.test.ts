import { beforeEach, describe, expect, it } from 'vitest';
import { memcachedClient, type MemcachedOperation } from '../../../src/semconv/memcached.ts';
import { begin } from '../../../src/operation/operation.ts';
import { scope } from '../../../src/trace/scope.ts';
import { collectSpans } from '../../fixtures/core/spans.ts';
import type { ReceivedSpan } from '../../support/otlp.ts';

let spans: ReceivedSpan[];
beforeEach(() => {
  spans = collectSpans();
});
const role = memcachedClient<unknown, [MemcachedOperation]>({
  scope: scope('unit'),
  operation: (_, [operation]) => operation,
  failure: (error, result) => (error === undefined ? (result as { status: string }) : { error }),
});

function operation(
  keys: string[],
  { hasValue = false, server, end = [] }: { hasValue?: boolean; server?: string; end?: unknown[] } = {},
): ReceivedSpan {
  const [error, result] = end;
  begin(role, undefined, [{ name: 'get', keys, hasValue, server }])!.end(error, result);
  return spans.pop()!;
}

describe('a Memcached span', () => {
  it('has exactly the required and recommended attributes', () => {
    const span = operation(['a', 'b'], { server: 'cache.example:11211' });
    expect(span).toMatchObject({ name: 'get cache.example', kind: 'CLIENT' });
    expect({ ...span.attributes }).toEqual({
      'db.system.name': 'memcached',
      'db.operation.name': 'get',
      'db.query.text': 'get a b',
      'server.address': 'cache.example',
    });
  });

  it('has another port in its name', () => {
    expect(operation(['a'], { server: 'cache.example:11212' }).name).toBe('get cache.example:11212');
  });

  it('is named by the operation alone where the server is not known', () => {
    expect(operation(['a']).name).toBe('get');
  });

  it('shows that there is a value, but not which', () => {
    expect(operation(['a'], { hasValue: true }).attributes['db.query.text']).toBe('get a ?');
  });

  it.each([
    [1_024, 1_024],
    [1_025, 1_024 + ' ...'.length],
  ])('cuts a text of %i characters to %i', (length, kept) => {
    const text = operation(['k'.repeat(length - 'get '.length)]).attributes['db.query.text'] as string;
    expect(text).toHaveLength(kept);
  });

  it('is no failure where the library says that the answer is none', () => {
    expect(operation(['a']).status.code).toBe('UNSET');
  });

  it.each([
    [[{ name: 'Timeout' }], undefined, 'Timeout'],
    [[undefined, { status: '129' }], '129', '129'],
  ])('names what failed by the error or the answer: %o', (end, status, type) => {
    const { attributes, status: outcome } = operation(['a'], { end });
    expect(outcome.code).toBe('ERROR');
    expect([attributes['db.response.status_code'], attributes['error.type']]).toEqual([status, type]);
  });
});
