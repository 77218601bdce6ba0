import { describe, expect, it } from 'vitest';
import { dbKit, SECRET } from '../kit/db.ts';
import { mixingDbKit, over } from '../kit/mixing-db.ts';
import { type Operations, operations } from '../kit/operations.ts';
import { optional } from '../support/expect-trace.ts';
import { inMatrix, libraryMajor } from '../support/libraries.ts';
import { batch, command, database, peer, REDIS_URL, redisCases, refused, SETS } from '../support/redis.ts';
import { describeWith } from '../support/services.ts';

const majors = inMatrix ? [libraryMajor('ioredis')] : [6, 5];

for (const [title, file, IOREDIS_MAJOR] of majors.flatMap((major) => [
  [`ioredis ${major}, ES modules`, 'ioredis.mjs', String(major)],
  [`ioredis ${major}, CommonJS`, 'ioredis.cjs', String(major)],
])) {
  await describeWith('redis', title, () => {
    const common = redisCases(() => '', database);
    dbKit({
      title: 'commands',
      ...common,
      fixture: { file, env: { REDIS_URL, IOREDIS_MAJOR } },
      styles: { promise: [], callback: ['callback'], call: [], array: [] },
      unreachable: {
        op: 'unreachable',
        input: { port: 1, args: ['get', 'kit:none'] },
        error: expect.any(String),
        spans: [refused],
      },
      cases: [
        ...common.cases,
        {
          title: 'names the other end of the connection',
          input: { args: ['get', 'kit:none'] },
          spans: [{ ...common.read.span, attributes: { ...common.read.span.attributes, ...peer } }],
        },
        {
          title: 'names a command that it does not know, and none of its arguments',
          input: { style: 'call', args: ['graph.query', 'kit:none', SECRET] },
          error: '',
          spans: [command('GRAPH.QUERY', 'GRAPH.QUERY ? ?', { error: 'ERR' })],
        },
        {
          title: 'names a script by the command that the app has made of it',
          op: 'script',
          input: { name: 'kitEcho', args: ['kit:none', SECRET] },
          result: SECRET,
          spans: [
            command('SCRIPT', 'SCRIPT LOAD ?'),
            {
              name: 'EVALSHA',
              attributes: {
                'db.operation.name': 'EVALSHA',
                'db.query.text': expect.stringMatching(/^EVALSHA [0-9a-f]{40} 1 kit:none \?$/),
                'db.stored_procedure.name': 'kitEcho',
              },
            },
          ],
        },
        {
          title: 'names a transaction of one command by that',
          op: 'batch',
          input: { how: 'multi', commands: [['get', 'kit:none']] },
          spans: [command('GET', 'GET kit:none')],
        },
        {
          title: 'never shows a password',
          input: { args: ['auth', 'kit-nobody', SECRET] },
          error: '',
          spans: [
            command('AUTH', optional(expect.stringMatching(/^AUTH( \?)*$/)), {
              error: expect.stringMatching(/^(ERR|WRONGPASS)$/),
            }),
          ],
        },
        {
          title: 'traces commands of the app that wait for the connection, and not those of the handshake',
          op: 'early',
          input: { commands: [['info'], ['select', '0'], ['get', 'kit:none']] },
          spans: [
            command('INFO', expect.any(String)),
            command('SELECT', expect.any(String)),
            command('GET', 'GET kit:none'),
          ],
        },
        {
          title: 'makes one span of a pipeline',
          op: 'batch',
          input: {
            how: 'pipeline',
            commands: SETS,
          },
          result: [
            [null, 'OK'],
            [null, 'OK'],
          ],
          spans: [batch('PIPELINE SET', 'SET kit:a ?; SET kit:b ?')],
        },
        {
          title: 'makes one span of a transaction',
          op: 'batch',
          input: {
            how: 'multi',
            commands: [
              ['set', 'kit:a', SECRET],
              ['get', 'kit:a'],
            ],
          },
          result: [
            [null, 'OK'],
            [null, SECRET],
          ],
          spans: [batch('MULTI', 'SET kit:a ?; GET kit:a')],
        },
        {
          title: 'copes with null bytes',
          input: { args: ['set', 'kit:\0', `\0${SECRET}`] },
          result: 'OK',
          spans: [command('SET', 'SET kit:\0 ?')],
        },
      ],
      crashes: [
        { how: 'rejection', args: ['get', 'kit:none'], failing: ['incrby', 'kit:counter', 'x'] },
        { how: 'callback', args: ['get', 'kit:none'], failing: ['incrby', 'kit:counter', 'x'] },
      ],
    });
  });
}

for (const major of majors) {
  await describeWith('redis', `ioredis ${major}`, () => {
    const { hostname, port } = new URL(REDIS_URL);
    mixingDbKit({
      library: 'ioredis',
      server: { host: hostname, port: Number(port || 6379) },
      fixture: { env: { IOREDIS_MAJOR: String(major) } },
      ways: [
        ...over(['promise', 'callback', 'pipeline', 'multi', 'pipelineCallback'], ['connection']),
        ...(major > 4 ? over(['promise', 'callback'], ['auto-pipelining']) : []),
      ],
    });
  });
}

await describeWith('redis', 'ioredis outside of any span', () => {
  const at = (FORETRACE_ROOT_CLIENT_SPANS?: string): Operations =>
    operations({ file: 'ioredis.cjs', env: { REDIS_URL, FORETRACE_ROOT_CLIENT_SPANS } });
  const names = async (kit: Operations, count: number): Promise<string[]> =>
    (await kit.collect(count)).map(({ name }) => name).sort();

  describe('by default', () => {
    const kit = at();
    it.each([
      ['blpop', 'kit:none', 0.001],
      ['bzpopmin', 'kit:none', 0.001],
      ['xread', 'block', 1, 'streams', 'kit:none', '$'],
      ['wait', 0, 1],
    ])('starts no trace with a read that waits: %s', async (...args) => {
      await kit.run('run', { args, bare: true });
      expect(await names(kit, 0)).toEqual([]);
      await kit.run('run', { args });
      expect(await names(kit, 3)).toContain(String(args[0]).toUpperCase());
    });

    it('starts one with a read that does not wait', async () => {
      await kit.run('run', { args: ['xread', 'streams', 'kit:none', '0'], bare: true });
      expect(await names(kit, 1)).toEqual(['XREAD']);
    });
  });

  describe.each([
    ['off', []],
    ['http,pg', []],
    ['pg, IORedis', ['GET']],
  ])('with FORETRACE_ROOT_CLIENT_SPANS=%s', (value, roots) => {
    const kit = at(value);
    it(`starts ${roots.length} traces, and has spans of calls below another`, async () => {
      await kit.run('run', { args: ['get', 'kit:none'], bare: true });
      expect(await names(kit, roots.length)).toEqual(roots);
      await kit.run('run', { args: ['get', 'kit:none'] });
      expect(await names(kit, 3)).toEqual(['GET', 'after', 'parent']);
    });
  });
});
