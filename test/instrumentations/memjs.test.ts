import { beforeAll } from 'vitest';
import { dbKit, SECRET } from '../kit/db.ts';
import { mixingDbKit } from '../kit/mixing-db.ts';
import { LIBRARIES } from '../support/libraries.ts';
import { command, MEMCACHED_URL, memcachedCases, seedMemcached } from '../support/memcached.ts';
import { describeWith } from '../support/services.ts';

for (const [title, file] of [
  ['memjs, ES modules', 'memjs.mjs'],
  ['memjs, CommonJS', 'memjs.cjs'],
]) {
  await describeWith('memcached', title, () => {
    beforeAll(seedMemcached);

    dbKit({
      title: 'commands',
      ...memcachedCases('ECONNREFUSED'),
      fixture: { file, env: { MEMCACHED_URL }, cwd: LIBRARIES },
      styles: { promise: [], callback: ['callback'] },
      failing: {
        title: 'a value that is no number',
        input: { args: ['increment', 'kit:text', 1, {}] },
        error: '',
        spans: [command('incr', 'incr kit:text ?', { error: '6' })],
      },
      cases: [
        {
          title: 'keeps the key and replaces the value',
          input: { args: ['set', 'kit:a', SECRET, {}] },
          result: true,
          spans: [command('set', 'set kit:a ?')],
        },
        {
          title: 'does not take the answer of a key that is there for a failure',
          input: { args: ['add', 'kit:text', SECRET, {}] },
          result: false,
          spans: [command('add', 'add kit:text ?')],
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
          spans: [command(operation, `${operation} kit:a${args[1] === SECRET ? ' ?' : ''}`)],
        })),
        {
          title: 'copes with a value of 100 KB',
          input: { args: ['set', 'kit:big', SECRET.repeat(8000), {}] },
          result: true,
          spans: [command('set', 'set kit:big ?')],
        },
      ],
      crashes: [
        { how: 'rejection', args: ['get', 'kit:none'], failing: ['increment', 'kit:text', 1, {}] },
        { how: 'callback', args: ['get', 'kit:none'] },
      ],
    });
  });
}

await describeWith('memcached', 'memjs', () => {
  const { hostname, port } = new URL(MEMCACHED_URL);
  mixingDbKit({
    library: 'memjs',
    server: { host: hostname, port: Number(port || 11_211) },
    fixture: { cwd: LIBRARIES },
    ways: [],
    patient: ['promise', 'callback'],
  });
});
