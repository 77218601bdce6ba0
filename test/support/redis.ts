/** What the tests of the Redis clients have in common: the server, a read and what a command's span says. */
import { expect } from 'vitest';
import { type CallSpan, type DbKit, SECRET } from '../kit/db.ts';
import { optional } from './expect-trace.ts';

export const REDIS_URL = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379';
const url = new URL(REDIS_URL);
const port = Number(url.port || 6379);

export const database = url.pathname.slice(1) || '0';

export const command = (operation: string, text: unknown, more: Partial<CallSpan> = {}): CallSpan => ({
  name: operation,
  attributes: { 'db.operation.name': operation, 'db.query.text': text },
  ...more,
});

/** The other end, of libraries that show the socket, once it is connected. */
export const peer = { 'network.peer.address': expect.any(String), 'network.peer.port': port };

/** What the tests of batches send. */
export const SETS = [
  ['set', 'kit:a', SECRET],
  ['set', 'kit:b', SECRET],
];

/** The span of two commands that are sent together. */
export const batch = (operation: string, text: unknown): CallSpan => ({
  name: operation,
  attributes: { 'db.operation.name': operation, 'db.operation.batch.size': 2, 'db.query.text': text },
});

/** The span of a command that got no server to answer it. */
export const refused: CallSpan = {
  name: 'GET',
  attributes: {
    ...command('GET', 'GET kit:none').attributes,
    'error.type': expect.any(String),
    'server.address': '127.0.0.1',
    'server.port': 1,
    'network.peer.address': undefined,
    'network.peer.port': undefined,
  },
};

/**
 * @param appCode the code that the library gives the app's error for that of the server
 * @param namespace `db.namespace`
 */
export function redisCases(
  appCode: (code: string) => string,
  namespace: unknown,
): Pick<DbKit, 'attributes' | 'read' | 'failing' | 'cases' | 'shape'> {
  return {
    attributes: {
      'db.system.name': 'redis',
      'db.namespace': namespace,
      'server.address': url.hostname,
      ...(port !== 6379 && { 'server.port': port }),
      'network.peer.address': optional(expect.any(String)),
      'network.peer.port': optional(port),
    },
    read: { input: { args: ['get', 'kit:none'] }, span: command('GET', 'GET kit:none'), result: null },
    failing: {
      title: 'a value of the wrong kind',
      input: { args: ['incrby', 'kit:counter', SECRET] },
      error: appCode('ERR'),
      spans: [command('INCRBY', 'INCRBY kit:counter ?', { error: 'ERR' })],
    },
    cases: [
      {
        title: 'keeps the key and replaces the value',
        input: { args: ['set', 'kit:a', SECRET] },
        result: 'OK',
        spans: [command('SET', 'SET kit:a ?')],
      },
      {
        title: 'copes with a value of 100 KB',
        input: { args: ['set', 'kit:big', SECRET.repeat(8000)] },
        result: 'OK',
        spans: [command('SET', 'SET kit:big ?')],
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
        spans: [
          command('SET', 'SET kit:text ?'),
          command('LPUSH', 'LPUSH kit:text ?', { error: 'WRONGTYPE' }),
        ],
      },
    ],
    shape: { args: ['get', 'kit:none'] },
  };
}
