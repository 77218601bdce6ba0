import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MANY } from '../kit/harness.ts';
import { expectOwnParents, operations, underParent } from '../kit/operations.ts';
import { type ExpectedSpan, optional } from '../support/expect-trace.ts';
import { libraryVersion } from '../support/libraries.ts';
import {
  noRedisServer,
  type RedisCluster,
  type RedisSentinel,
  startRedisCluster,
  startRedisSentinel,
} from '../support/redis-cluster.ts';

const why = noRedisServer();
const describeIf = why && process.env.CI !== 'true' ? describe.skip : describe;
const note = why ? ` [${why}]` : '';
const span = (operation: string, text: string, port: number, more: object = {}): ExpectedSpan => ({
  name: operation,
  kind: 'CLIENT',
  attributes: {
    'db.system.name': 'redis',
    'db.operation.name': operation,
    'db.namespace': '0',
    'db.query.text': text,
    'server.address': '127.0.0.1',
    'server.port': port,
    ...more,
  },
});

const [major, minor] = libraryVersion('redis')?.split('.').map(Number) ?? [0, 0];
const isFrom = (wantedMajor: number, wantedMinor: number): boolean =>
  major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);

/** node-redis before 5.5 redirects where nothing can be patched: each try is a span. */
const CLIENTS = [
  ['ioredis 6', 'ioredis'],
  ['ioredis 5', 'ioredis5'],
  ...(isFrom(5, 5) ? [[`redis ${major}`, 'redis']] : []),
];

/** node-redis leaves the redirection of a pipeline to the app, before 6.2.1 that of a transaction too. */
const redirects = (client: string, kind: string): boolean =>
  client !== 'redis' || (kind === 'MULTI' && isFrom(6, 3));

describeIf(`Redis Cluster${note}`, () => {
  let cluster: RedisCluster;
  const env: Record<string, string> = {};
  beforeAll(async () => {
    cluster = await startRedisCluster();
    env.REDIS_NODES = cluster.ports.join(',');
  }, 60_000);
  afterAll(() => cluster?.stop());

  describe.each(CLIENTS)('%s', (_, client) => {
    const kit = operations({
      file: 'redis-routed.cjs',
      get env() {
        return { ...env, REDIS_CLIENT: client };
      },
    });

    it('makes one span of the first command, none of the look-up of the nodes, with the node that answered', async () => {
      expect(await kit.run('run', { args: ['get', 'kit:first'] })).toBe(null);
      await kit.expectSpans(underParent([span('GET', 'GET kit:first', await cluster.ownerOf('kit:first'))]));
    });

    it(`gives each of ${MANY} calls, 50 at a time, its own parent and its own node`, async () => {
      const owners = await Promise.all(Array.from({ length: MANY }, (__, i) => cluster.ownerOf(`kit:${i}`)));
      await kit.many('run', { args: ['get', 'kit:{index}'] }, MANY, 50);
      await expectOwnParents(
        kit,
        MANY,
        [],
        ({ attributes }, index) =>
          attributes['db.query.text'] === `GET kit:${index}` && attributes['server.port'] === owners[index],
      );
      expect(new Set(owners).size).toBe(3);
    });

    it('makes one span of a command that is moved, with the node that answered', async () => {
      await kit.run('run', { args: ['get', 'kit:moved'] });
      await kit.collect(3);
      const port = await cluster.move('kit:moved');
      expect(await kit.run('run', { args: ['get', 'kit:moved'] })).toBe(null);
      await kit.expectSpans(underParent([span('GET', 'GET kit:moved', port)]));
    });

    it('makes one span of a command that another node is asked for', async () => {
      const port = await cluster.startMoving('kit:asked');
      expect(await kit.run('run', { args: ['get', 'kit:asked'] })).toBe(null);
      await cluster.move('kit:asked');
      await kit.expectSpans(underParent([span('GET', 'GET kit:asked', port)]));
    });

    it.each(['MULTI', 'PIPELINE'])(
      'makes one span of a batch (%s), also of one that is moved',
      async (kind) => {
        const key = `kit:{${kind}}`;
        const commands = [
          ['get', `${key}:a`],
          ['get', `${key}:b`],
        ];
        const expected = (port: number): ExpectedSpan =>
          span(`${kind} GET`, `GET ${key}:a; GET ${key}:b`, port, { 'db.operation.batch.size': 2 });
        expect(await kit.run('batch', { how: kind.toLowerCase(), commands })).toEqual([null, null]);
        await kit.expectSpans(underParent([expected(await cluster.ownerOf(key))]));
        if (!redirects(client, kind)) return;
        const port = await cluster.move(key);
        expect(await kit.run('batch', { how: kind.toLowerCase(), commands })).toEqual([null, null]);
        await kit.expectSpans(underParent([expected(port)]));
      },
    );

    it('takes an error that is no redirection for one', async () => {
      await kit.run('run', { args: ['set', 'kit:text', 'x'] });
      await kit.collect(3);
      await kit.fail('run', {
        args: client === 'redis' ? ['lPush', 'kit:text', 'x'] : ['lpush', 'kit:text', 'x'],
      });
      const error = { 'db.response.status_code': 'WRONGTYPE', 'error.type': 'WRONGTYPE' };
      await kit.expectSpans(
        underParent([
          {
            ...span('LPUSH', 'LPUSH kit:text ?', await cluster.ownerOf('kit:text'), error),
            status: { code: 'ERROR', message: optional(expect.any(String)) },
          },
        ]),
      );
    });

    it('writes nothing to stderr meanwhile', () => {
      expect(kit.app.stderr).toBe('');
    });
  });
});

describeIf(`Redis Cluster, auto-pipelining${note}`, () => {
  let cluster: RedisCluster;
  const env: Record<string, string> = { REDIS_CLIENT: 'ioredis', REDIS_AUTOPIPELINE: '1' };
  beforeAll(async () => {
    cluster = await startRedisCluster();
    env.REDIS_NODES = cluster.ports.join(',');
  }, 60_000);
  afterAll(() => cluster?.stop());
  const kit = operations({ file: 'redis-routed.cjs', env });

  it(`gives each of ${MANY} calls, 50 at a time, its own parent and its own node`, async () => {
    await kit.run('run', { args: ['get', 'kit:first'] });
    await kit.collect(3);
    const owners = await Promise.all(Array.from({ length: MANY }, (_, i) => cluster.ownerOf(`kit:${i}`)));
    await kit.many('run', { args: ['get', 'kit:{index}'] }, MANY, 50);
    await expectOwnParents(
      kit,
      MANY,
      [],
      ({ attributes }, index) =>
        attributes['db.query.text'] === `GET kit:${index}` && attributes['server.port'] === owners[index],
    );
  });
});

describeIf(`Redis Sentinel${note}`, () => {
  let sentinel: RedisSentinel;
  const env: Record<string, string> = {};
  beforeAll(async () => {
    sentinel = await startRedisSentinel();
    env.REDIS_SENTINEL = String(sentinel.port);
    env.REDIS_MASTER = sentinel.name;
  }, 60_000);
  afterAll(() => sentinel?.stop());

  describe.each(CLIENTS)('%s', (_, client) => {
    const kit = operations({
      file: 'redis-routed.cjs',
      get env() {
        return { ...env, REDIS_CLIENT: client };
      },
    });

    it('makes one span of the first command, with the master, and none of the talk with the sentinel', async () => {
      expect(await kit.run('run', { args: ['get', 'kit:none'] })).toBe(null);
      await kit.expectSpans(underParent([span('GET', 'GET kit:none', sentinel.masterPort)]));
    });

    it(`gives each of ${MANY} calls, 50 at a time, its own parent`, async () => {
      await kit.many('run', { args: ['get', 'kit:{index}'] }, MANY, 50);
      await expectOwnParents(
        kit,
        MANY,
        [],
        ({ attributes }, index) =>
          attributes['db.query.text'] === `GET kit:${index}` &&
          attributes['server.port'] === sentinel.masterPort,
      );
    });

    it.each(['MULTI', 'PIPELINE'])('makes one span of a batch (%s)', async (kind) => {
      const commands = [
        ['get', 'kit:a'],
        ['get', 'kit:b'],
      ];
      expect(await kit.run('batch', { how: kind.toLowerCase(), commands })).toEqual([null, null]);
      const size = { 'db.operation.batch.size': 2 };
      await kit.expectSpans(
        underParent([span(`${kind} GET`, 'GET kit:a; GET kit:b', sentinel.masterPort, size)]),
      );
    });

    it('writes nothing to stderr meanwhile', () => {
      expect(kit.app.stderr).toBe('');
    });
  });
});
