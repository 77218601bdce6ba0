/** dd-trace loaded second. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startReceiver } from '../../support/receiver.ts';
import { ROOT, runApp } from '../../support/run-app.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';

it('dd-trace and foretrace trace side by side: each header goes out once, foretrace’s trace is whole', async () => {
  const raw: string[] = [];
  const backend = createServer((req, res) => {
    raw.push(...req.rawHeaders.map((one) => one.toLowerCase()));
    res.end('answer');
  });
  await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve));
  const receiver = await startReceiver();
  const app = runApp({
    file: join(ROOT, 'test/beside/real/dd-trace-app.cjs'),
    receiver,
    env: { BACKEND: `http://127.0.0.1:${(backend.address() as AddressInfo).port}` },
  });
  const headers = { traceparent: `00-${TRACE}-${PARENT}-01` };
  for (const path of ['/items/7', '/failing/7']) await (await fetch(await app.url(path), { headers })).text();
  // Its own requests, to an agent that is not there, are spans of other traces.
  const isOurs = ({ traceId }: { traceId: string }): boolean => traceId === TRACE;
  await expect.poll(() => receiver.spans().filter(isOurs).length, { timeout: 20_000 }).toBe(3);
  const { stderr } = await app.stop();
  await receiver.close();
  await new Promise((resolve) => backend.close(resolve));

  const spans = receiver.spans().filter(isOurs);
  const [items] = spans.filter(({ name }) => name === 'GET /items/:id');
  const [call] = spans.filter(({ kind }) => kind === 'CLIENT');
  expect(items).toMatchObject({ kind: 'SERVER', parentSpanId: PARENT });
  expect(call).toMatchObject({ name: 'GET', parentSpanId: items.spanId });
  expect(spans.find(({ name }) => name === 'GET /failing/:id')).toMatchObject({
    status: { code: 'ERROR' },
    events: [{ attributes: { 'exception.type': 'TypeError' } }],
  });
  expect(raw.filter((one) => one === 'traceparent')).toHaveLength(1);
  expect(raw).toContain(`00-${TRACE}-${call.spanId}-01`);
  expect(stderr).not.toContain('foretrace:');
});
