import { expect } from 'vitest';
import { dbKit, SECRET } from '../kit/db.ts';
import { mixingDbKit, over, POOLS } from '../kit/mixing-db.ts';
import { optional } from '../support/expect-trace.ts';
import { LIBRARIES, libraryMajor } from '../support/libraries.ts';
import { batch, command, database, REDIS_URL, redisCases, refused, SETS } from '../support/redis.ts';
import { describeWith } from '../support/services.ts';

const MAJOR = libraryMajor('redis');
const callbacks = MAJOR < 4;

for (const [title, file] of [
  [`redis ${MAJOR}, ES modules`, 'redis.mjs'],
  [`redis ${MAJOR}, CommonJS`, 'redis.cjs'],
]) {
  await describeWith('redis', title, () => {
    // Versions 2 and 3 name the server's code themselves.
    const common = redisCases((code) => (callbacks ? code : ''), database);
    dbKit({
      title: 'commands',
      ...common,
      // Versions 2 and 3 use what Node.js has deprecated since.
      fixture: { file, env: { REDIS_URL }, cwd: LIBRARIES, execArgv: ['--no-deprecation'] },
      styles: callbacks
        ? { promise: [], sendCommand: [], array: [], callback: ['callback'] }
        : { promise: [], sendCommand: [], pool: [], poolTask: [], options: [], callback: ['callback'] },
      unreachable: {
        op: 'unreachable',
        input: { port: 1, args: ['get', 'kit:none'] },
        error: expect.any(String),
        spans: callbacks ? [refused] : [],
      },
      cases: [
        ...common.cases,
        ...(callbacks
          ? []
          : [
              {
                title: 'names a script by the command that the client was made with',
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
            ]),
        {
          title: 'follows the selected database',
          op: 'sequence',
          input: {
            commands: [
              ['select', '1'],
              ['get', 'kit:none'],
              ['select', '0'],
            ],
          },
          spans: ['0', '1', '1'].map((namespace, index) => {
            const one = index === 1 ? command('GET', 'GET kit:none') : command('SELECT', expect.any(String));
            return { ...one, attributes: { ...one.attributes, 'db.namespace': namespace } };
          }),
        },
        {
          title: 'makes one span of a pipeline',
          op: 'batch',
          input: { how: 'pipeline', commands: SETS },
          result: ['OK', 'OK'],
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
          result: ['OK', SECRET],
          spans: [batch('MULTI', 'SET kit:a ?; GET kit:a')],
        },
        ...(callbacks
          ? [
              {
                title: 'ends the spans of commands and batches without a callback',
                op: 'forget',
                input: { commands: SETS },
                spans: [
                  command('SET', 'SET kit:a ?'),
                  batch('MULTI SET', 'SET kit:a ?; SET kit:b ?'),
                  batch('PIPELINE SET', 'SET kit:a ?; SET kit:b ?'),
                  command('PING', 'PING'),
                ],
              },
            ]
          : []),
        {
          title: 'makes no spans of the handshake, and one of a command that waits for the connection',
          op: 'waiting',
          input: { args: ['get', 'kit:none'] },
          spans: [
            {
              ...command('GET', 'GET kit:none'),
              attributes: {
                ...command('GET', 'GET kit:none').attributes,
                // Version 4 does not know its server before it is connected.
                ...(MAJOR === 4 && {
                  'db.namespace': optional(database),
                  'server.address': optional(common.attributes['server.address']),
                }),
              },
            },
            ...(callbacks ? [command('QUIT', 'QUIT')] : []),
          ],
        },
      ],
      crashes: ['rejection', 'callback', 'batch'].map((how) => ({
        how,
        args: ['get', 'kit:none'],
        failing: ['incrby', 'kit:counter', 'x'],
      })),
    });
  });
}

await describeWith('redis', `redis ${MAJOR}`, () => {
  const { hostname, port } = new URL(REDIS_URL);
  mixingDbKit({
    library: 'redis',
    server: { host: hostname, port: Number(port || 6379) },
    fixture: { cwd: LIBRARIES, execArgv: ['--no-deprecation'] },
    // Without us too, versions 2 and 3 lose callbacks when one connection after another is lost.
    patient: callbacks ? over(['callback', 'multi', 'batch'], ['connection']) : [],
    ways: callbacks
      ? []
      : [
          ...over(['promise', 'sendCommand', 'multi', 'pipeline', 'callback'], ['connection']),
          ...over(MAJOR > 4 ? ['promise', 'sendCommand', 'multi', 'pipeline', 'task'] : ['task'], POOLS),
        ],
  });
});
