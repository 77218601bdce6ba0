import { describe, expect, it } from 'vitest';
import { commentPlace } from '../../../src/sql-commenter/appended.ts';
import type { SqlDialect } from '../../../src/redact/sql-dialect.ts';

const DIALECTS: SqlDialect[] = ['postgresql', 'mysql', 'sqlite', 'mssql', 'other_sql'];

/** The text with a mark where the comment goes. */
const marked = (text: string, dialect: SqlDialect): string | undefined => {
  const place = commentPlace(text, dialect);
  return place === -1 ? undefined : `${text.slice(0, place)}^${text.slice(place)}`;
};

describe.each(DIALECTS)('where a comment goes, %s', (dialect) => {
  it.each([
    ['SELECT 1', 'SELECT 1^'],
    ['  select 1\n', '  select 1^\n'],
    ['SELECT 1;', 'SELECT 1^;'],
    ['SELECT 1 ; ;\n', 'SELECT 1^ ; ;\n'],
    ['SELECT 1; UPDATE a SET b = 1', 'SELECT 1; UPDATE a SET b = 1^'],
    ['(SELECT 1) UNION (SELECT 2)', '(SELECT 1) UNION (SELECT 2)^'],
    ["SELECT 'a''b'", "SELECT 'a''b'^"],
    ["SELECT '-- /* ; # */'", "SELECT '-- /* ; # */'^"],
    ['SELECT "a--b" FROM c', 'SELECT "a--b" FROM c^'],
    [
      'WITH a AS (SELECT 1) INSERT INTO b SELECT * FROM a',
      'WITH a AS (SELECT 1) INSERT INTO b SELECT * FROM a^',
    ],
    ['SELECT 3 - 1 / 2', 'SELECT 3 - 1 / 2^'],
  ])('%s', (text, expected) => {
    expect(marked(text, dialect)).toBe(expected);
  });

  it.each([
    '',
    '  ;',
    'SELECT 1 /* mine */',
    '/*+ INDEX(a) */ SELECT 1',
    'SELECT /*+ hint */ 1',
    'SELECT 1 -- mine',
    'SELECT 1 -- mine\n',
    "SELECT 'never closed",
    'SELECT "never closed',
    'SELECT 1 /* never closed',
    'COPY a FROM STDIN',
    'CREATE TABLE a (b int)',
    'CREATE VIEW a AS SELECT 1',
    'BEGIN',
    'SELECT 1; CREATE TABLE a (b int)',
    "SET a = 'b'; SELECT 1",
    'PREPARE a AS SELECT 1',
    'SELECTED',
    `SELECT ${'1,'.repeat(40_000)}1`,
  ])('leaves %s alone', (text) => {
    expect(marked(text, dialect)).toBeUndefined();
  });
});

describe('where a comment goes', () => {
  it.each<[SqlDialect, string, string | undefined]>([
    ['postgresql', 'SELECT $$ -- $$', 'SELECT $$ -- $$^'],
    ['postgresql', 'SELECT $a$ $$ -- $a$ ;', 'SELECT $a$ $$ -- $a$^ ;'],
    ['postgresql', 'SELECT $a$ never closed', undefined],
    ['postgresql', 'SELECT $1, $2', 'SELECT $1, $2^'],
    ['postgresql', String.raw`SELECT E'a\'b -- '`, String.raw`SELECT E'a\'b -- '^`],
    ['postgresql', String.raw`SELECT 'a\', 1`, String.raw`SELECT 'a\', 1^`],
    ['postgresql', "SELECT a #> '{b}'", "SELECT a #> '{b}'^"],
    ['mysql', String.raw`SELECT 'a\'b'`, String.raw`SELECT 'a\'b'^`],
    ['mysql', String.raw`SELECT 'a\'`, undefined],
    ['mysql', 'SELECT 1 # mine', undefined],
    ['mysql', 'SELECT `a#b`', 'SELECT `a#b`^'],
    ['mysql', 'SELECT /*! 1 */', undefined],
    ['mssql', 'SELECT [a--b]', 'SELECT [a--b]^'],
    ['mssql', 'SELECT [a', undefined],
    ['mssql', 'DECLARE @a int; SELECT @a', 'DECLARE @a int; SELECT @a^'],
    ['sqlite', 'SELECT [a;b];', 'SELECT [a;b]^;'],
  ])('%s: %s', (dialect, text, expected) => {
    expect(marked(text, dialect)).toBe(expected);
  });
});
