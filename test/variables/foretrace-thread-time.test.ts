/** How long requests held the thread of the app that serves them, beside what they say of it themselves. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { json } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReceivedSpan } from '../support/otlp.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { type App, runApp } from '../support/run-app.ts';

interface Asked {
  route: string;
  traceId: string;
  burned: number;
}

/** Sends a request, its body in parts. */
async function ask(url: string, route: string, parts: string[] = []): Promise<Asked> {
  const traceId = randomBytes(16).toString('hex');
  const sent = request(`${url}${route}`, {
    method: parts.length > 0 ? 'POST' : 'GET',
    headers: { traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-01` },
  });
  const answered = once(sent, 'response') as Promise<[IncomingMessage]>;
  for (const part of parts) {
    sent.write(part);
    // One after the other, so that each is a chunk of its own.
    await sleep(20);
  }
  sent.end();
  const [response] = await answered;
  return { route, traceId, burned: ((await json(response)) as { burned: number }).burned };
}

const ROUTES = ['blocking', 'waiting', 'promises', 'callbacks', 'body', 'pooled', 'throwing', 'afterwards'];
const PARTS: Record<string, string[]> = { body: ['a', 'b', 'c'] };

/**
 * Within 10 % or half a millisecond: none is less, which is what one would be whose time another one got. The best of them is not more either; a
 * machine that is busy with other things stops the process in the middle of the others.
 */
function expectNear(measured: readonly { burned: number; time: number }[]): void {
  const excess = measured.map(({ burned, time }) => (time - burned) / Math.max(0.1 * burned, 0.5));
  expect(Math.min(...excess)).toBeGreaterThan(-1);
  expect(Math.min(...excess)).toBeLessThan(1);
}

describe('FORETRACE_THREAD_TIME=on', () => {
  let receiver: Receiver;
  let app: App;
  let url: string;
  beforeAll(async () => {
    receiver = await startReceiver();
    app = runApp({
      file: 'thread-time.cjs',
      receiver,
      env: { FORETRACE_THREAD_TIME: 'on', OTEL_METRICS_EXPORTER: 'otlp', FORETRACE_RUNTIME_METRICS: 'off' },
    });
    url = await app.url('/');
    // What is compiled and loaded for the first request is of that one.
    for (const route of ROUTES) await ask(url, route, PARTS[route]);
  }, 30_000);
  afterAll(() => receiver.close());

  async function timeOf({ traceId }: Asked): Promise<number> {
    const isOf = (span: ReceivedSpan): boolean => span.traceId === traceId;
    const spans = await receiver.waitFor((all) => all.some(isOf));
    return spans.find(isOf)!.attributes['foretrace.thread_time'] as number;
  }

  const measured = async (asked: Asked) => ({ ...asked, time: await timeOf(asked) });

  it.each(ROUTES)('a span tells how long its request ran: %s', async (route) => {
    const all: { burned: number; time: number }[] = [];
    for (let i = 0; i < 8; i++) all.push(await measured(await ask(url, route, PARTS[route])));
    expect(Math.min(...all.map(({ burned }) => burned))).toBeGreaterThan(15);
    expectNear(all);
  });

  it('requests that are served at the same time do not get each other’s', async () => {
    const routes = Array.from({ length: 6 }, () => ROUTES).flat();
    const all = await Promise.all(routes.map((route) => ask(url, route, PARTS[route])));
    const times = await Promise.all(all.map(measured));
    for (const route of ROUTES) expectNear(times.filter((one) => one.route === route));
  });

  it('one that does nothing shows next to nothing', async () => {
    const times: number[] = [];
    for (let i = 0; i < 20; i++) times.push(await timeOf(await ask(url, 'nothing')));
    expect(times.toSorted((a, b) => a - b)[10]).toBeLessThan(1);
  });

  it('a histogram counts them all, by method and route', async () => {
    const asked = await ask(url, 'blocking');
    const { stderr } = await app.stop();
    expect(stderr).toBe('');
    const metrics = receiver.metrics().at(-1)!;
    const metric = metrics.find(({ name }) => name === 'foretrace.http.server.thread_time')!;
    expect(metric).toMatchObject({ unit: 's', kind: 'histogram' });
    const spans = receiver.spans().filter(({ kind }) => kind === 'SERVER');
    expect(spans.some(({ traceId }) => traceId === asked.traceId)).toBe(true);
    const gets = spans.filter(({ attributes }) => attributes['http.request.method'] === 'GET');
    const point = metric.points.find(({ attributes }) => attributes['http.request.method'] === 'GET')!;
    expect(point.attributes).toEqual({ 'http.request.method': 'GET' });
    expect(point.count).toBe(gets.length);
    const sum = gets.reduce((total, span) => total + Number(span.attributes['foretrace.thread_time']), 0);
    expect(point.sum! * 1000).toBeCloseTo(sum, 3);
    expect(metric.points).toHaveLength(2);
  });
});

describe('FORETRACE_THREAD_TIME', () => {
  it.each([
    [undefined, ''],
    ['off', ''],
    ['always', 'foretrace: FORETRACE_THREAD_TIME="always" is not one of on, off, off is used\n'],
  ])('%j measures nothing', async (value, line) => {
    const receiver = await startReceiver();
    const app = runApp({
      file: 'thread-time.cjs',
      receiver,
      env: { FORETRACE_THREAD_TIME: value, OTEL_METRICS_EXPORTER: 'otlp', FORETRACE_RUNTIME_METRICS: 'off' },
    });
    await ask(await app.url('/'), 'blocking');
    const { stderr } = await app.stop();
    expect(stderr).toBe(line);
    expect(receiver.spans()).toHaveLength(1);
    expect(receiver.spans()[0]!.attributes).not.toHaveProperty(['foretrace.thread_time']);
    expect(receiver.metrics()[0]!.map(({ name }) => name)).not.toContain('foretrace.http.server.thread_time');
    await receiver.close();
  });
});
