/** What the tests of the SQLite libraries with better-sqlite3's API have in common. */
import { expect } from 'vitest';
import { type CallSpan, dbKit, SECRET } from '../kit/db.ts';
import { optional } from './expect-trace.ts';
import { LIBRARIES } from './libraries.ts';

const span = (text: string, summary: string, more: Partial<CallSpan> = {}): CallSpan => ({
  name: summary,
  attributes: { 'db.query.text': text, 'db.query.summary': summary },
  ...more,
});

const READ = 'SELECT name FROM pragma_database_list WHERE name = ? OR name = ?';

/** @param SQLITE_DRIVER one that `test/fixtures/sqlite.mjs` knows */
export function sqliteKit(SQLITE_DRIVER: string): void {
  dbKit({
    title: 'statements',
    fixture: { file: 'sqlite.mjs', env: { SQLITE_DRIVER }, execArgv: ['--no-warnings'], cwd: LIBRARIES },
    attributes: { 'db.system.name': 'sqlite', 'db.namespace': optional(expect.any(String)) },
    read: {
      input: { text: READ, values: ['main', SECRET] },
      span: span(READ, 'SELECT pragma_database_list'),
      result: [{ name: 'main' }],
    },
    styles: { get: [], all: [], iterate: [] },
    failing: {
      title: 'a table that does not exist',
      input: { style: 'exec', text: `SELECT * FROM kit_missing WHERE name = '${SECRET}'` },
      error: expect.stringMatching(/SQLITE_ERROR$/),
      spans: [
        span('SELECT * FROM kit_missing WHERE name = ?', 'SELECT kit_missing', {
          error: expect.any(String),
        }),
      ],
    },
    cases: [
      {
        title: 'replaces literals, and traces exec and run',
        op: 'sequence',
        input: {
          texts: [
            'CREATE TABLE IF NOT EXISTS kit_orders (id int, name text)',
            `INSERT INTO kit_orders VALUES (4711, '${SECRET}')`,
          ],
        },
        spans: [
          {
            name: expect.any(String),
            attributes: {
              'db.query.text': 'CREATE TABLE IF NOT EXISTS kit_orders (id int, name text)',
              'db.query.summary': expect.stringContaining('kit_orders'),
            },
          },
          span('INSERT INTO kit_orders VALUES (?, ?)', 'INSERT kit_orders'),
        ],
      },
      {
        title: 'names a constraint that is violated',
        op: 'sequence',
        input: {
          texts: [
            'CREATE TABLE IF NOT EXISTS kit_unique (name text UNIQUE)',
            `INSERT INTO kit_unique VALUES ('${SECRET}'), ('${SECRET}')`,
          ],
        },
        error: expect.stringContaining('SQLITE'),
        spans: [
          {
            name: expect.any(String),
            attributes: {
              'db.query.text': expect.stringMatching(/^CREATE TABLE/),
              'db.query.summary': expect.stringContaining('kit_unique'),
            },
          },
          span('INSERT INTO kit_unique VALUES (?), (?)', 'INSERT kit_unique', {
            error: expect.any(String),
          }),
        ],
      },
      {
        title: 'copes with a query of 100 KB',
        input: {
          text: `SELECT name FROM sqlite_master WHERE name IN (${Array.from({ length: 5000 }, () => `'${SECRET}'`).join(', ')})`,
        },
        result: [],
        // The text is cut before it is sanitised.
        spans: [
          {
            name: 'SELECT sqlite_master',
            attributes: {
              'db.query.text': expect.stringMatching(
                /^SELECT name FROM sqlite_master WHERE name IN \(\?\)?$/,
              ),
              'db.query.summary': 'SELECT sqlite_master',
            },
          },
        ],
      },
    ],
    shape: { text: 'SELECT ? AS name', values: ['a'] },
    crashes: [{ failing: 'SELECT * FROM kit_missing' }],
  });
}
