/** `FORETRACE_PROCESS_PROPAGATION`: the trace goes on in the threads and processes that an app starts, and in the app itself. */
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SpanNode, traceTrees } from '../support/expect-trace.ts';
import { inMatrix } from '../support/libraries.ts';
import type { ReceivedSpan } from '../support/otlp.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { type App, preload, runApp, type RunOptions } from '../support/run-app.ts';

const VARIABLE = 'FORETRACE_PROCESS_PROPAGATION';
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';
const TRACEPARENT = `00-${TRACE}-${PARENT}-01`;
/** The processes of an app are traced if the agent is in the environment. */
const everywhere = { NODE_OPTIONS: preload('import').join('=') };

const WAYS = ['spawn', 'promisified exec', 'fork', 'spawnSync', 'execFileSync', 'execSync', 'cluster'];
const THREADS = [
  'start',
  'start of code',
  'start with SHARE_ENV',
  'start with env',
  'start with a port',
  'message',
  'message after a failure',
  'message with a transfer',
  'message by a port',
  'fetched message',
  'message beside one of its own',
];

/** Path and query of a request that was served or sent. */
const pathOf = ({ attributes }: ReceivedSpan): string => {
  const path = attributes['url.path'] ?? new URL(String(attributes['url.full'])).pathname;
  return decodeURIComponent(String(path));
};
const below = ({ span, children }: SpanNode): unknown[] => [pathOf(span), ...children.map(below)];
const trees = (receiver: Receiver): unknown[] => traceTrees(receiver.spans()).map(below);

/** A receiver of its own, until the test is over. */
async function withReceiver<T>(test: (receiver: Receiver) => Promise<T>): Promise<T> {
  const receiver = await startReceiver();
  try {
    return await test(receiver);
  } finally {
    await receiver.close();
  }
}

describe.skipIf(inMatrix)(`${VARIABLE}`, () => {
  const heads: string[] = [];
  const backend = createServer((socket) => {
    socket.on('data', (head) => {
      heads.push(head.toString());
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
    });
  });
  const started: Record<string, string> = {};
  beforeAll(async () => {
    await new Promise<void>((resolve) => void backend.listen(0, '127.0.0.1', resolve));
    started.BACKEND = String((backend.address() as { port: number }).port);
  });
  afterAll(() => new Promise((resolve) => void backend.close(resolve)));

  describe('processes that a request starts', () => {
    let receiver: Receiver;
    let app: App;
    let plain: App;
    beforeAll(async () => {
      receiver = await startReceiver();
      app = runApp({
        file: 'carriers/processes.cjs',
        receiver,
        agent: 'none',
        env: { ...started, ...everywhere },
      });
      plain = runApp({ file: 'carriers/processes.cjs', agent: 'none', env: started });
      await Promise.all([app.listening(), plain.listening()]);
    });
    afterAll(async () => {
      await Promise.all([app.stop(), plain.stop()]);
      await receiver.close();
    });

    const ask = async (to: App, path: string, headers = {}): Promise<any> => {
      const response = await fetch(await to.url(path), { headers, signal: AbortSignal.timeout(10_000) });
      const text = await response.text();
      expect(response.status, text).toBe(200);
      return JSON.parse(text);
    };

    it.each(WAYS)('%s: what it does at its start is below the request', async (way) => {
      receiver.clear();
      const seen = await ask(app, `/${encodeURIComponent(way)}`);
      const spans = await receiver.waitFor(2);
      const server = spans.find(({ kind }) => kind === 'SERVER') as ReceivedSpan;
      const client = spans.find(({ kind }) => kind === 'CLIENT') as ReceivedSpan;
      expect(spans).toHaveLength(2);
      expect(client).toMatchObject({ traceId: server.traceId, parentSpanId: server.spanId });
      expect(client.resource['process.pid']).not.toBe(server.resource['process.pid']);
      expect(seen.TRACEPARENT).toBe(`00-${server.traceId}-${server.spanId}-03`);
      // The rest of its environment is as without the agent.
      const { others } = await ask(plain, `/${encodeURIComponent(way)}?quiet`);
      const added = ['NODE_OPTIONS', 'OTEL_EXPORTER_OTLP_ENDPOINT'];
      expect(seen.others).toEqual([...new Set([...others, ...added])].toSorted());
    });

    it.each(['spawn', 'execSync'])(
      '%s: environments of the app are copied: frozen, given alone, inherited by a prototype',
      async (way) => {
        for (const env of ['copy', 'bare', 'inherited']) {
          const seen = await ask(app, `/${way}?quiet&env=${env}`);
          const { others } = await ask(plain, `/${way}?quiet&env=${env}`);
          expect(seen.TRACEPARENT).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-03$/);
          const ofTheAgent = seen.others.filter((name: string) => !/^(NODE_OPTIONS|OTEL_.*)$/.test(name));
          expect(ofTheAgent).toEqual(others.filter((name: string) => !/^(NODE_OPTIONS|OTEL_.*)$/.test(name)));
        }
      },
    );

    it.each(['spawn', 'spawnSync'])('%s: a trace that the app names itself stays', async (way) => {
      const { TRACEPARENT: named } = await ask(app, `/${way}?quiet&env=own`);
      expect(named).toBe('00-abababababababababababababababab-cdcdcdcdcdcdcdcd-01');
    });

    it.each(['fork', 'execFileSync'])(
      '%s: tracestate and baggage come along, and the decision against recording',
      async (way) => {
        const headers = { traceparent: `00-${TRACE}-${PARENT}-00`, tracestate: 'a=b', baggage: 'user=jo' };
        receiver.clear();
        const seen = await ask(app, `/${way}`, headers);
        expect(seen.TRACEPARENT).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-00$`));
        expect(seen).toMatchObject({ TRACESTATE: 'a=b', BAGGAGE: 'user=jo' });
        await ask(app, '/spawnSync?quiet');
        // Of the request that was not sampled there is nothing, in the child neither.
        expect((await receiver.waitFor(1)).map(pathOf)).toEqual(['/spawnSync']);
      },
    );

    it.each(['spawn', 'spawnSync'])('%s: nothing leaks where the app suppresses tracing', async (way) => {
      expect(await ask(app, `/${way}?quiet&suppressed`)).not.toHaveProperty('TRACEPARENT');
    });
  });

  describe('threads that a request starts, or posts to', () => {
    let receiver: Receiver;
    let app: App;
    let plain: App;
    beforeAll(async () => {
      receiver = await startReceiver();
      // Node 20 has no `--import` for threads that are given as code.
      app = runApp({ file: 'carriers/threads.cjs', receiver, env: started, agent: 'require' });
      plain = runApp({ file: 'carriers/threads.cjs', agent: 'none', env: started });
      await Promise.all([app.listening(), plain.listening()]);
    });
    afterAll(async () => {
      await plain.stop();
      expect(await app.stop()).toMatchObject({ code: 0, stderr: '' });
      await receiver.close();
    });

    const ask = async (to: App, way: string): Promise<unknown> => {
      const seen: any = await (await fetch(await to.url(`/${encodeURIComponent(way)}`))).json();
      return { ...seen, env: seen.env?.filter((name: string) => !name.startsWith('OTEL_EXPORTER_')) };
    };

    it.each(THREADS)('%s: what it does is below the request', async (way) => {
      receiver.clear();
      const seen = await ask(app, way);
      expect(await ask(app, way)).toEqual(seen);
      await receiver.waitFor(4);
      expect(trees(receiver)).toEqual([
        [`/${way}`, [`/from/${way}`]],
        [`/${way}`, [`/from/${way}`]],
      ]);
      // What the thread sees of messages, workerData, arguments and environment is as without the agent.
      expect(seen).toEqual(await ask(plain, way));
    });
  });

  describe('a process whose environment names a trace', () => {
    const run = async (options: RunOptions = {}, env: Record<string, string> = {}): Promise<unknown[]> =>
      withReceiver(async (receiver) => {
        heads.length = 0;
        const app = runApp({
          file: 'carriers/script.cjs',
          receiver,
          ...options,
          env: { ...started, TRACEPARENT, ...env },
        });
        expect(await app.exited).toMatchObject({ code: 0, stderr: options.stdin ?? '' });
        return receiver
          .spans()
          .toSorted((one, other) => Number(one.startTimeUnixNano - other.startTimeUnixNano))
          .map((span) => [
            span.kind === 'SERVER' ? 'served' : pathOf(span),
            span.traceId === TRACE && span.parentSpanId === PARENT,
          ]);
      });

    it('goes on with it, later too', async () => {
      expect(await run({}, { BAGGAGE: 'user=jo', TRACESTATE: 'a=b' })).toEqual([
        ['/start', true],
        ['/later', true],
      ]);
      expect(heads[0]).toMatch(/^tracestate: a=b\r$/im);
      expect(heads[0]).toMatch(/^baggage: user=jo\r$/im);
    });

    it('goes on with it until it serves others', async () => {
      expect(await run({ args: ['serve'] })).toEqual([
        ['/start', true],
        ['/later', true],
        ['/idle', false],
        ['/served', false],
        ['served', false],
      ]);
    });

    it('records nothing if that says so', async () => {
      expect(await run({}, { TRACEPARENT: `00-${TRACE}-${PARENT}-00` })).toEqual([]);
      expect(heads[0]).toMatch(new RegExp(`^traceparent: 00-${TRACE}-[0-9a-f]{16}-00\r$`, 'im'));
    });

    it.each([
      ['b3', { B3: `${TRACE}-${PARENT}-1` }],
      ['b3multi', { X_B3_TRACEID: TRACE, X_B3_SPANID: PARENT, X_B3_SAMPLED: '1' }],
    ])('reads the variables of the propagator %s', async (OTEL_PROPAGATORS, names) => {
      const found = await run(
        {},
        { OTEL_PROPAGATORS, TRACEPARENT: '', ...(names as Record<string, string>) },
      );
      expect(found).toEqual([
        ['/start', true],
        ['/later', true],
      ]);
    });

    it.each(['nonsense', `00-${'0'.repeat(32)}-${PARENT}-01`])(
      'starts traces of its own without a word where it is no trace: %s',
      async (text) => {
        expect(await run({}, { TRACEPARENT: text })).toEqual([
          ['/start', false],
          ['/later', false],
        ]);
      },
    );

    it.each(['off', 'child_process,worker_threads'])('leaves it alone with %s', async (value) => {
      expect(await run({}, { [VARIABLE]: value })).toEqual([
        ['/start', false],
        ['/later', false],
      ]);
    });
  });

  describe('a server whose environment names a trace', () => {
    it('does not hand that on for ever: a process that it starts by itself starts a trace', async () =>
      withReceiver(async (receiver) => {
        const app = runApp({
          file: 'carriers/processes.cjs',
          receiver,
          agent: 'none',
          args: ['listen'],
          stdin: true,
          env: { ...started, ...everywhere, TRACEPARENT, BAGGAGE: 'a=b' },
        });
        await app.listening();
        for (const way of ['spawn', 'spawnSync']) {
          app.send({ way });
          const seen = await app.line((line) => Array.isArray(line.others));
          expect(seen).not.toHaveProperty('TRACEPARENT');
          expect(seen).not.toHaveProperty('BAGGAGE');
        }
        // What the app makes of a copy of the environment is no trace of its own: the request's goes on.
        const response = await fetch(await app.url('/spawn?quiet&env=copy'));
        const { TRACEPARENT: given } = (await response.json()) as { TRACEPARENT: string };
        await app.stop();
        const served = receiver.spans().find(({ kind }) => kind === 'SERVER') as ReceivedSpan;
        expect(given).toBe(`00-${served.traceId}-${served.spanId}-03`);
      }));
  });

  it('leaves the modules as they look, and what they throw; named imports of ES modules carry too', async () =>
    withReceiver(async (receiver) => {
      const run = async (options: RunOptions): Promise<any> => {
        const exit = await runApp({ file: 'carriers/shapes.mjs', ...options }).exited;
        expect(exit).toMatchObject({ code: 0, stderr: '' });
        return JSON.parse(exit.stdout);
      };
      const [plain, traced] = await Promise.all([run({ agent: 'none' }), run({ receiver })]);
      expect(traced.shapes).toEqual(plain.shapes);
      expect(traced.children).toEqual([true, true, true]);
      expect(plain.shapes.failures.filter((one: unknown) => Array.isArray(one)).length).toBeGreaterThan(15);
    }));

  describe('what is not named', () => {
    it('is left alone: processes without child_process, threads without worker_threads', async () =>
      withReceiver(async (receiver) => {
        const env = { ...started, ...everywhere, [VARIABLE]: 'environment,worker_threads' };
        const app = runApp({ file: 'carriers/processes.cjs', receiver, agent: 'none', env });
        for (const way of ['spawn', 'spawnSync']) {
          const response = await fetch(await app.url(`/${way}`));
          expect(await response.json()).not.toHaveProperty('TRACEPARENT');
        }
        await receiver.waitFor(4);
        expect(trees(receiver)).toHaveLength(4);
        await app.stop();
        receiver.clear();
        const threads = runApp({
          file: 'carriers/threads.cjs',
          receiver,
          env: { ...started, [VARIABLE]: 'environment,cluster' },
        });
        for (const way of ['start', 'message', 'message by a port']) {
          await (await fetch(await threads.url(`/${encodeURIComponent(way)}`))).text();
        }
        await receiver.waitFor(6);
        expect(trees(receiver)).toHaveLength(6);
        await threads.stop();
      }));

    it('says what it does not know in one line, and takes the rest', async () =>
      withReceiver(async (receiver) => {
        const app = runApp({
          file: 'carriers/script.cjs',
          receiver,
          env: { ...started, TRACEPARENT, [VARIABLE]: 'environment,threads' },
        });
        const { stderr } = await app.exited;
        expect(stderr).toBe(
          `foretrace: ${VARIABLE}="environment,threads" has "threads", which is not one of environment, child_process, worker_threads, none, that part is ignored\n`,
        );
        expect(receiver.spans().map(({ traceId }) => traceId)).toEqual([TRACE, TRACE]);
      }));
  });
});
