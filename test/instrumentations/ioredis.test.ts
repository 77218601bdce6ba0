import { expect } from 'vitest';
import { dbKit, SECRET } from '../kit/db.ts';
import { mixingDbKit, over } from '../kit/mixing-db.ts';
import { optional } from '../support/expect-trace.ts';
import { inMatrix, libraryMajor } from '../support/libraries.ts';
import { batch, command, database, REDIS_URL, redisCases, refused, SETS } from '../support/redis.ts';
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
