import { afterEach, expect, it } from 'vitest';
import { ROOT } from '../../../src/context/context.ts';
import { startReceived } from '../../../src/operation/entry.ts';
import { setRestarts } from '../../../src/operation/restarts.ts';
import { restarting } from '../../../src/sampling/continuation.ts';
import { scope } from '../../../src/trace/scope.ts';
import { CONSUMER, type Span } from '../../../src/trace/span.ts';

afterEach(() => setRestarts(undefined));

const SPAN = '00f067aa0ba902b7';
const message = (digit: string) => ({
  traceparent: `00-${digit.repeat(32)}-${SPAN}-01`,
  baggage: 'user=ada',
});
const get = (headers: Record<string, string>, name: string): string | undefined => headers[name];
const received = (...carriers: object[]) => {
  const all = { carriers: carriers as never[], get: get as never };
  const { span, baggage } = startReceived(scope('unit'), 'process orders', CONSUMER, all, ROOT);
  const { p0, t0, links } = span as Span;
  return { parent: p0, trace: t0, links: links?.map((link) => link.t0), baggage };
};

it('continues a message, and links those of a batch', () => {
  expect(received(message('1'))).toMatchObject({
    parent: 0x00f067aa,
    trace: 0x11111111,
    baggage: 'user=ada',
  });
  expect(received(message('1'), message('2')).links).toEqual([0x11111111, 0x22222222]);
});

it('restarts a message without a link, and links none of a batch', () => {
  setRestarts(restarting(false));
  const one = received(message('1'));
  expect(one).toMatchObject({ parent: 0, links: undefined, baggage: undefined });
  expect(one.trace).not.toBe(0x11111111);
  expect(received(message('1'), message('2'))).toMatchObject({ parent: 0, links: undefined });
});

it('links a message that is restarted, once, and those of a batch', () => {
  setRestarts(restarting(true));
  expect(received(message('1'))).toMatchObject({ parent: 0, links: [0x11111111], baggage: undefined });
  expect(received(message('1'), message('2')).links).toEqual([0x11111111, 0x22222222]);
});
