import { describe, expect, it } from 'vitest';
import { startReceiver } from '../support/receiver.ts';
import { runApp } from '../support/run-app.ts';

describe('the agent', () => {
  it.each(['on', 'off'])('makes no spans of its own requests with the export thread %s', async (thread) => {
    const receiver = await startReceiver();
    const app = runApp({ file: 'core/manual.cjs', receiver, env: { FORETRACE_EXPORT_THREAD: thread } });
    for (let i = 0; i < 3; i++) {
      await fetch(await app.url('/plain'));
      await receiver.waitFor(i + 1);
    }
    expect(await app.stop()).toMatchObject({ code: 0, stderr: '' });
    expect(receiver.requests.length).toBeGreaterThan(1);
    expect(receiver.spans().map(({ name, kind }) => [name, kind])).toEqual(
      Array.from({ length: 3 }, () => ['GET', 'SERVER']),
    );
    await receiver.close();
  });

  it.each(['http: a handler that throws', 'http: an async handler that rejects'])(
    'sends the span of the request that ends the process: %s',
    async (name) => {
      const receiver = await startReceiver();
      const app = runApp({ file: 'core/outcomes.cjs', args: [name], receiver });
      expect((await app.exited).code).toBe(1);
      const server = receiver.spans().find(({ kind }) => kind === 'SERVER');
      expect(server).toMatchObject({
        name: 'GET',
        status: { code: 'ERROR' },
        attributes: { 'error.type': 'TypeError' },
        events: [
          {
            name: 'exception',
            attributes: { 'exception.type': 'TypeError', 'exception.message': 'handler' },
          },
        ],
      });
      await receiver.close();
    },
  );
});
