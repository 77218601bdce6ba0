import { beforeAll } from 'vitest';
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

for (const [title, file] of [
  ['memjs, ES modules', 'memjs.mjs'],
  ['memjs, CommonJS', 'memjs.cjs'],
]) {
  await describeWith('memcached', title, () => {
    beforeAll(() => seedMemcached(url, 'kit:text', SECRET));

    dbKit({
      title: 'commands',
      fixture: { file, env: { MEMCACHED_URL }, cwd: LIBRARIES },
      attributes: {
        'db.system.name': 'memcached',
        'server.address': url.hostname,
        ...(port !== 11_211 && { 'server.port': port }),
      },
      read: { input: { args: ['get', 'kit:none'] }, span: span('get', 'get kit:none') },
      styles: { promise: [], callback: ['callback'] },
      failing: {
        title: 'a value that is no number',
        input: { args: ['increment', 'kit:text', 1, {}] },
        error: '',
        spans: [span('incr', 'incr kit:text ?', { error: '6' })],
      },
      unreachable: {
        op: 'unreachable',
        input: { port: 1, args: ['get', 'kit:none'] },
        error: 'ECONNREFUSED',
        spans: [
          {
            name: 'get 127.0.0.1:1',
            attributes: {
              ...span('get', 'get kit:none').attributes,
              'server.address': '127.0.0.1',
              'server.port': 1,
              'error.type': 'ECONNREFUSED',
            },
          },
        ],
      },
      cases: [
        {
          title: 'keeps the key and replaces the value',
          input: { args: ['set', 'kit:a', SECRET, {}] },
          result: true,
          spans: [span('set', 'set kit:a ?')],
        },
        {
          title: 'does not take the answer of a key that is there for a failure',
          input: { args: ['add', 'kit:text', SECRET, {}] },
          result: false,
          spans: [span('add', 'add kit:text ?')],
        },
        ...(
          [
            ['replace', 'replace', ['kit:a', SECRET, {}]],
            ['append', 'append', ['kit:a', SECRET]],
            // memjs 1.3 sends an `append` for it.
            ['prepend', 'append', ['kit:a', SECRET]],
            ['touch', 'touch', ['kit:a', 60]],
            ['delete', 'delete', ['kit:a']],
          ] as const
        ).map(([method, operation, args]) => ({
          title: `names ${method} by the protocol's word`,
          input: { args: [method, ...args] },
          spans: [span(operation, `${operation} kit:a${args[1] === SECRET ? ' ?' : ''}`)],
        })),
        {
          title: 'copes with a value of 100 KB',
          input: { args: ['set', 'kit:big', SECRET.repeat(8000), {}] },
          result: true,
          spans: [span('set', 'set kit:big ?')],
        },
      ],
      shape: { args: ['get', 'kit:none'] },
      crashes: [
        { how: 'rejection', args: ['get', 'kit:none'], failing: ['increment', 'kit:text', 1, {}] },
        { how: 'callback', args: ['get', 'kit:none'] },
      ],
    });
  });
}
