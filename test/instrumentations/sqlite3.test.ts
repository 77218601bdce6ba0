import { describe, expect } from 'vitest';
import { type CallSpan, dbKit, SECRET } from '../kit/db.ts';
import { mixingDbKit } from '../kit/mixing-db.ts';
import { LIBRARIES, nativeLibrary } from '../support/libraries.ts';

const span = (text: string, summary: unknown, more: Partial<CallSpan> = {}): CallSpan => ({
  name: summary,
  attributes: { 'db.query.text': text, 'db.query.summary': summary },
  ...more,
});

const READ = 'SELECT name FROM pragma_database_list WHERE name = ? OR name = ?';
const MISSING = `SELECT * FROM kit_missing WHERE name = '${SECRET}'`;
const missing = nativeLibrary('sqlite3');

for (const file of ['sqlite3.mjs', 'sqlite3.cjs']) {
  describe.skipIf(missing)(`sqlite3, ${file}${missing ?? ''}`, () => {
    dbKit({
      title: 'statements',
      fixture: { file, cwd: LIBRARIES },
      attributes: { 'db.system.name': 'sqlite', 'db.namespace': ':memory:' },
      read: {
        input: { text: READ, values: ['main', SECRET] },
        span: span(READ, 'SELECT pragma_database_list'),
        result: [{ name: 'main' }],
      },
      styles: {
        promise: [],
        all: ['callback'],
        get: ['callback'],
        each: ['row', 'end'],
      },
      failing: {
        title: 'a table that does not exist',
        input: { text: MISSING },
        error: 'SQLITE_ERROR',
        spans: [
          span('SELECT * FROM kit_missing WHERE name = ?', 'SELECT kit_missing', { error: 'SQLITE_ERROR' }),
        ],
      },
      cases: [
        {
          title: 'traces the execution of a prepared statement',
          input: { style: 'prepared', text: READ, values: ['main', SECRET] },
          result: [{ name: 'main' }],
          spans: [span(READ, 'SELECT pragma_database_list')],
          marks: ['callback'],
        },
        {
          title: 'makes one span of a script',
          input: { style: 'exec', text: `SELECT 1; SELECT '${SECRET}'` },
          spans: [span('SELECT ?; SELECT ?', expect.any(String))],
          marks: ['callback'],
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
          error: 'SQLITE_CONSTRAINT',
          spans: [
            span(
              'CREATE TABLE IF NOT EXISTS kit_unique (name text UNIQUE)',
              expect.stringContaining('kit_unique'),
            ),
            span('INSERT INTO kit_unique VALUES (?), (?)', 'INSERT kit_unique', {
              error: 'SQLITE_CONSTRAINT',
            }),
          ],
        },
        {
          title: "leaves the callback's `this` to the app",
          op: 'changes',
          input: { text: `INSERT INTO kit_changes VALUES ('${SECRET}')` },
          result: 1,
          spans: [
            span(
              'CREATE TABLE IF NOT EXISTS kit_changes (name text)',
              expect.stringContaining('kit_changes'),
            ),
            span('INSERT INTO kit_changes VALUES (?)', 'INSERT kit_changes'),
          ],
        },
      ],
      shape: { text: READ, values: ['main', 'temp'] },
      crashes: [{ how: 'event', failing: 'SELECT * FROM kit_missing' }, { how: 'callback' }],
    });
  });
}

describe.skipIf(missing)(`sqlite3${missing ?? ''}`, () => {
  mixingDbKit({
    library: 'sqlite3',
    fixture: { cwd: LIBRARIES },
    ways: ['callback', 'prepared', 'serialized'],
  });
});
