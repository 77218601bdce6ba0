import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startReceiver } from '../support/receiver.ts';
import { runApp } from '../support/run-app.ts';

const server = createServer((_, response) => response.end('ok'));

beforeAll(() => new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve)));
afterAll(() => new Promise((resolve) => void server.close(resolve)));

describe('a worker thread of an app', () => {
  it.each(['core/worker.mjs', 'core/worker.cjs'])(
    'is traced, and loses nothing when it exits: %s',
    async (file) => {
      const receiver = await startReceiver();
      const { port } = server.address() as AddressInfo;
      const app = runApp({ file, receiver, env: { PORT: String(port) } });
      expect(await app.exited).toMatchObject({ code: 0, stdout: 'worker over\n', stderr: '' });
      expect(receiver.spans().map(({ name, attributes }) => [name, attributes['url.full']])).toEqual([
        ['GET', `http://127.0.0.1:${port}/from-worker`],
      ]);
      await receiver.close();
    },
  );
});
