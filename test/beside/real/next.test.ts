/** Next.js for real: built, then served by `next start` and as the standalone server. */
import { cpSync, existsSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ExpectedSpan, expectTrace } from '../../support/expect-trace.ts';
import { type Receiver, startReceiver } from '../../support/receiver.ts';
import { type App, ROOT, runApp } from '../../support/run-app.ts';

const REAL = join(ROOT, 'test/beside/real');
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';

let backend: Server;
let seen: (string | undefined)[] = [];
beforeAll(async () => {
  backend = createServer((req, res) => {
    seen.push(req.headers.traceparent as string | undefined);
    res.end('of the backend');
  });
  await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve));
});
afterAll(() => new Promise((resolve) => backend.close(resolve)));

/** A port that was free a moment ago: Next.js is told one and prints it in words only. */
async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

describe.each([15, 16])('Next.js %i', (version) => {
  const folder = join(REAL, `next-${version}`);
  beforeAll(() => {
    for (const old of ['app', 'pages', 'middleware.js', 'proxy.js', '.next'])
      rmSync(join(folder, old), { recursive: true, force: true });
    cpSync(join(REAL, 'next-app'), folder, { recursive: true });
    rmSync(join(folder, version === 15 ? 'proxy.js' : 'middleware.js'));
  });

  it('is built without a span and without a word', async () => {
    const receiver = await startReceiver();
    const env = {
      NODE_OPTIONS: `--import ${pathToFileURL(join(ROOT, 'register.mjs')).href}`,
      NEXT_TELEMETRY_DISABLED: '1',
    };
    const file = join(folder, 'node_modules/next/dist/bin/next');
    const build = runApp({ file, args: ['build'], agent: 'none', cwd: folder, env, receiver });
    const { code, stdout, stderr } = await build.exited;
    const spans = receiver.spans();
    await receiver.close();
    expect({ code, spans }).toEqual({ code: 0, spans: [] });
    expect(stdout + stderr).not.toContain('foretrace');
  }, 300_000);

  describe.each(['next start', 'standalone'])('%s', (how) => {
    let receiver: Receiver;
    let app: App;
    let url: string;
    beforeAll(async () => {
      const port = await freePort();
      url = `http://127.0.0.1:${port}`;
      receiver = await startReceiver();
      const standalone = how === 'standalone';
      const file = join(
        folder,
        standalone ? '.next/standalone/server.js' : 'node_modules/next/dist/bin/next',
      );
      expect(existsSync(file)).toBe(true);
      app = runApp({
        file,
        args: standalone ? [] : ['start', '-p', String(port), '-H', '127.0.0.1'],
        cwd: folder,
        receiver,
        env: {
          PORT: String(port),
          HOSTNAME: '127.0.0.1',
          NODE_ENV: 'production',
          NEXT_TELEMETRY_DISABLED: '1',
          BACKEND: `http://127.0.0.1:${(backend.address() as AddressInfo).port}`,
        },
      });
      await app.line((line) => /Ready in/.test(String(line)));
      // The first request loads what all need.
      await (await fetch(`${url}/nowhere`)).text();
      await receiver.waitFor(1);
    }, 60_000);
    afterAll(async () => {
      await app.stop();
      const lines = app.stderr.split('\n').filter((line) => line.startsWith('foretrace:'));
      expect(lines).toEqual([
        expect.stringContaining(
          'Next.js bundles ioredis, which is not traced so; serverExternalPackages: ["ioredis"]',
        ),
      ]);
      await receiver.close();
    });

    /** The spans of one request, whose first is that of foretrace. */
    async function request(
      path: string,
      children: ExpectedSpan[],
      root: Partial<ExpectedSpan>,
    ): Promise<void> {
      receiver.clear();
      seen = [];
      const headers = { traceparent: `00-${TRACE}-${PARENT}-01` };
      await (await fetch(url + path, { headers })).text();
      const middleware = version === 16 ? [{ name: 'middleware GET', kind: 'INTERNAL' as const }] : [];
      const wanted = [
        {
          kind: 'SERVER' as const,
          scope: 'foretrace.http',
          traceId: TRACE,
          parentSpanId: PARENT,
          ...root,
          children: [...middleware, ...children],
        } as ExpectedSpan,
      ];
      const count = (spans: ExpectedSpan[]): number =>
        spans.reduce((sum, span) => sum + 1 + count(span.children ?? []), 0);
      expectTrace(await receiver.waitFor(count(wanted)), wanted, { attributes: 'subset' });
      const calls = receiver.spans().filter(({ kind }) => kind === 'CLIENT');
      expect(seen).toEqual(calls.map(({ spanId }) => `00-${TRACE}-${spanId}-01`));
    }

    const call: ExpectedSpan = { name: 'GET', kind: 'CLIENT', scope: 'foretrace.undici' };
    const within = (name: string, more: Partial<ExpectedSpan> = {}): ExpectedSpan => ({
      name,
      kind: 'INTERNAL',
      scope: 'next.js',
      ...more,
    });
    const routed = (route: string, more: Partial<ExpectedSpan> = {}): Partial<ExpectedSpan> => ({
      name: `GET ${route}`,
      attributes: { 'http.route': route, 'http.response.status_code': 200 },
      ...more,
    });
    const failed = (route: string): Partial<ExpectedSpan> => ({
      name: `GET ${route}`,
      attributes: { 'http.route': route, 'http.response.status_code': 500 },
      status: { code: 'ERROR' },
      events: ['exception'],
    });
    const handler = (route: string): string =>
      `executing api route (app) ${version === 15 ? `${route}/route` : route}`;

    it('a page of the app router', () =>
      request(
        '/items/7',
        [within('render route (app) /items/[id]', { children: [call] })],
        routed('/items/[id]'),
      ));

    it('a page that fails', () =>
      request(
        '/broken/7',
        [
          within('render route (app) /broken/[id]', {
            status: { code: 'ERROR', message: expect.any(String) },
          }),
        ],
        failed('/broken/[id]'),
      ));

    it('a route handler', () =>
      request('/things/7', [within(handler('/things/[id]'), { children: [call] })], routed('/things/[id]')));

    it('a route handler that fails', () =>
      request(
        '/failing/7',
        [within(handler('/failing/[id]'), { status: { code: 'ERROR', message: 'too far' } })],
        failed('/failing/[id]'),
      ));

    it('a page of the pages router', () =>
      request(
        '/old/7',
        [
          within('getServerSideProps /old/[id]', { children: [call] }),
          within('render route (pages) /old/[id]'),
        ],
        routed('/old/[id]'),
      ));

    it('a route handler whose library is bundled', () =>
      request('/cached/7', [within(handler('/cached/[id]'))], routed('/cached/[id]')));

    it('an API route', () =>
      request(
        '/api/old/7',
        [within('executing api route (pages) /api/old/[id]', { children: [call] })],
        routed('/api/old/[id]'),
      ));

    it('a page that is not there has no route', () =>
      request('/nowhere', [], { name: 'GET', attributes: { 'http.response.status_code': 404 } }));
  });
});
