/** An exception in a request that the app's own `uncaughtException` listener takes: the span is not cut short, and not lost. */
import { expect, it } from 'vitest';
import { startReceiver } from '../support/receiver.ts';
import { runApp } from '../support/run-app.ts';

const app = (listener: string): string => `
  const http = require('http');
  let pending;
  process.on('uncaughtException', (error) => { ${listener} });
  const server = http.createServer((req, res) => {
    pending = res;
    setImmediate(() => { throw new RangeError('late'); });
  });
  server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port })));
`;

it('records the exception when the listener ends the process', async () => {
  const receiver = await startReceiver();
  const child = runApp({ eval: app('process.exit(3)'), receiver });
  await fetch(await child.url('/')).catch(() => {});
  expect((await child.exited).code).toBe(3);
  const [span, ...others] = receiver.spans().filter(({ kind }) => kind === 'SERVER');
  expect(others).toEqual([]);
  expect(span).toMatchObject({
    name: 'GET',
    status: { code: 'ERROR' },
    attributes: { 'error.type': 'RangeError' },
  });
  expect(span.attributes).not.toHaveProperty('http.response.status_code');
  expect(span.events.map(({ name, attributes }) => [name, attributes['exception.message']])).toEqual([
    ['exception', 'late'],
  ]);
  await receiver.close();
});

it('records the answer when the listener gives one', async () => {
  const receiver = await startReceiver();
  const child = runApp({ eval: app("pending.statusCode = 500; pending.end('sorry')"), receiver });
  expect((await fetch(await child.url('/'))).status).toBe(500);
  const [span] = await receiver.waitFor(1);
  expect(span).toMatchObject({ attributes: { 'error.type': '500', 'http.response.status_code': 500 } });
  expect(span.events.map(({ name }) => name)).toEqual(['exception']);
  await child.stop();
  await receiver.close();
});
