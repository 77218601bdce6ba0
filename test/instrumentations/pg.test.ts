import { expect } from 'vitest';
import { dbKit, SECRET } from '../kit/db.ts';
import { mixingDbKit, over, POOLS } from '../kit/mixing-db.ts';
import { inMatrix, libraryVersion } from '../support/libraries.ts';
import { MISSING, POSTGRESQL, postgresqlCases, READ } from '../support/postgresql.ts';
import { describeWith } from '../support/services.ts';
import { plain, statement } from '../support/sql.ts';

const isOldest = inMatrix && libraryVersion('pg')?.startsWith('8.0.') === true;

for (const file of ['pg.mjs', 'pg.cjs']) {
  await describeWith('postgresql', `pg, ${file}`, () => {
    dbKit({
      title: 'queries',
      ...postgresqlCases,
      // Queries on a busy client, which the kit sends on purpose, are deprecated by pg.
      fixture: { file, env: POSTGRESQL.env, execArgv: ['--no-deprecation'] },
      styles: {
        promise: [],
        callback: ['callback'],
        config: [],
        configCallback: ['callback'],
        configOwnCallback: ['callback'],
        trailing: ['callback'],
        poolTrailing: ['callback'],
        prepared: [],
        pool: [],
        poolCallback: ['callback'],
        poolClient: [],
        poolClientCallback: ['callback'],
        submittable: ['callback'],
        // These packages of today hang on a pg so old, without the agent too.
        ...(!isOldest && { cursor: [], stream: [] }),
      },
      unreachable: {
        op: 'unreachable',
        input: { port: 1, text: 'SELECT 1' },
        error: 'ECONNREFUSED',
        spans: [],
      },
      cases: [
        {
          title: 'replaces literals',
          input: { text: `SELECT typname FROM pg_type WHERE typname = '${SECRET}' AND typlen > 42` },
          result: [],
          spans: [
            statement('SELECT typname FROM pg_type WHERE typname = ? AND typlen > ?', 'SELECT pg_type'),
          ],
        },
        {
          title: 'traces each statement of a transaction',
          op: 'sequence',
          input: {
            texts: [
              'BEGIN',
              'CREATE TEMP TABLE kit_orders (id int, name text) ON COMMIT DROP',
              `INSERT INTO kit_orders VALUES (4711, '${SECRET}')`,
              'COMMIT',
            ],
          },
          spans: [
            plain('BEGIN'),
            plain('CREATE TEMP TABLE kit_orders (id int, name text) ON COMMIT DROP'),
            statement('INSERT INTO kit_orders VALUES (?, ?)', 'INSERT kit_orders'),
            plain('COMMIT'),
          ],
        },
        {
          title: 'traces the queries that pools and clients of the app send before another one',
          op: 'tenants',
          input: { setting: "SET application_name = 'kit'", text: READ, values: ['bool', SECRET] },
          result: [{ typname: 'bool' }, { typname: 'bool' }],
          spans: [1, 2].flatMap(() => [plain('SET application_name = ?'), statement(READ, 'SELECT pg_type')]),
        },
        {
          title: 'makes one span of several statements in one text',
          input: { text: `SELECT 1 AS a; SELECT '${SECRET}' AS b` },
          result: [[{ a: 1 }], [{ b: SECRET }]],
          spans: [plain('SELECT ? AS a; SELECT ? AS b')],
        },
        {
          title: 'keeps the value out of an error message that quotes it',
          input: { text: 'SELECT $1::int', values: [SECRET] },
          error: '22P02',
          spans: [{ ...plain('SELECT $1::int'), error: '22P02' }],
        },
        {
          title: 'copes with a null byte in a value',
          input: { text: 'SELECT $1::text', values: [`\0${SECRET}`] },
          error: '22021',
          spans: [{ ...plain('SELECT $1::text'), error: '22021' }],
        },
        {
          title: 'copes with a query of 100 KB',
          input: {
            text: `SELECT typname FROM pg_type WHERE typname IN (${Array.from({ length: 5000 }, () => `'${SECRET}'`).join(', ')})`,
          },
          result: [],
          // The text is cut before it is sanitised.
          spans: [
            {
              name: 'SELECT pg_type',
              attributes: {
                'db.query.text': expect.stringMatching(
                  /^SELECT typname FROM pg_type WHERE typname IN \(\?\)?$/,
                ),
                'db.query.summary': 'SELECT pg_type',
              },
            },
          ],
        },
      ],
      crashes: [
        { how: 'rejection', text: READ, failing: MISSING },
        { how: 'callback', text: 'SELECT 1', failing: MISSING },
      ],
    });
  });
}

await describeWith('postgresql', 'pg', () => {
  mixingDbKit({
    library: 'pg',
    server: POSTGRESQL,
    fixture: { env: POSTGRESQL.env },
    ways: [
      ...over(['promise', 'callback', 'config', 'lent', 'lentCallback', 'events'], POOLS),
      ...over(['promise', 'callback', 'config', 'events'], ['client']),
    ],
    patient: over(['cursor', 'stream'], [...POOLS, 'client']),
  });
});
