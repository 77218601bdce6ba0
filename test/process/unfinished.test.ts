/** Requests that are being served when the process ends: their spans are sent as well, and say so. */
import { expect, it } from 'vitest';
import type { ReceivedSpan } from '../support/otlp.ts';
import { startReceiver } from '../support/receiver.ts';
import { runApp } from '../support/run-app.ts';

const app = (start = ''): string => `
  const http = require('http');
  ${start}
  const server = http.createServer((req, res) => {
    if (req.url === '/ok') res.end('ok');
    else if (req.url === '/exit') process.exit(3);
    else if (req.url === '/crash') throw new RangeError('boom');
    else if (req.url === '/stream') res.writeHead(200).write('first');
    console.log(req.url);
  });
  server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port })));
`;

const outcome = ({ attributes, status }: ReceivedSpan): unknown[] => [
  attributes['url.path'],
  status.code,
  attributes['error.type'],
  attributes['foretrace.unfinished'],
  attributes['http.response.status_code'],
];

async function run(
  code: string,
  paths: string[],
  end: 'SIGTERM' | string,
): Promise<{ spans: unknown[][]; exit: object }> {
  const receiver = await startReceiver();
  const child = runApp({ eval: code, receiver });
  const url = await child.url('');
  for (const path of paths) {
    const answer = fetch(`${url}${path}`).catch(() => {});
    if (path === '/ok') await answer;
    else await child.line((line) => line === path);
  }
  // The first spans are there: from then on the agent minds signals.
  await receiver.waitFor(1);
  if (end.startsWith('/')) await fetch(`${url}${end}`).catch(() => {});
  const { code: exitCode, signal } = await (end.startsWith('/') ? child.exited : child.stop('SIGTERM'));
  const spans = receiver.spans().filter(({ kind }) => kind === 'SERVER');
  await receiver.close();
  return { spans: spans.map(outcome), exit: { code: exitCode, signal } };
}

const OK = ['/ok', 'UNSET', undefined, undefined, 200];
const unfinished = (path: string, reason: string): unknown[] => [path, 'ERROR', reason, true, undefined];

it('sends them when a signal ends the process, the oldest first', async () => {
  expect(await run(app(), ['/ok', '/hang', '/stream', '/ok'], 'SIGTERM')).toEqual({
    spans: [OK, OK, unfinished('/hang', 'SIGTERM'), unfinished('/stream', 'SIGTERM')],
    exit: { code: null, signal: 'SIGTERM' },
  });
});

it("sends them when the app's own listener ends the process", async () => {
  const own = "process.on('SIGTERM', () => process.exit(7));";
  expect(await run(app(own), ['/ok', '/hang'], 'SIGTERM')).toEqual({
    spans: [OK, unfinished('/hang', 'process_exit')],
    exit: { code: 7, signal: null },
  });
});

it('sends them when a handler calls process.exit()', async () => {
  expect(await run(app(), ['/ok', '/hang'], '/exit')).toEqual({
    spans: [OK, unfinished('/hang', 'process_exit'), unfinished('/exit', 'process_exit')],
    exit: { code: 3, signal: null },
  });
});

it('tells them from the request that the process died of', async () => {
  expect(await run(app(), ['/ok', '/hang'], '/crash')).toEqual({
    spans: [OK, ['/crash', 'ERROR', 'RangeError', undefined, undefined], unfinished('/hang', 'process_exit')],
    exit: { code: 1, signal: null },
  });
});
