import { beforeAll, expect } from 'vitest';
import { type CallSpan, dbKit, SECRET } from '../kit/db.ts';
import { mixingDbKit, over, POOLS } from '../kit/mixing-db.ts';
import { LIBRARIES } from '../support/libraries.ts';
import { command, MEMCACHED_URL, memcachedCases, seedMemcached } from '../support/memcached.ts';
import { describeWith } from '../support/services.ts';

const failed = (operation: string, text: string): CallSpan => {
  const { name, attributes } = command(operation, text);
  return { name, attributes: { ...attributes, 'error.type': 'Error' } };
};

for (const [title, file] of [
  ['memcached, ES modules', 'memcached.mjs'],
  ['memcached, CommonJS', 'memcached.cjs'],
]) {
  await describeWith('memcached', title, () => {
    beforeAll(seedMemcached);
    dbKit({
      title: 'commands',
      ...memcachedCases(expect.any(String)),
      // The library uses what Node.js has deprecated since.
      fixture: { file, env: { MEMCACHED_URL }, cwd: LIBRARIES, execArgv: ['--no-deprecation'] },
      styles: { plain: [], callback: ['callback'] },
      failing: {
        title: 'a value that is no number',
        input: { args: ['incr', 'kit:text', 1] },
        error: '',
        spans: [failed('incr', 'incr kit:text ?')],
      },
      cases: [
        {
          title: 'keeps the key and replaces the value',
          input: { args: ['set', 'kit:a', SECRET, 60] },
          result: true,
          spans: [command('set', 'set kit:a ?')],
        },
        {
          title: 'makes one span of a get of several keys',
          input: { args: ['getMulti', ['kit:a', 'kit:b']] },
          spans: [command('get', 'get kit:a kit:b')],
        },
        {
          title: 'does not take the answer of a key that is there for a failure',
          input: { args: ['add', 'kit:text', SECRET, 60] },
          error: '',
          spans: [command('add', 'add kit:text ?')],
        },
        {
          title: 'traces a command without a key',
          input: { args: ['version'] },
          spans: [command('version', 'version')],
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
          spans: [command('set', 'set kit:big ?')],
        },
      ],
      crashes: [{ args: ['get', 'kit:none'] }],
    });
  });
}

await describeWith('memcached', 'memcached', () => {
  const { hostname, port } = new URL(MEMCACHED_URL);
  mixingDbKit({
    library: 'memcached',
    server: { host: hostname, port: Number(port || 11_211) },
    fixture: { cwd: LIBRARIES },
    ways: [],
    // It looks for a lost server with `ping`, which not every machine has.
    patient: over(['callback'], POOLS),
  });
});
