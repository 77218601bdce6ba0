import { expect } from 'vitest';
import { dbKit } from '../kit/db.ts';
import { mixingDbKit, over, POOLS } from '../kit/mixing-db.ts';
import { LIBRARIES, libraryVersion } from '../support/libraries.ts';
import { MYSQL, mysqlCases } from '../support/mysql.ts';
import { describeWith } from '../support/services.ts';
/** Before 2.12 a group of a cluster's pools has no `query`. */
const isOldest = libraryVersion('mysql')?.startsWith('2.11.') === true;

for (const file of ['mysql.mjs', 'mysql.cjs']) {
  await describeWith('mariadb', `mysql, ${file}`, () => {
    const common = mysqlCases('mysql');
    dbKit({
      title: 'queries',
      // The driver uses deprecated functions of Node.js.
      fixture: { file, env: MYSQL.env, cwd: LIBRARIES, execArgv: ['--no-deprecation'] },
      ...common,
      styles: {
        promise: [],
        callback: ['callback'],
        config: ['callback'],
        query: ['callback'],
        events: ['end'],
        stream: ['end'],
        pool: ['callback'],
        poolEvents: ['end'],
        poolConnection: ['callback'],
        ...(!isOldest && { cluster: ['callback'] }),
        clusterConnection: ['callback'],
        implied: ['callback'],
      },
      unreachable: {
        op: 'unreachable',
        input: { port: 1, text: 'SELECT 1' },
        error: 'ECONNREFUSED',
        spans: [],
      },
      cases: [
        ...common.cases,
        ...['callback', 'events'].map((style) => ({
          title: `ends the span of a query whose connection is lost (style: ${style})`,
          op: 'lost',
          input: { style, text: 'SELECT SLEEP(20)' },
          error: 'ECONNRESET',
          spans: [
            {
              name: expect.any(String),
              attributes: {
                'db.query.text': 'SELECT SLEEP(?)',
                'error.type': 'ECONNRESET',
              },
            },
          ],
        })),
      ],
      shape: common.read.input,
      crashes: [{ how: 'event', failing: 'SELECT * FROM kit_missing' }, { how: 'callback' }],
    });
  });
}

await describeWith('mariadb', 'mysql', () => {
  mixingDbKit({
    library: 'mysql',
    server: MYSQL,
    fixture: { env: MYSQL.env, cwd: LIBRARIES },
    ways: [
      ...over(['callback', 'config', 'lent', 'events', 'stream'], POOLS),
      ...over(['callback', 'events', 'stream'], ['connection']),
    ],
  });
});
