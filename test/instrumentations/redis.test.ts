import { expect } from 'vitest';
import { type CallSpan, dbKit, SECRET } from '../kit/db.ts';
import { optional } from '../support/expect-trace.ts';
import { LIBRARIES, libraryMajor } from '../support/libraries.ts';
import { describeWith } from '../support/services.ts';

const REDIS_URL = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379';
const url = new URL(REDIS_URL);
const port = Number(url.port || 6379);
const MAJOR = libraryMajor('redis');
const callbacks = MAJOR < 4;

const span = (operation: string, text: unknown, more: Partial<CallSpan> = {}): CallSpan => ({
  name: operation,
  attributes: { 'db.operation.name': operation, 'db.query.text': text },
  ...more,
});
const batch = (operation: string, text: unknown): CallSpan => ({
  name: operation,
  attributes: { 'db.operation.name': operation, 'db.operation.batch.size': 2, 'db.query.text': text },
});
/** Versions 2 and 3 name the server's code themselves. */
const appCode = (code: string): string => (callbacks ? code : '');

const sets = [
  ['set', 'kit:a', SECRET],
  ['set', 'kit:b', SECRET],
];

for (const [title, file] of [
  [`redis ${MAJOR}, ES modules`, 'redis.mjs'],
  [`redis ${MAJOR}, CommonJS`, 'redis.cjs'],
]) {
  await describeWith('redis', title, () => {
    dbKit({
      title: 'commands',
      // Versions 2 and 3 use what Node.js has deprecated since.
      fixture: { file, env: { REDIS_URL }, cwd: LIBRARIES, execArgv: ['--no-deprecation'] },
      attributes: {
        'db.system.name': 'redis',
        'db.namespace': url.pathname.slice(1) || '0',
        'server.address': url.hostname,
        ...(port !== 6379 && { 'server.port': port }),
      },
      read: { input: { args: ['get', 'kit:none'] }, span: span('GET', 'GET kit:none'), result: null },
      styles: callbacks
        ? { promise: [], sendCommand: [], array: [], callback: ['callback'] }
        : { promise: [], sendCommand: [], pool: [], poolTask: [], options: [], callback: ['callback'] },
      failing: {
        title: 'a value of the wrong kind',
        input: { args: ['incrby', 'kit:counter', SECRET] },
        error: appCode('ERR'),
        spans: [span('INCRBY', 'INCRBY kit:counter ?', { error: 'ERR' })],
      },
      unreachable: {
        op: 'unreachable',
        input: { port: 1, args: ['get', 'kit:none'] },
        error: expect.any(String),
        spans: callbacks
          ? [
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
            ]
          : [],
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
          error: appCode('WRONGTYPE'),
          spans: [span('SET', 'SET kit:text ?'), span('LPUSH', 'LPUSH kit:text ?', { error: 'WRONGTYPE' })],
        },
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
            const one = index === 1 ? span('GET', 'GET kit:none') : span('SELECT', expect.any(String));
            return { ...one, attributes: { ...one.attributes, 'db.namespace': namespace } };
          }),
        },
        {
          title: 'makes one span of a pipeline',
          op: 'batch',
          input: { how: 'pipeline', commands: sets },
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
                input: { commands: sets },
                spans: [
                  span('SET', 'SET kit:a ?'),
                  batch('MULTI SET', 'SET kit:a ?; SET kit:b ?'),
                  batch('PIPELINE SET', 'SET kit:a ?; SET kit:b ?'),
                  span('PING', 'PING'),
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
              ...span('GET', 'GET kit:none'),
              attributes: {
                ...span('GET', 'GET kit:none').attributes,
                // Version 4 does not know its server before it is connected.
                ...(MAJOR === 4 && {
                  'db.namespace': optional('0'),
                  'server.address': optional(url.hostname),
                }),
              },
            },
            ...(callbacks ? [span('QUIT', 'QUIT')] : []),
          ],
        },
        {
          title: 'copes with a value of 100 KB',
          input: { args: ['set', 'kit:big', SECRET.repeat(8000)] },
          result: 'OK',
          spans: [span('SET', 'SET kit:big ?')],
        },
      ],
      shape: { args: ['get', 'kit:none'] },
      crashes: ['rejection', 'callback', 'batch'].map((how) => ({
        how,
        args: ['get', 'kit:none'],
        failing: ['incrby', 'kit:counter', 'x'],
      })),
    });
  });
}
