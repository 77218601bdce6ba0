import { expect } from 'vitest';
import { dbKit, SECRET } from '../kit/db.ts';
import { mixingDbKit, over, POOLS } from '../kit/mixing-db.ts';
import { optional } from '../support/expect-trace.ts';
import { LIBRARIES, libraryVersion } from '../support/libraries.ts';
import { MISSING, POSTGRESQL, postgresqlCases, READ } from '../support/postgresql.ts';
import { describeWith } from '../support/services.ts';
import { plain, statement } from '../support/sql.ts';

const TRANSACTION = [
  'CREATE TEMP TABLE kit_orders (id int, name text) ON COMMIT DROP',
  `INSERT INTO kit_orders VALUES (4711, '${SECRET}')`,
];

/** Before 3.3.5, cursors that run at the same time wait for each other for ever. */
const cursorsHang = /^3\.3\.[0-4]$/.test(libraryVersion('postgres') ?? '');

for (const file of ['postgres.mjs', 'postgres.cjs']) {
  await describeWith('postgresql', `postgres.js, ${file}`, () => {
    dbKit({
      title: 'queries',
      ...postgresqlCases,
      fixture: { file, env: POSTGRESQL.env, cwd: LIBRARIES },
      styles: {
        unsafe: [],
        tagged: [],
        chained: ['chained'],
        values: [],
        forEach: ['row'],
        ...(cursorsHang ? {} : { cursor: [], cursorCallback: ['part'] }),
        reserved: [],
      },
      unreachable: {
        op: 'unreachable',
        input: { port: 1, text: 'SELECT 1' },
        error: 'ECONNREFUSED',
        spans: [
          {
            name: expect.any(String),
            attributes: {
              'db.query.text': 'SELECT ?',
              'db.query.summary': optional(expect.any(String)),
              'server.address': '127.0.0.1',
              'server.port': 1,
              'error.type': 'ECONNREFUSED',
            },
          },
        ],
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
          title: 'tells what fragments and names are put together to',
          op: 'fragments',
          input: { values: ['bool', SECRET] },
          result: [{ typname: 'bool' }],
          spans: [
            statement(
              'SELECT "typname" FROM "pg_type" WHERE typname = $1 OR typname = $2',
              expect.stringMatching(/^SELECT "?pg_type"?$/),
            ),
          ],
        },
        {
          title: 'traces each statement of a transaction',
          op: 'begin',
          input: { texts: TRANSACTION },
          spans: [
            plain('begin '),
            plain(TRANSACTION[0]),
            statement('INSERT INTO kit_orders VALUES (?, ?)', 'INSERT kit_orders'),
            plain('commit'),
          ],
        },
        {
          title: 'traces the end of a transaction that the app gives up',
          op: 'begin',
          input: { texts: TRANSACTION, failing: true },
          error: 'OURS',
          spans: [
            plain('begin '),
            plain(TRANSACTION[0]),
            statement('INSERT INTO kit_orders VALUES (?, ?)', 'INSERT kit_orders'),
            plain('rollback'),
          ],
        },
        {
          title: 'makes one span of a stream of COPY',
          op: 'copy',
          input: {},
          result: 'a',
          spans: [plain('COPY (SELECT ?) TO STDOUT')],
          marks: ['chunk'],
        },
        {
          title: 'ends the span of a cursor that is given up',
          op: 'abandon',
          input: { text: READ, values: ['bool', 'int4'] },
          result: [{ typname: 'bool' }],
          spans: [statement(READ, 'SELECT pg_type')],
        },
        {
          title: 'makes one span of several statements in one text',
          input: { text: `SELECT 1 AS a; SELECT '${SECRET}' AS b` },
          result: [[{ a: 1 }], [{ b: SECRET }]],
          spans: [plain('SELECT ? AS a; SELECT ? AS b')],
        },
        {
          title: 'keeps the value out of an error message that quotes it',
          input: { text: 'SELECT $1::text::int', values: [SECRET] },
          error: '22P02',
          spans: [{ ...plain('SELECT $1::text::int'), error: '22P02' }],
        },
      ],
      crashes: [
        { how: 'rejection', failing: MISSING },
        { how: 'derived', failing: MISSING },
      ],
    });
  });
}

await describeWith('postgresql', 'postgres.js', () => {
  mixingDbKit({
    library: 'postgres',
    server: POSTGRESQL,
    asksItself: true,
    fixture: { env: POSTGRESQL.env },
    ways: over(['promise', 'chained', 'forEach', 'cursor'], POOLS),
    // A transaction on a connection that is lost makes it throw where nobody can catch it.
    patient: over(['reserved', 'begin'], POOLS),
  });
});
