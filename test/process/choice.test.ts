/** What a choice of libraries means to an app: a name brings all that it takes to trace what it stands for. */
import { describe, expect, it } from 'vitest';
import { mixingDbKit, over } from '../kit/mixing-db.ts';
import { operations, underParent } from '../kit/operations.ts';
import { inMatrix, LIBRARIES } from '../support/libraries.ts';
import { POSTGRESQL } from '../support/postgresql.ts';
import { startReceiver } from '../support/receiver.ts';
import { REDIS_URL } from '../support/redis.ts';
import { runApp } from '../support/run-app.ts';
import { describeWith } from '../support/services.ts';

const only = (names: string) => ({ OTEL_NODE_ENABLED_INSTRUMENTATIONS: names });
const without = (names: string) => ({ OTEL_NODE_DISABLED_INSTRUMENTATIONS: names });

await describeWith('postgresql', 'pg alone', () => {
  mixingDbKit({
    title: 'its pool included',
    library: 'pg',
    server: POSTGRESQL,
    fixture: { env: { ...POSTGRESQL.env, ...only('pg') } },
    ways: over(['promise', 'callback', 'lent'], ['pool of 1']),
  });
});

// The version matrix has one library at a time.
describe.skipIf(inMatrix)('the route of a framework', () => {
  it.each<
    [title: string, file: string, path: string, env: Record<string, string>, route: string | undefined]
  >([
    ['Express 5 by http,express,pg', 'express.cjs', '/users/7', only('http,express,pg'), '/users/:id'],
    ['Express 5 without router', 'express.cjs', '/users/7', without('router'), '/users/:id'],
    ['Express 5 without express', 'express.cjs', '/users/7', without('express'), undefined],
    ['Koa by http,koa', 'koa.cjs', '/users/7', only('http,koa'), '/users/:id'],
    ['Koa without koa', 'koa.cjs', '/users/7', without('koa'), undefined],
  ])('%s', async (_, file, path, env, route) => {
    const receiver = await startReceiver();
    const app = runApp({ file, receiver, env, cwd: LIBRARIES });
    await (await fetch(await app.url(path))).text();
    const { stderr } = await app.stop();
    const found = receiver.spans().map(({ kind, attributes }) => [kind, attributes['http.route']]);
    await receiver.close();
    expect({ stderr, found }).toEqual({ stderr: '', found: [['SERVER', route]] });
  });
});

await describeWith('redis', 'node-redis 4 and later', () => {
  describe.skipIf(inMatrix).each<[title: string, env: Record<string, string>, isTraced: boolean]>([
    ['traced by redis alone', only('redis'), true],
    ['traced by redis-4 alone', only('redis-4'), true],
    ['not traced without redis', without('redis'), false],
    ['not traced by ioredis alone', only('ioredis'), false],
  ])('%s', (_, env, isTraced) => {
    const kit = operations({ file: 'redis.cjs', env: { REDIS_URL, ...env }, cwd: LIBRARIES });

    it('by commands', async () => {
      expect(await kit.run('run', { style: 'promise', args: ['get', 'kit:none'] })).toBeNull();
      await kit.expectSpans(underParent(isTraced ? [{ name: 'GET', kind: 'CLIENT' }] : []));
      expect(kit.app.stderr).toBe('');
    });
  });
});
