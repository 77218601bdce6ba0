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

  it.skipIf(process.platform !== 'linux')(
    'hands its queue on to the threads that start after it',
    async () => {
      const receiver = await startReceiver();
      const { port } = server.address() as AddressInfo;
      const env = {
        PORT: String(port),
        FORETRACE_MAX_QUEUE_BYTES: String(48 * 1024 * 1024),
        OTEL_BSP_SCHEDULE_DELAY: '10',
      };
      const app = runApp({ file: 'core/worker-reload.cjs', receiver, env, stdin: true });
      const rooms: number[] = [];
      for (let number = 0; number < 12; number++) {
        app.send(number);
        rooms.push((await app.line(({ over }) => over === number)).rooms);
        await receiver.waitFor(number + 1);
      }
      expect(receiver.spans().map(({ attributes }) => attributes['url.full'])).toEqual(
        Array.from({ length: 12 }, (_, number) => `http://127.0.0.1:${port}/worker-${number}`),
      );
      // A few in turn, not one for each.
      expect(rooms[0]).toBeGreaterThan(0);
      expect(Math.max(...rooms)).toBeLessThanOrEqual(rooms[0]! + 3);
      expect(await app.stop()).toMatchObject({ stderr: '' });
      await receiver.close();
    },
  );
});
