import { describe, expect, it } from 'vitest';
import { expectTrace, optional } from '../../support/expect-trace.ts';
import type { ReceivedSpan } from '../../support/otlp.ts';

let count = 0;
function span(name: string, parent?: ReceivedSpan, more: Partial<ReceivedSpan> = {}): ReceivedSpan {
  count++;
  return {
    traceId: parent?.traceId ?? `trace${count}`,
    spanId: `span${count}`,
    parentSpanId: parent?.spanId,
    traceState: undefined,
    flags: 1,
    name,
    kind: 'INTERNAL',
    startTimeUnixNano: BigInt(count),
    endTimeUnixNano: BigInt(count + 1),
    durationMs: 0,
    attributes: {},
    attributeTypes: {},
    droppedAttributesCount: 0,
    events: [],
    droppedEventsCount: 0,
    links: [],
    droppedLinksCount: 0,
    status: { code: 'UNSET' },
    scope: { name: 'test', version: undefined, schemaUrl: undefined },
    resource: {},
    ...more,
  };
}

describe('expectTrace', () => {
  const server = span('GET /a', undefined, { kind: 'SERVER', attributes: { a: 1, b: 'x' } });
  const first = span('SELECT', server, { status: { code: 'ERROR', message: 'no' } });
  const second = span('GET', server);

  it('accepts the same tree, whatever the order of arrival', () => {
    expectTrace(
      [second, first, server],
      [
        {
          name: 'GET /a',
          kind: 'SERVER',
          attributes: { a: 1, b: expect.any(String), c: optional(1) },
          parentSpanId: undefined,
          children: [{ name: 'SELECT', status: { code: 'ERROR', message: 'no' } }, { name: 'GET' }],
        },
      ],
    );
  });

  it.each<[string, Parameters<typeof expectTrace>]>([
    ['a span too many', [[server, second], [{ name: 'GET /a' }]]],
    ['a span too few', [[server], [{ name: 'GET /a', children: [{ name: 'GET' }] }]]],
    [
      'siblings in another order',
      [
        [server, first, second],
        [{ name: 'GET /a', children: [{ name: 'GET' }, { name: 'SELECT', status: 'ERROR' }] }],
      ],
    ],
    ['an unexpected status', [[first], [{ name: 'SELECT' }]]],
    ['an attribute too many', [[server], [{ name: 'GET /a', attributes: { a: 1 } }]]],
    [
      'an optional attribute with another value',
      [[server], [{ name: 'GET /a', attributes: { a: optional(2), b: 'x' } }]],
    ],
    [
      'a parent where none is expected',
      [[first], [{ name: 'SELECT', status: 'ERROR', parentSpanId: undefined }]],
    ],
    ['the same span twice', [[server, server], []]],
  ])('refuses %s', (_, args) => {
    expect(() => expectTrace(...args)).toThrow();
  });

  it('ignores further attributes when asked for a subset', () => {
    expectTrace([server], [{ name: 'GET /a', attributes: { a: 1 } }], { attributes: 'subset' });
    expect(() =>
      expectTrace([server], [{ name: 'GET /a', attributes: { a: 2 } }], { attributes: 'subset' }),
    ).toThrow();
  });

  it('prints both trees when they differ', () => {
    expect(() => expectTrace([server, second], [{ name: 'GET /b', kind: 'SERVER' }])).toThrow(
      /expected\n {2}SERVER GET \/b UNSET\n\nreceived\n {2}SERVER GET \/a .*\n {4}· a=1\n {4}· b=x\n {6}INTERNAL GET/,
    );
  });
});
