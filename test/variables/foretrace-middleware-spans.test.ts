import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectTrace, type ExpectedSpan } from '../support/expect-trace.ts';
import { inMatrix, LIBRARIES } from '../support/libraries.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { type App, runApp } from '../support/run-app.ts';

const work: ExpectedSpan = { name: 'work' };
const WORK = '../fixtures/lib/work.cjs#work';

const step = (name: string, children: ExpectedSpan[] = []): ExpectedSpan => ({
  name,
  kind: 'INTERNAL',
  children,
});
const failing = (name: string, children: ExpectedSpan[] = []): ExpectedSpan => ({
  name,
  status: 'ERROR',
  events: ['exception'],
  children,
});

interface Expected {
  /** The answer to a request, and to one that fails. */
  answers: [string, string];
  route: string;
  /** The spans below that of a request. */
  on: ExpectedSpan[];
  fails: ExpectedSpan[];
  /** The one step that is slow. */
  slow: string;
}

const handler = 'request handler - /items/:id';

const express: Expected = {
  answers: ['worked on items', 'failed'],
  route: '/items/:id',
  on: [
    step('middleware - fast'),
    step('middleware - slow'),
    step('middleware - guard'),
    step(handler, [work]),
  ],
  fails: [
    step('middleware - fast'),
    step('middleware - slow'),
    failing('middleware - guard'),
    step('error handler - answerError'),
  ],
  slow: 'middleware - slow',
};

const frameworks: Record<string, Expected> = {
  express,
  express4: express,
  connect: {
    ...express,
    route: '/items',
    on: [...express.on.slice(0, 3), step('middleware - getItem', [work])],
  },
  koa: {
    answers: ['worked on items', 'Internal Server Error'],
    route: '/items/:id',
    // What middleware awaits is below it.
    on: [
      step('middleware - fast', [
        step('middleware - slow', [step('middleware - guard', [step(handler, [work])])]),
      ]),
    ],
    fails: [failing('middleware - fast', [failing('middleware - slow', [failing('middleware - guard')])])],
    slow: 'middleware - slow',
  },
  fastify: {
    answers: ['worked on items', '{"statusCode":500,"error":"Internal Server Error","message":"not in"}'],
    route: '/items/:id',
    on: [
      step('hook - onRequest - fast'),
      step('hook - preHandler - slow'),
      step('hook - preHandler - guard'),
      step(handler, [work]),
    ],
    fails: [
      step('hook - onRequest - fast'),
      step('hook - preHandler - slow'),
      failing('hook - preHandler - guard'),
    ],
    slow: 'hook - preHandler - slow',
  },
  hapi: {
    answers: [
      'worked on items',
      '{"statusCode":500,"error":"Internal Server Error","message":"An internal server error occurred"}',
    ],
    route: '/items/{id}',
    on: [
      step('hook - onPreAuth - fast'),
      step('hook - onPreHandler - slow'),
      step('middleware - guard'),
      step('request handler - /items/{id}', [work]),
    ],
    fails: [
      step('hook - onPreAuth - fast'),
      step('hook - onPreHandler - slow'),
      failing('middleware - guard'),
    ],
    slow: 'hook - onPreHandler - slow',
  },
  hono: {
    answers: ['worked on items', 'failed'],
    route: '/items/:id',
    on: [step('middleware - fast', [step('middleware - slow', [step(handler, [work])])])],
    fails: [step('middleware - fast', [step('middleware - slow', [failing(handler)])])],
    slow: 'middleware - slow',
  },
  nest: {
    answers: ['worked on item', '{"statusCode":500,"message":"Internal server error"}'],
    route: '/items/:id',
    on: [
      // Of Nest itself.
      step('middleware - anonymous'),
      step('middleware - fast'),
      step(handler, [
        step('guard - Guard'),
        step('interceptor - Slow', [step('handler - ItemsController.getItem', [step('pipe - Trim'), work])]),
      ]),
    ],
    fails: [
      step('middleware - anonymous'),
      step('middleware - fast'),
      step(handler, [failing('guard - Guard')]),
    ],
    slow: 'interceptor - Slow',
  },
};

let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver();
});
afterAll(() => receiver.close());

function start(framework: string, wanted: string | undefined, env: Record<string, string> = {}): App {
  receiver.clear();
  return runApp({
    file: 'middleware.cjs',
    receiver,
    cwd: LIBRARIES,
    env: {
      FRAMEWORK: framework,
      FORETRACE_METHODS: WORK,
      FORETRACE_MIDDLEWARE_SPANS: wanted,
      ...env,
    },
  });
}

/** One request, its answer, and the spans of its trace when the server's is there. */
async function request(app: App, path: string): Promise<string> {
  const answer = await fetch(await app.url(path));
  return answer.text();
}

/** What only Express shows: its own words for a step, the layers that the app can list, mounts that answer. */
async function expectExpress(app: App): Promise<void> {
  receiver.clear();
  expect(await request(app, '/stack')).toBe('true');
  const spans = await receiver.waitFor(4);
  const named = (name: string): unknown => spans.find((span) => span.name === name);
  expect(named('request handler - /stack')).toMatchObject({
    kind: 'INTERNAL',
    scope: { name: 'foretrace.express' },
    attributes: { 'express.type': 'request_handler', 'express.name': 'anonymous', 'http.route': '/stack' },
  });
  expect(named('middleware - fast')).toMatchObject({
    attributes: { 'express.type': 'middleware', 'express.name': 'fast', 'code.function.name': 'fast' },
  });
  receiver.clear();
  expect(await request(app, '/below')).toBe('below');
  const below = await receiver.waitFor(4);
  expect(below.find(({ kind }) => kind === 'SERVER')?.name).toBe('GET /below');
}

const count = (spans: readonly ExpectedSpan[]): number =>
  spans.reduce((sum, { children = [] }) => sum + 1 + count(children), 0);

describe.skipIf(inMatrix)('FORETRACE_MIDDLEWARE_SPANS', () => {
  describe.each(Object.entries(frameworks))('with %s', (framework, expected) => {
    const { answers, route, on, fails, slow } = expected;

    it('on: each function that is called is a span, above what it does; errors are on theirs', async () => {
      const app = start(framework, 'on');
      expect(await request(app, '/items/item')).toBe(answers[0]);
      expectTrace(await receiver.waitFor(1 + count(on)), [
        { name: `GET ${route}`, kind: 'SERVER', children: on },
      ]);
      receiver.clear();
      expect(await request(app, '/items/fails')).toBe(answers[1]);
      expectTrace(await receiver.waitFor(1 + count(fails)), [
        { name: `GET ${route}`, kind: 'SERVER', status: 'ERROR', children: fails },
      ]);
      if (framework.startsWith('express')) await expectExpress(app);
      await app.stop();
    });

    it('slow: only what took as long itself is one; what it does stays below the request', async () => {
      const app = start(framework, 'slow:500ms');
      expect(await request(app, '/items/slow')).toBe(answers[0].replace(/item$/, 'slow'));
      const name = `GET ${route}`;
      // An Express handler waits for all that Nest does.
      const children = framework === 'nest' ? [step(handler), step(slow), work] : [step(slow), work];
      expectTrace(await receiver.waitFor(1 + count(children)), [{ name, kind: 'SERVER', children }]);
      receiver.clear();
      expect(await request(app, '/items/item')).toBe(answers[0]);
      expectTrace(await receiver.waitFor(2), [{ name, kind: 'SERVER', children: [work] }]);
      await app.stop();
    });
  });

  it('makes nothing of a request that is not sampled', async () => {
    const app = start('koa', 'on', { OTEL_TRACES_SAMPLER: 'parentbased_always_on' });
    const headers = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00' };
    await (await fetch(await app.url('/items/1'), { headers })).text();
    await request(app, '/none');
    expectTrace(await receiver.waitFor(3), [
      { name: 'GET', children: [step('middleware - fast', [step('middleware - slow')])] },
    ]);
    await app.stop();
  });

  it('off, and by default: there are none', async () => {
    for (const wanted of ['off', undefined]) {
      const app = start('express', wanted);
      await request(app, '/items/1');
      expectTrace(await receiver.waitFor(2), [{ name: 'GET /items/:id', children: [work] }]);
      await app.stop();
    }
  });

  it('what it does not know is refused with one line', async () => {
    const env = { FORETRACE_MIDDLEWARE_SPANS: 'slow:soon' };
    const exit = await runApp({ eval: '1', receiver, env }).exited;
    expect(exit).toMatchObject({
      code: 0,
      stderr:
        'foretrace: FORETRACE_MIDDLEWARE_SPANS="slow:soon" is not one of off, on, slow:5ms (any time in ms or s); off is used\n',
    });
  });
});
