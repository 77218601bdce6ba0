import { expect } from 'vitest';
import { type CallSpan, dbKit, SECRET } from '../kit/db.ts';
import { optional } from '../support/expect-trace.ts';
import { inMatrix, libraryMajor } from '../support/libraries.ts';
import { describeWith } from '../support/services.ts';

const REDIS_URL = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379';
const url = new URL(REDIS_URL);
const port = Number(url.port || 6379);

const span = (operation: string, text: unknown, more: Partial<CallSpan> = {}): CallSpan => ({
  name: operation,
  attributes: { 'db.operation.name': operation, 'db.query.text': text },
  ...more,
});

const majors = inMatrix ? [libraryMajor('ioredis')] : [6, 5];

for (const [title, file, IOREDIS_MAJOR] of majors.flatMap((major) => [
  [`ioredis ${major}, ES modules`, 'ioredis.mjs', String(major)],
  [`ioredis ${major}, CommonJS`, 'ioredis.cjs', String(major)],
])) {
  await describeWith('redis', title, () => {
    dbKit({
      title: 'commands',
      fixture: { file, env: { REDIS_URL, IOREDIS_MAJOR } },
      attributes: {
        'db.system.name': 'redis',
        'db.namespace': optional(url.pathname.slice(1) || '0'),
        'server.address': url.hostname,
        ...(port !== 6379 && { 'server.port': port }),
        'network.peer.address': optional(url.hostname),
        'network.peer.port': optional(port),
      },
      read: { input: { args: ['get', 'kit:none'] }, span: span('GET', 'GET kit:none'), result: null },
      styles: { promise: [], callback: ['callback'], call: [], array: [] },
      failing: {
        title: 'a value of the wrong kind',
        input: { args: ['incrby', 'kit:counter', SECRET] },
        error: '',
        spans: [span('INCRBY', 'INCRBY kit:counter ?', { error: 'ERR' })],
      },
      unreachable: {
        op: 'unreachable',
        input: { port: 1, args: ['get', 'kit:none'] },
        error: expect.any(String),
        spans: [
          {
            name: 'GET',
            attributes: {
              'db.operation.name': 'GET',
              'db.query.text': 'GET kit:none',
              'error.type': expect.any(String),
              'server.address': '127.0.0.1',
              'server.port': 1,
            },
          },
        ],
      },
      cases: [
        {
          title: 'keeps the key and replaces the value',
          input: { args: ['set', 'kit:a', SECRET] },
          result: 'OK',
          spans: [span('SET', 'SET kit:a ?')],
        },
        {
          title: 'names the code of a WRONGTYPE error',
          op: 'sequence',
          input: {
            commands: [
              ['set', 'kit:text', SECRET],
              ['lpush', 'kit:text', SECRET],
            ],
          },
          error: '',
          spans: [span('SET', 'SET kit:text ?'), span('LPUSH', 'LPUSH kit:text ?', { error: 'WRONGTYPE' })],
        },
        {
          title: 'never shows a password',
          input: { args: ['auth', 'kit-nobody', SECRET] },
          error: '',
          spans: [
            span('AUTH', optional(expect.stringMatching(/^AUTH( \?)*$/)), {
              error: expect.stringMatching(/^(ERR|WRONGPASS)$/),
            }),
          ],
        },
        {
          title: 'makes one span of a pipeline',
          op: 'batch',
          input: {
            how: 'pipeline',
            commands: [
              ['set', 'kit:a', SECRET],
              ['set', 'kit:b', SECRET],
            ],
          },
          result: [
            [null, 'OK'],
            [null, 'OK'],
          ],
          spans: [
            {
              name: expect.stringMatching(/^PIPELINE( SET)?$/),
              attributes: {
                'db.operation.name': expect.stringMatching(/^PIPELINE( SET)?$/),
                'db.operation.batch.size': 2,
                'db.query.text': optional(expect.any(String)),
              },
            },
          ],
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
          spans: [
            {
              name: 'MULTI',
              attributes: {
                'db.operation.name': 'MULTI',
                'db.operation.batch.size': 2,
                'db.query.text': optional(expect.any(String)),
              },
            },
          ],
        },
        {
          title: 'copes with null bytes',
          input: { args: ['set', 'kit:\0', `\0${SECRET}`] },
          result: 'OK',
          spans: [span('SET', 'SET kit:\0 ?')],
        },
        {
          title: 'copes with a value of 100 KB',
          input: { args: ['set', 'kit:big', SECRET.repeat(8000)] },
          result: 'OK',
          spans: [span('SET', 'SET kit:big ?')],
        },
      ],
      shape: { args: ['get', 'kit:none'] },
      crashes: [
        { how: 'rejection', args: ['get', 'kit:none'], failing: ['incrby', 'kit:counter', 'x'] },
        { how: 'callback', args: ['get', 'kit:none'], failing: ['incrby', 'kit:counter', 'x'] },
      ],
    });
  });
}
