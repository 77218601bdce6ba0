import { expect } from 'vitest';
import { dbKit, SECRET } from '../kit/db.ts';
import { mixingDbKit, over, POOLS } from '../kit/mixing-db.ts';
import { LIBRARIES } from '../support/libraries.ts';
import { MYSQL, mysqlCases } from '../support/mysql.ts';
import { describeWith } from '../support/services.ts';
import { plain, statement } from '../support/sql.ts';

for (const file of ['mariadb.mjs', 'mariadb.cjs']) {
  await describeWith('mariadb', `mariadb, ${file}`, () => {
    const common = mysqlCases('mariadb');
    dbKit({
      title: 'queries',
      fixture: { file, env: MYSQL.env, cwd: LIBRARIES },
      ...common,
      styles: {
        promise: [],
        config: [],
        execute: [],
        stream: [],
        prepared: [],
        pool: [],
        poolExecute: [],
        poolConnection: [],
        cluster: [],
        clusterConnection: [],
        callback: ['callback'],
        callbackExecute: ['callback'],
        callbackTrailing: ['callback'],
        callbackPool: ['callback'],
        callbackPoolTrailing: ['callback'],
        callbackPoolConnection: ['callback'],
        events: ['end'],
      },
      unreachable: {
        op: 'unreachable',
        input: { port: 1, text: 'SELECT 1' },
        error: 'ER_GET_CONNECTION_TIMEOUT',
        spans: [
          {
            name: expect.any(String),
            attributes: {
              'db.query.text': 'SELECT ?',
              'server.port': 1,
              'error.type': expect.any(String),
              'db.response.status_code': expect.any(String),
            },
          },
        ],
      },
      cases: [
        ...common.cases,
        {
          title: 'ends the span of a stream that fails',
          input: { ...common.failing.input, style: 'stream' },
          error: common.failing.error,
          spans: common.failing.spans,
        },
        {
          title: 'traces the methods of a transaction',
          op: 'transaction',
          input: { text: `SELECT '${SECRET}'` },
          spans: [plain('START TRANSACTION'), plain('SELECT ?'), plain('ROLLBACK')],
        },
        {
          title: 'does not take a batch of one set of values for a batch',
          op: 'batch',
          input: { text: 'INSERT INTO kit_batch VALUES (?, ?)', values: [[1, SECRET]] },
          spans: [
            plain('CREATE TEMPORARY TABLE IF NOT EXISTS kit_batch (id int, name text)'),
            statement('INSERT INTO kit_batch VALUES (?, ?)', 'INSERT kit_batch'),
          ],
        },
        {
          title: 'makes one span of a batch',
          op: 'batch',
          input: {
            text: 'INSERT INTO kit_batch VALUES (?, ?)',
            values: [
              [1, SECRET],
              [2, SECRET],
            ],
          },
          spans: [
            plain('CREATE TEMPORARY TABLE IF NOT EXISTS kit_batch (id int, name text)'),
            {
              name: 'BATCH INSERT kit_batch',
              attributes: {
                ...statement('INSERT INTO kit_batch VALUES (?, ?)', 'BATCH INSERT kit_batch').attributes,
                'db.operation.batch.size': 2,
              },
            },
          ],
        },
      ],
      shape: common.read.input,
      crashes: [
        { how: 'rejection', failing: 'SELECT * FROM kit_missing' },
        { how: 'pool', failing: 'SELECT * FROM kit_missing' },
        { how: 'callback' },
      ],
    });
  });
}

await describeWith('mariadb', 'mariadb', () => {
  mixingDbKit({
    library: 'mariadb',
    server: MYSQL,
    cuts: 2,
    fixture: { env: MYSQL.env, cwd: LIBRARIES },
    ways: [
      ...over(['promise', 'execute', 'lent', 'stream', 'callback', 'lentCallback'], POOLS),
      ...over(['promise', 'execute', 'stream'], ['connection']),
    ],
  });
});
