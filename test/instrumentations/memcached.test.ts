import { beforeAll, expect } from 'vitest';
import { type CallSpan, dbKit, SECRET } from '../kit/db.ts';
import { LIBRARIES } from '../support/libraries.ts';
import { seedMemcached } from '../support/memcached.ts';
import { describeWith } from '../support/services.ts';

const MEMCACHED_URL = process.env.MEMCACHED_URL ?? 'memcached://127.0.0.1:11211';
const url = new URL(MEMCACHED_URL);
const port = Number(url.port || 11_211);
const place = port === 11_211 ? url.hostname : url.host;

const span = (operation: string, text: string, more: Partial<CallSpan> = {}): CallSpan => ({
  name: `${operation} ${place}`,
  attributes: { 'db.operation.name': operation, 'db.query.text': text },
  ...more,
});

const failed = (operation: string, text: string): CallSpan => {
  const { name, attributes } = span(operation, text);
  return { name, attributes: { ...attributes, 'error.type': 'Error' } };
};

for (const [title, file] of [
  ['memcached, ES modules', 'memcached.mjs'],
  ['memcached, CommonJS', 'memcached.cjs'],
]) {
  await describeWith('memcached', title, () => {
    beforeAll(() => seedMemcached(url, 'kit:text', SECRET));
    dbKit({
      title: 'commands',
      // The library uses what Node.js has deprecated since.
      fixture: { file, env: { MEMCACHED_URL }, cwd: LIBRARIES, execArgv: ['--no-deprecation'] },
      attributes: {
        'db.system.name': 'memcached',
        'server.address': url.hostname,
        ...(port !== 11_211 && { 'server.port': port }),
      },
      read: { input: { args: ['get', 'kit:none'] }, span: span('get', 'get kit:none') },
      styles: { plain: [], callback: ['callback'] },
      failing: {
        title: 'a value that is no number',
        input: { args: ['incr', 'kit:text', 1] },
        error: '',
        spans: [failed('incr', 'incr kit:text ?')],
      },
      unreachable: {
        op: 'unreachable',
        input: { port: 1, args: ['get', 'kit:none'] },
        error: expect.any(String),
        spans: [
          {
            name: 'get 127.0.0.1:1',
            attributes: {
              ...span('get', 'get kit:none').attributes,
              'server.address': '127.0.0.1',
              'server.port': 1,
              'error.type': expect.any(String),
            },
          },
        ],
      },
      cases: [
        {
          title: 'keeps the key and replaces the value',
          input: { args: ['set', 'kit:a', SECRET, 60] },
          result: true,
          spans: [span('set', 'set kit:a ?')],
        },
        {
          title: 'makes one span of a get of several keys',
          input: { args: ['getMulti', ['kit:a', 'kit:b']] },
          spans: [span('get', 'get kit:a kit:b')],
        },
        {
          title: 'does not take the answer of a key that is there for a failure',
          input: { args: ['add', 'kit:text', SECRET, 60] },
          error: '',
          spans: [span('add', 'add kit:text ?')],
        },
        {
          title: 'traces a command without a key',
          input: { args: ['version'] },
          spans: [span('version', 'version')],
        },
        {
          title: 'leaves it to the library to refuse a callback',
          op: 'asyncCallback',
          input: { args: ['get', 'kit:none'] },
          error: '',
          spans: [],
        },
        {
          title: 'copes with a value of 100 KB',
          input: { args: ['set', 'kit:big', SECRET.repeat(8000), 60] },
          result: true,
          spans: [span('set', 'set kit:big ?')],
        },
      ],
      shape: { args: ['get', 'kit:none'] },
      crashes: [{ args: ['get', 'kit:none'] }],
    });
  });
}
