/** Sentry 8 to 11 in the app, with a DSN on this machine. */
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startReceiver } from '../../support/receiver.ts';
import { ROOT, runApp } from '../../support/run-app.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';

let backend: Server;
let seen: { url: string; body: string; headers: IncomingHttpHeaders; raw: string[] }[] = [];
beforeAll(async () => {
  backend = createServer(async (req, res) => {
    let body = '';
    for await (const chunk of req) body += chunk;
    seen.push({ url: req.url!, body, headers: req.headers, raw: req.rawHeaders });
    res.end('{}');
  });
  await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve));
});
afterAll(() => new Promise((resolve) => backend.close(resolve)));

describe.each([8, 9, 10, 11])('Sentry %i', (version) => {
  it('has one server span around what the handler does, one client span a call, one header, its errors, one line', async () => {
    seen = [];
    const receiver = await startReceiver();
    const { port } = backend.address() as AddressInfo;
    const app = runApp({
      file: join(ROOT, 'test/beside/real/sentry-app.cjs'),
      receiver,
      env: {
        SENTRY: String(version),
        DSN: `http://key@127.0.0.1:${port}/1`,
        BACKEND: `http://127.0.0.1:${port}`,
      },
    });
    const headers = { traceparent: `00-${TRACE}-${PARENT}-01` };
    for (const path of ['/items/7', '/failing/7'])
      await (await fetch(await app.url(path), { headers })).text();
    // Sentry's error is on its way when the answer has come.
    await expect
      .poll(() => seen.some(({ body }) => body.includes('nothing there')), { timeout: 20_000 })
      .toBe(true);
    const spans = await receiver.waitFor(5);
    const { stderr } = await app.stop();
    await receiver.close();

    const servers = spans.filter(({ kind }) => kind === 'SERVER');
    expect(servers).toMatchObject([
      { name: 'GET /items/:id', scope: { name: 'foretrace.http' }, traceId: TRACE, parentSpanId: PARENT },
      { name: 'GET /failing/:id', scope: { name: 'foretrace.http' }, traceId: TRACE, parentSpanId: PARENT },
    ]);
    // All else is below them.
    const ids = new Set(spans.map(({ spanId }) => spanId));
    const elsewhere = spans.filter((span) => span.kind !== 'SERVER' && !ids.has(span.parentSpanId ?? ''));
    expect(elsewhere.map(({ name }) => name)).toEqual([]);
    // Header values were not asked for.
    expect(JSON.stringify(spans.map(({ attributes }) => attributes))).not.toContain('.header.');

    for (const path of ['/fetched', '/got']) {
      const [request, ...others] = seen.filter(({ url }) => url === path);
      expect(others).toEqual([]);
      expect(request.raw.filter((one) => one.toLowerCase() === 'traceparent')).toHaveLength(1);
      const calls = spans.filter(
        ({ kind, attributes }) => kind === 'CLIENT' && String(attributes['url.full']).endsWith(path),
      );
      expect(calls.map(({ spanId }) => `00-${TRACE}-${spanId}-01`)).toEqual([request.headers.traceparent]);
    }
    const lines = stderr.split('\n').filter((line) => line.startsWith('foretrace:'));
    // From 11 on Sentry has no part of OpenTelemetry by default.
    expect(lines).toHaveLength(version < 11 ? 1 : 0);
  });
});
