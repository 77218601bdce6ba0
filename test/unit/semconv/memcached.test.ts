import { beforeEach, describe, expect, it } from 'vitest';
import { startMemcached } from '../../../src/semconv/memcached.ts';
import { scope } from '../../../src/trace/scope.ts';
import { collectSpans } from '../../fixtures/core/spans.ts';
import type { ReceivedSpan } from '../../support/otlp.ts';

let spans: ReceivedSpan[];
beforeEach(() => {
  spans = collectSpans();
});
const unit = scope('unit');

function operation(
  keys: string[],
  { hasValue = false, server }: { hasValue?: boolean; server?: string } = {},
): ReceivedSpan {
  startMemcached(unit, { name: 'get', keys, hasValue, server })!.end();
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
});
