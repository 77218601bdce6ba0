import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import { startReceiver } from '../support/receiver.ts';
import { runApp } from '../support/run-app.ts';

const LINE =
  'foretrace: 10 requests and no route: no web framework that foretrace knows has served them, so their spans are named after the method alone\n';

/** Serves requests to itself, some of which find nothing. */
const app = (server: string): string => `
  const { createServer } = require('http');
  const listener = ${server};
  const server = createServer(listener).listen(0, '127.0.0.1', async () => {
    const { port } = server.address();
    for (let i = 0; i < 25; i++) await fetch('http://127.0.0.1:' + port + (i % 2 ? '/none' : '/found')).then((answer) => answer.text());
    server.closeAllConnections();
    server.close();
  });
`;
const BARE = "(req, res) => { res.statusCode = req.url === '/found' ? 200 : 404; res.end(); }";
const EXPRESS = `require('${createRequire(import.meta.url).resolve('express')}')().get('/found', (req, res) => res.end())`;

it.each([
  ['one line when there is no framework', BARE, 'debug', LINE],
  ['nothing at the usual level', BARE, undefined, ''],
  ['nothing where a framework has told a route', EXPRESS, 'debug', ''],
])('%s', async (_, server, level, expected) => {
  const receiver = await startReceiver();
  const exit = await runApp({ eval: app(server), receiver, env: { OTEL_LOG_LEVEL: level } }).exited;
  expect(exit).toMatchObject({ code: 0 });
  expect(exit.stderr.split(/(?<=\n)/).filter((line) => line.includes('no route'))).toEqual(
    expected === '' ? [] : [expected],
  );
  expect(receiver.spans().filter(({ kind }) => kind === 'SERVER')).toHaveLength(25);
  await receiver.close();
});
