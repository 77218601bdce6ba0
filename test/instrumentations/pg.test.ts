import { expect } from 'vitest';
import { type CallSpan, dbKit, SECRET } from '../kit/db.ts';
import { optional } from '../support/expect-trace.ts';
import { inMatrix, libraryVersion } from '../support/libraries.ts';
import { describeWith } from '../support/services.ts';

const host = process.env.PGHOST ?? '127.0.0.1';
const port = Number(process.env.PGPORT ?? 5432);
const env = {
  PGHOST: host,
  PGPORT: String(port),
  PGUSER: process.env.PGUSER ?? 'postgres',
  PGDATABASE: process.env.PGDATABASE ?? 'postgres',
};

const span = (text: string, summary: string, more: Partial<CallSpan> = {}): CallSpan => ({
  name: summary,
  attributes: { 'db.query.text': text, 'db.query.summary': summary },
  ...more,
});
/** Statements that have no target. */
const plain = (text: string): CallSpan => ({
  name: expect.any(String),
  attributes: { 'db.query.text': text, 'db.query.summary': optional(expect.any(String)) },
});

const isOldest = inMatrix && libraryVersion('pg')?.startsWith('8.0.') === true;
const READ = 'SELECT typname FROM pg_type WHERE typname = $1 OR typname = $2';
const MISSING = `SELECT * FROM kit_missing WHERE name = '${SECRET}'`;

for (const file of ['pg.mjs', 'pg.cjs']) {
  await describeWith('postgresql', `pg, ${file}`, () => {
    dbKit({
      title: 'queries',
      // Queries on a busy client, which the kit sends on purpose, are deprecated by pg.
      fixture: { file, env, execArgv: ['--no-deprecation'] },
      attributes: {
        'db.system.name': 'postgresql',
        'db.namespace': env.PGDATABASE,
        'server.address': host,
        ...(port !== 5432 && { 'server.port': port }),
        'network.peer.address': optional(host),
        'network.peer.port': optional(port),
      },
      read: {
        input: { text: READ, values: ['bool', SECRET] },
        span: span(READ, 'SELECT pg_type'),
        result: [{ typname: 'bool' }],
      },
      styles: {
        promise: [],
        callback: ['callback'],
        config: [],
        configCallback: ['callback'],
        prepared: [],
        pool: [],
        poolCallback: ['callback'],
        poolClient: [],
        poolClientCallback: ['callback'],
        submittable: ['callback'],
        // These packages of today hang on a pg so old, without the agent too.
        ...(!isOldest && { cursor: [], stream: [] }),
      },
      failing: {
        title: 'a table that does not exist',
        input: { text: MISSING },
        error: '42P01',
        spans: [span('SELECT * FROM kit_missing WHERE name = ?', 'SELECT kit_missing', { error: '42P01' })],
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
          spans: [span('SELECT typname FROM pg_type WHERE typname = ? AND typlen > ?', 'SELECT pg_type')],
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
            span('INSERT INTO kit_orders VALUES (?, ?)', 'INSERT kit_orders'),
            plain('COMMIT'),
          ],
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
      shape: { text: READ, values: ['bool', 'int4'] },
      crashes: [
        { how: 'rejection', text: READ, failing: MISSING },
        { how: 'callback', text: 'SELECT 1', failing: MISSING },
      ],
    });
  });
}
