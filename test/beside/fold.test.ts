/** Spans that frameworks and SDKs make of requests and calls that are traced anyway. */
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type ExpectedSpan, expectTrace } from '../support/expect-trace.ts';
import { startReceiver } from '../support/receiver.ts';
import { ROOT, runApp } from '../support/run-app.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';

async function start(file: string, env: Record<string, string> = {}) {
  const receiver = await startReceiver();
  onTestFinished(() => receiver.close());
  const app = runApp({
    file: join(ROOT, 'test/beside', file),
    cwd: join(ROOT, 'test/beside'),
    receiver,
    env,
  });
  return {
    app,
    async get(path: string, headers: Record<string, string> = {}) {
      return (await fetch(await app.url(path), { headers })).text();
    },
    /** All spans, when the app has ended. */
    async spans(count: number) {
      await receiver.waitFor(count);
      await app.stop();
      return receiver.spans();
    },
  };
}

const server = (name: string, more: Partial<ExpectedSpan> = {}): ExpectedSpan => ({
  name,
  kind: 'SERVER',
  scope: 'foretrace.http',
  ...more,
});

describe('a server span of the app’s own', () => {
  it('is folded into ours, which waits for what is said after the answer', async () => {
    const { get, spans } = await start('framework.cjs');
    await get('/late');
    const all = await spans(2);
    expectTrace(
      all,
      [
        server('GET /late/:id', {
          attributes: { 'http.route': '/late/:id', 'framework.version': 3, 'http.response.status_code': 200 },
          events: ['rendered'],
          children: [{ name: 'render', kind: 'INTERNAL' }],
        }),
      ],
      { attributes: 'subset' },
    );
    // What it says of the request, ours says in the stable names, and redacted.
    expect(Object.keys(all.find(({ kind }) => kind === 'SERVER')!.attributes)).not.toContain('http.target');
    expect(JSON.stringify(all.map(({ name, attributes }) => [name, attributes]))).not.toContain('secret');
  });

  it('does not hold ours back from the end of the process', async () => {
    const { app, get, spans } = await start('framework.cjs');
    await get('/exit');
    expectTrace(
      await spans(1),
      [server('GET /exit', { attributes: { 'http.route': '/exit', 'http.response.status_code': 200 } })],
      { attributes: 'subset' },
    );
    expect((await app.exited).code).toBe(0);
  });

  it('is kept with FORETRACE_FOLD_SPANS=off', async () => {
    const { get, spans } = await start('framework.cjs', { FORETRACE_FOLD_SPANS: 'off' });
    await get('/late');
    expectTrace(await spans(3), [
      server('GET', {
        children: [{ name: 'GET /late/:id', kind: 'SERVER', children: [{ name: 'render' }] }],
      }),
    ]);
  });

  it('is below the served span, whichever way the app reads its headers again', async () => {
    const { get, spans } = await start('framework.cjs');
    await get('/again', { traceparent: `00-${TRACE}-${PARENT}-01` });
    expectTrace(await spans(3), [
      server('GET /again/:id', {
        traceId: TRACE,
        parentSpanId: PARENT,
        children: [{ name: 'inside' }, { name: 'by hand' }],
      }),
    ]);
  });
});

it('a route that the app sets on our server span is in its name', async () => {
  const { get, spans } = await start('framework.cjs');
  await get('/ours');
  expectTrace(await spans(1), [server('GET /ours/:id', { attributes: { 'http.route': '/ours/:id' } })], {
    attributes: 'subset',
  });
});

describe('a client span of the app’s own', () => {
  it('around a traced call of the same URL is that of the call; further calls are below it', async () => {
    const { get, spans } = await start('framework.cjs');
    await get('/around');
    const all = await spans(5);
    const call = all.find(({ attributes }) => attributes['framework.cache'] === 'miss')!;
    expect(Object.keys(call.attributes)).not.toContain('http.url');
    expectTrace(all, [
      server('GET', {
        children: [
          {
            name: 'GET',
            kind: 'CLIENT',
            scope: 'foretrace.http',
            children: [server('GET'), { name: 'GET', kind: 'CLIENT', children: [server('GET')] }],
          },
        ],
      }),
    ]);
  });

  it('around a call of another thing stays', async () => {
    const { get, spans } = await start('framework.cjs');
    await get('/model');
    expectTrace(await spans(4), [
      server('GET', {
        children: [
          {
            name: 'chat',
            kind: 'CLIENT',
            children: [{ name: 'GET', kind: 'CLIENT', children: [server('GET')] }],
          },
        ],
      }),
    ]);
  });
});

describe('@hono/otel', () => {
  it('gives one server span with the route and one exception', async () => {
    const { get, spans } = await start('hono-otel.mjs');
    for (const path of ['/items/7', '/failing/7', '/nowhere']) await get(path);
    expectTrace(await spans(3), [
      server('GET /items/:id'),
      server('GET /failing/:id', {
        status: 'ERROR',
        events: ['exception'],
      }),
      server('GET'),
    ]);
  });
});

describe('@fastify/otel', () => {
  it('gives one server span with the route and one exception; its spans of handlers stay', async () => {
    const { get, spans } = await start('fastify-otel.cjs');
    for (const path of ['/items/7', '/failing/7']) await get(path);
    const handler = { name: 'handler - fastify -> @fastify/otel', kind: 'INTERNAL' as const };
    const failed = { code: 'ERROR' as const, message: 'nothing there' };
    expectTrace(await spans(4), [
      server('GET /items/:id', { children: [handler] }),
      server('GET /failing/:id', {
        status: failed,
        events: ['exception'],
        children: [{ ...handler, status: failed }],
      }),
    ]);
  });
});

describe('OpenTelemetry’s own SDK', () => {
  it('keeps its metrics; its spans of requests are ours, one header goes out, and one line tells', async () => {
    const { app, get, spans } = await start('own-sdk.cjs');
    const headers: string[] = JSON.parse(await get('/out'));
    expect(headers).not.toContain('traceparent');
    expect(await get('/metrics')).toBe('3');
    expectTrace(await spans(4), [
      server('GET', {
        children: [{ name: 'GET', kind: 'CLIENT', scope: 'foretrace.http', children: [server('GET')] }],
      }),
      server('GET'),
    ]);
    expect(app.stderr.trim().split('\n')).toEqual([
      expect.stringMatching(/^foretrace: the app's own .+ of OpenTelemetry are not used, /),
    ]);
  });
});
