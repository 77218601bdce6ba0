/** `FORETRACE_KEEP`: a trace is kept or dropped as a whole when its local root has ended. */
import http from 'node:http';
import http2 from 'node:http2';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inMatrix } from '../support/libraries.ts';
import type { ReceivedSpan } from '../support/otlp.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { type App, runApp } from '../support/run-app.ts';
import { describeWith } from '../support/services.ts';

const OFF = { OTEL_TRACES_SAMPLER: 'parentbased_always_off' };
const SAMPLED = 0x01;

interface Run {
  app: App;
  receiver: Receiver;
  get(path: string, headers?: Record<string, string>): Promise<string>;
  /** Ends the app; all that it exported. */
  end(stderr?: unknown): Promise<ReceivedSpan[]>;
}

async function start(keep: string | undefined, env: Record<string, string> = OFF): Promise<Run> {
  const receiver = await startReceiver();
  const app = runApp({
    file: 'keep/shop.mjs',
    receiver,
    env: { FORETRACE_KEEP: keep, OTEL_BSP_MAX_QUEUE_SIZE: '40000', ...env },
  });
  const url = await app.url('');
  return {
    app,
    receiver,
    get: async (path, headers) => (await fetch(url + path, { headers })).text(),
    async end(stderr = '') {
      expect(await app.stop()).toMatchObject({ code: 0, stderr });
      const spans = receiver.spans();
      await receiver.close();
      return spans;
    },
  };
}

/** Traces by the path of their server span, each as the sorted texts or names of its other spans. */
function traces(spans: readonly ReceivedSpan[]): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const root of spans.filter(({ kind }) => kind === 'SERVER')) {
    const below = spans.filter((span) => span.traceId === root.traceId && span !== root);
    for (const { parentSpanId } of below) expect(parentSpanId).toBe(root.spanId);
    found[String(root.attributes['url.path'])] = below
      .map(({ name, attributes }) => String(attributes['db.query.text'] ?? name))
      .sort();
  }
  return found;
}

const rootOf = (spans: readonly ReceivedSpan[], path: string): ReceivedSpan =>
  spans.find(({ kind, attributes }) => kind === 'SERVER' && attributes['url.path'] === path)!;

/** What a span with this state counts for, as the specification says; undefined if it doesn't tell. */
function adjustedCount(state: string | undefined): number | undefined {
  const digits = /(?:^|,)ot=(?:[^,]*;)?th:([0-9a-f]{1,14})(?:[;,]|$)/.exec(state ?? '')?.[1];
  if (digits === undefined) return undefined;
  return 2 ** 56 / (2 ** 56 - Number.parseInt(digits.padEnd(14, '0'), 16));
}

/** The spans of an order of the shop, beside the request's own. */
const order = (id: string): string[] => [`GET order:${id}`, `SELECT ? AS "o${id}"`];

const agent = new http.Agent({ keepAlive: true, maxSockets: 50 });
const getFast = (port: number, path: string): Promise<number> =>
  new Promise((resolve, reject) => {
    http
      .get({ port, host: '127.0.0.1', path, agent }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode!));
      })
      .on('error', reject);
  });
afterAll(() => agent.destroy());

let next: Server;
let nextUrl: string;
let arrived: IncomingHttpHeaders[] = [];
beforeAll(async () => {
  next = createServer((req, res) => {
    arrived.push(req.headers);
    res.end();
  });
  await new Promise<void>((resolve) => next.listen(0, '127.0.0.1', resolve));
  nextUrl = `http://127.0.0.1:${(next.address() as AddressInfo).port}/`;
});
afterAll(() => new Promise((resolve) => next.close(resolve)));

const TRACE = '0af7651916cd43dd84c8eb211c80319c';
const parent = (flags: string, tracestate = 'vendor=value'): Record<string, string> => ({
  traceparent: `00-${TRACE}-b7ad6b7169203331-${flags}`,
  tracestate,
});

describe.skipIf(inMatrix)('FORETRACE_KEEP', async () => {
  await describeWith('postgresql', 'in an app with PostgreSQL', async () => {
    await describeWith('redis', 'and Redis', () => {
      describe('with conditions of each kind, and a sampler that keeps nothing', () => {
        let spans: ReceivedSpan[];
        let kept: Record<string, string[]>;
        beforeAll(async () => {
          const { app, get, end } = await start(
            'Errors, SLOW:300ms, status:4xx|302-303, attr:user.role=admin, attr:db.query.text=SELECT ? AS "own"',
          );
          for (const path of [
            '/orders/fine',
            '/orders/bad?status=503',
            '/throws/thrown',
            '/orders/missing?status=404',
            '/orders/moved?status=302',
            '/orders/moved-for-good?status=301',
            '/orders/slow?wait=320',
            '/orders/quick?wait=1',
            '/orders/admin?role=admin',
            '/orders/guest?role=guest',
            '/orders/checked?child=role',
            '/orders/child?child=fails',
          ]) {
            await get(path);
          }
          for (const [id, status] of [
            ['late-kept', 500],
            ['late-dropped', 200],
          ]) {
            await get(`/orders/${id}?late=1&status=${status}`);
            await app.line(({ late }) => late === id);
          }
          spans = await end();
          kept = traces(spans);
        });

        it('keeps exactly the traces for which one holds, and all spans of each', () => {
          expect(kept).toMatchObject({
            '/orders/bad': order('bad'),
            '/throws/thrown': ['GET order:thrown'],
          });
          expect(Object.keys(kept).sort()).toEqual([
            '/orders/admin',
            '/orders/bad',
            '/orders/checked',
            '/orders/late-kept',
            '/orders/missing',
            '/orders/moved',
            '/orders/slow',
            '/throws/thrown',
          ]);
          expect(kept['/orders/slow']).toHaveLength(2);
          expect(kept['/orders/checked']).toHaveLength(3);
        });

        it('keeps or drops what ends after the root as the rest of the trace', () => {
          expect(kept['/orders/late-kept']).toHaveLength(3);
          expect(
            spans.filter(({ attributes }) => String(attributes['db.query.text']).includes('late:')),
          ).toHaveLength(1);
        });

        it('writes on a kept span what is written on one that is sampled', () => {
          const root = rootOf(spans, '/throws/thrown');
          expect(root).toMatchObject({ name: 'GET /throws/:id', status: { code: 'ERROR' } });
          expect(root.attributes).toMatchObject({
            'http.request.method': 'GET',
            'http.response.status_code': 500,
            'http.route': '/throws/:id',
            'error.type': '500',
          });
          expect(root.events.map(({ attributes }) => attributes['exception.message'])).toEqual([
            'no such order',
          ]);
        });

        it('says on each span that it is sampled, and that the trace counts for itself alone', () => {
          expect(spans.length).toBeGreaterThan(20);
          expect(spans.filter(({ flags }) => (flags & SAMPLED) === 0)).toEqual([]);
          expect(new Set(spans.map(({ traceState }) => traceState))).toEqual(new Set(['ot=th:0']));
        });
      });

      it('keeps of 1,000 interleaved requests each that fails, whole and without a foreign span, and lets others be estimated', async () => {
        const { app, end } = await start('errors', {
          OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
          OTEL_TRACES_SAMPLER_ARG: '0.1',
        });
        const port = await app.listening();
        const ids = Array.from({ length: 1_000 }, (_, id) => id);
        const fails = (id: number): boolean => id % 10 === 7;
        await Promise.all(ids.map((id) => getFast(port, `/orders/${id}?status=${fails(id) ? 500 : 200}`)));
        const spans = await end();
        const kept = traces(spans);
        for (const [path, below] of Object.entries(kept)) {
          const id = Number(path.replace('/orders/', ''));
          expect(below).toHaveLength(2);
          for (const text of below) expect(text).toMatch(new RegExp(`[:o]${id}\\b`));
        }
        expect(spans).toHaveLength(Object.keys(kept).length * 3);
        for (const id of ids.filter(fails)) expect(kept).toHaveProperty([`/orders/${id}`]);

        const roots = spans.filter(({ kind }) => kind === 'SERVER');
        const failed = roots.filter(({ status }) => status.code === 'ERROR');
        const count = (some: ReceivedSpan[]): number =>
          some.reduce((sum, { traceState }) => sum + adjustedCount(traceState)!, 0);
        // All that failed stand for themselves; 900 others, of which a tenth is there: ±5 standard deviations of the estimate.
        expect(failed).toHaveLength(100);
        expect(count(failed)).toBe(100);
        expect(Math.abs(count(roots) - 1_000)).toBeLessThan(450);
        expect(
          new Set(roots.filter((root) => !failed.includes(root)).map(({ traceState }) => traceState)).size,
        ).toBe(1);
      }, 90_000);

      it('lets the app record on a span that is held, and sends the sampler’s decision on', async () => {
        const { get, end } = await start('status:418');
        arrived = [];
        const seen = await get('/seen?status=418', { 'x-target': nextUrl });
        const spans = await end();
        const root = rootOf(spans, '/seen');
        expect(JSON.parse(seen)).toMatchObject({
          traceId: root.traceId,
          spanId: root.spanId,
          traceFlags: 2,
          recording: true,
        });
        const call = spans.find(({ kind }) => kind === 'CLIENT')!;
        expect(arrived.map(({ traceparent }) => traceparent)).toEqual([
          `00-${call.traceId}-${call.spanId}-02`,
        ]);
        expect(arrived[0]!.tracestate).toBeUndefined();
      });

      it('does not hold what is sampled for sure, or with a probability that nobody knows', async () => {
        const { app, receiver, get, end } = await start('errors');
        for (const state of ['ot=th:0', 'vendor=value']) {
          const answer = get(`/steps/1?wait=1&name=${state}`, parent('01', state));
          await app.line(({ steps }) => steps !== undefined);
          // Its root has not ended.
          await receiver.waitFor((spans) => spans.some(({ name }) => name === 'step 0'));
          receiver.clear();
          await get('/answer');
          await answer;
          await receiver.waitFor((spans) => rootOf(spans, '/steps/1')?.traceState === state);
          receiver.clear();
        }
        expect(await end()).toEqual([]);
      });

      it('decides by itself below a caller who has dropped the trace, or kept one of two, and adds to what the caller’s tracestate says', async () => {
        const { get, end } = await start('errors');
        await get('/orders/dropped-bad?status=500', parent('00', 'vendor=value,ot=rv:c8eb211c80319c'));
        await get('/orders/dropped-fine?status=200', parent('00'));
        await get('/orders/half-bad?status=500', parent('01', 'vendor=value,ot=th:8;rv:c8eb211c80319c'));
        await get('/orders/half-fine?status=200', parent('01', 'vendor=value,ot=th:8;rv:c8eb211c80319c'));
        const spans = await end();
        const states = spans
          .filter(({ kind }) => kind === 'SERVER')
          .map(({ attributes, traceState, parentSpanId }) => {
            expect(parentSpanId).toBe('b7ad6b7169203331');
            return [attributes['url.path'], traceState, adjustedCount(traceState)];
          });
        expect(states).toEqual([
          ['/orders/dropped-bad', 'ot=rv:c8eb211c80319c;th:0,vendor=value', 1],
          ['/orders/half-bad', 'ot=rv:c8eb211c80319c;th:0,vendor=value', 1],
          ['/orders/half-fine', 'vendor=value,ot=th:8;rv:c8eb211c80319c', 2],
        ]);
        expect(spans).toHaveLength(9);
      });

      it('holds nothing of what is denied: `b3: 0`', async () => {
        const { get, end } = await start('errors', { ...OFF, OTEL_PROPAGATORS: 'b3' });
        await get('/orders/denied?status=500', { b3: '0' });
        await get('/orders/asked?status=500', { b3: `${TRACE}-b7ad6b7169203331-0` });
        expect(Object.keys(traces(await end()))).toEqual(['/orders/asked']);
      });

      it('with errors:any keeps a trace in which any span has failed', async () => {
        const { get, end } = await start('errors:any');
        await get('/orders/fine');
        await get('/orders/child?child=fails');
        await get('/orders/bad?status=500');
        expect(Object.keys(traces(await end())).sort()).toEqual(['/orders/bad', '/orders/child']);
      });

      it('with rate keeps so many a second of those that match, and says of none how many it stands for', async () => {
        const { get, end } = await start('errors, rate:3/s');
        const startMs = performance.now();
        await Promise.all(Array.from({ length: 50 }, (_, id) => get(`/orders/${id}?status=500`)));
        const seconds = (performance.now() - startMs) / 1_000;
        const spans = await end();
        const kept = Object.values(traces(spans));
        expect(kept.length).toBeGreaterThanOrEqual(3);
        expect(kept.length).toBeLessThanOrEqual(3 + 3 * Math.ceil(seconds));
        expect(kept.length).toBeLessThan(50);
        for (const below of kept) expect(below).toHaveLength(2);
        expect(spans.filter(({ traceState }) => traceState !== undefined)).toEqual([]);
      });

      describe('decides before the end, by what is known by then, and says so once', () => {
        const line = (bound: string): string =>
          `foretrace: FORETRACE_KEEP decides on a trace before its end, by what is known of it: it holds ${bound} at most; said once\n`;

        it('on a trace of more than 1,000 spans', async () => {
          const { get, end } = await start('errors:any');
          await get('/steps/999');
          await get('/steps/1000');
          await get('/steps/1001?fails=1&status=200');
          await get('/steps/1002');
          const spans = await end(line('1000 spans of a trace'));
          const kept = Object.entries(traces(spans)).map(([path, below]) => [path, below.length]);
          expect(kept).toEqual([
            ['/steps/999', 999],
            ['/steps/1001', 1_001],
          ]);
          expect(new Set(spans.map(({ traceState }) => traceState))).toEqual(new Set(['ot=th:0']));
        });

        it.each([
          ['10000 spans', 990, 0, 11],
          ['16 MiB of spans', 50, 60_000, 6],
        ])('on the oldest traces beyond %s', async (bound, count, size, requests) => {
          const { app, get, end } = await start('errors');
          const answers: Promise<string>[] = [];
          for (let i = 0; i < requests; i++) {
            answers.push(
              get(`/steps/${count}?wait=1&size=${size}&name=${i}`, { 'user-agent': `number ${i}` }),
            );
            await app.line(({ steps }) => steps === String(i));
          }
          await get('/answer');
          await Promise.all(answers);
          const spans = await end(line(bound));
          const numbers = spans
            .filter(({ kind }) => kind === 'SERVER')
            .map(({ attributes }) => attributes['user_agent.original']);
          expect(numbers).toEqual(Array.from({ length: requests - 1 }, (_, i) => `number ${i + 1}`));
          expect(spans).toHaveLength((requests - 1) * (count + 1));
        });
      });

      it.each([
        ['process.exit()', '/exit', 3, 'process_exit'],
        ['an uncaught error', '/crash', 1, undefined],
        ['a signal', undefined, null, 'SIGTERM'],
      ])('decides on what is being served at the end of the process: %s', async (_, path, code, reason) => {
        const receiver = await startReceiver();
        const app = runApp({ file: 'keep/shop.mjs', receiver, env: { ...OFF, FORETRACE_KEEP: 'errors' } });
        const url = await app.url('');
        await (await fetch(`${url}/orders/fine`)).text();
        const hanging = fetch(`${url}/steps/3?wait=1&name=hangs`).catch(() => {});
        await app.line(({ steps }) => steps === 'hangs');
        if (path === undefined) {
          // The app's own listener would end it in its own way.
          app.child.kill('SIGHUP');
        } else await fetch(url + path).catch(() => {});
        const exit = await app.exited;
        await hanging;
        expect(exit.code).toBe(code);
        const spans = receiver.spans();
        await receiver.close();
        const kept = traces(spans);
        expect(kept['/steps/3']).toEqual(['step 0', 'step 1', 'step 2']);
        expect(kept).not.toHaveProperty(['/orders/fine']);
        expect(rootOf(spans, '/steps/3').attributes).toMatchObject({ 'foretrace.unfinished': true });
        if (path === '/crash') {
          expect(kept['/crash']).toEqual(['GET order:crash']);
          expect(rootOf(spans, path)).toMatchObject({ status: { code: 'ERROR' } });
        } else if (path === undefined) expect(exit.signal).toBe('SIGHUP');
        if (reason === 'process_exit') {
          expect(rootOf(spans, '/steps/3').attributes['error.type']).toBe(reason);
        }
      });
    });
  });

  it('is for jobs too: the consumer’s span is the local root', async () => {
    const receiver = await startReceiver();
    // What the queue itself asks of Redis outside of any job may fail and be asked again.
    const env = { ...OFF, FORETRACE_KEEP: 'errors', FORETRACE_ROOT_CLIENT_SPANS: 'off' };
    const app = runApp({ file: 'keep/jobs.cjs', receiver, env });
    expect(await app.exited).toMatchObject({ code: 0, stderr: '' });
    const spans = receiver.spans();
    await receiver.close();
    const jobs = spans.filter(({ kind }) => kind === 'CONSUMER');
    expect(jobs.map(({ status }) => status.code)).toEqual(['ERROR', 'ERROR']);
    for (const { traceId } of jobs) {
      const texts = spans
        .filter((span) => span.traceId === traceId)
        .map(({ attributes }) => attributes['db.query.text']);
      expect(texts).toContainEqual(expect.stringMatching(/^GET job:[38]$/));
    }
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(2);
    expect(new Set(spans.map(({ traceState }) => traceState))).toEqual(new Set(['ot=th:0']));
  });

  it('is for HTTP/2 too, with both APIs of its server', async () => {
    const receiver = await startReceiver();
    const app = runApp({ file: 'keep/http2.mjs', receiver, env: { ...OFF, FORETRACE_KEEP: 'errors' } });
    const session = http2.connect(await app.url(''));
    for (const path of ['/compat/fine', '/compat/bad', '/stream/fine', '/stream/bad']) {
      await new Promise<void>((resolve, reject) => {
        session.request({ ':path': path }).on('error', reject).on('close', resolve).resume().end();
      });
    }
    session.close();
    await receiver.waitFor(4);
    await app.stop();
    expect(traces(receiver.spans())).toEqual({
      '/compat/bad': ['inside /compat/bad'],
      '/stream/bad': ['inside /stream/bad'],
    });
    await receiver.close();
  });

  it('holds and decides on each worker thread by itself, also when it ends', async () => {
    const receiver = await startReceiver();
    const app = runApp({ file: 'keep/threads.mjs', receiver, env: { ...OFF, FORETRACE_KEEP: 'errors' } });
    const url = await app.url('');
    for (const path of ['/fine', '/bad']) await (await fetch(url + path)).text();
    const hanging = fetch(`${url}/hang`).catch(() => {});
    await app.line(({ got }) => got === '/hang');
    await fetch(`${url}/exit`).catch(() => {});
    await hanging;
    expect(await app.exited).toMatchObject({ code: 0, stderr: '' });
    expect(traces(receiver.spans())).toEqual({
      '/bad': ['inside /bad'],
      '/hang': ['inside /hang'],
      '/exit': ['inside /exit'],
    });
    await receiver.close();
  });

  it.each([
    ['errors, eror', 'has "eror", which is not one of', ': the rest holds'],
    ['slow', 'has "slow", which is not one of', ': nothing is kept by it'],
    ['slow:500', 'has "slow:500", which is not one of', ': nothing is kept by it'],
    [
      'status:6xx, attr:=x, errors:all',
      'has "status:6xx", "attr:=x", "errors:all", which',
      ': nothing is kept by it',
    ],
    ['rate:5/s', 'limits what no condition keeps, it is ignored', ''],
    ['errors, rate:0/s', 'has "rate:0/s", which is not one of', ': the rest holds'],
  ])('says in one line what is wrong with %s', async (keep, problem, instead) => {
    const app = runApp({ eval: '', env: { OTEL_TRACES_EXPORTER: 'console', FORETRACE_KEEP: keep } });
    const { stderr, code } = await app.exited;
    expect(code).toBe(0);
    expect(stderr).toMatch(/^foretrace: FORETRACE_KEEP="[^\n]*\n$/);
    expect(stderr).toContain(`FORETRACE_KEEP=${JSON.stringify(keep)} ${problem}`);
    expect(stderr.endsWith(`${instead}\n`)).toBe(true);
  });
});
