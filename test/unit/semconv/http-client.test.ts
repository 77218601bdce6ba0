import { beforeEach, describe, expect, it } from 'vitest';
import { type Context, ROOT, SPAN_KEY } from '../../../src/context/context.ts';
import {
  endOutgoing,
  expectRedirect,
  expectResend,
  failOutgoing,
  followExpected,
  isResendExpected,
  type Outgoing,
  startOutgoing,
} from '../../../src/semconv/http-client.ts';
import { scope } from '../../../src/trace/scope.ts';
import { collectSpans } from '../../fixtures/core/spans.ts';
import type { ReceivedSpan } from '../../support/otlp.ts';

let spans: ReceivedSpan[];
let context: Context;
beforeEach(() => {
  spans = collectSpans();
  context = ROOT.setValue(SPAN_KEY, undefined);
});
const unit = scope('unit');
const target = { scheme: 'http', address: 'a.example', port: 80, path: '/' };
const start = (of = context): Outgoing => startOutgoing(unit, of, 'GET', target)!;

/** The count of an attempt that goes to `url`. */
function countOf(url: string, of = context): unknown {
  const outgoing = start(of);
  if (isResendExpected(outgoing)) followExpected(outgoing, url);
  endOutgoing(outgoing, {
    statusCode: 200,
    headers: () => ({
      request: { get: () => undefined, names: () => [] },
      response: { get: () => undefined, names: () => [] },
    }),
  });
  return spans.pop()!.attributes['http.request.resend_count'];
}

describe('an attempt that repeats another', () => {
  it('is known by context and URL, once', () => {
    expectResend(context, 'http://a.example/b', 1);
    expect(countOf('http://a.example/c')).toBeUndefined();
    expect(countOf('http://a.example/b', ROOT.setValue(SPAN_KEY, undefined))).toBeUndefined();
    expect(countOf('http://a.example/b')).toBe(1);
    expect(countOf('http://a.example/b')).toBeUndefined();
  });

  it('is found among several that are under way', () => {
    expectResend(context, 'http://a.example/b', 1);
    expectResend(context, 'http://a.example/c', 2);
    expect([countOf('http://a.example/b'), countOf('http://a.example/c')]).toEqual([1, 2]);
  });

  it.each([
    [15, 1],
    [16, undefined],
  ])('is found after %i others that never came: %s', (others, found) => {
    expectResend(context, 'http://a.example/first', 1);
    for (let i = 0; i < others; i++) expectResend(context, `http://a.example/${i}`, 1);
    expect(countOf('http://a.example/first')).toBe(found);
  });

  it.each([
    ['/b?c=1', 'http://a.example/b?c=1'],
    ['https://b.example/#part', 'https://b.example/'],
  ])('follows a redirect to %s', (location, url) => {
    expectRedirect(start(), location, 'http://a.example/');
    expect(countOf(url)).toBe(1);
  });

  it.each([undefined, 'http://'])('is not expected after a redirect to %s', (location) => {
    const outgoing = start();
    expectRedirect(outgoing, location, 'http://a.example/');
    expect(isResendExpected(outgoing)).toBe(false);
  });
});

describe('an attempt without an answer', () => {
  it.each([
    [{ name: 'AbortError' }, 'UNSET'],
    [{ name: 'CanceledError', code: 'ERR_CANCELED' }, 'UNSET'],
    [{ code: 'ECONNRESET' }, 'ERROR'],
  ])('with %o is %s', (error, status) => {
    failOutgoing(start(), error);
    expect(spans.pop()!.status.code).toBe(status);
  });
});
