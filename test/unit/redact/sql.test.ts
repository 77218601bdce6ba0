import { describe, expect, it, test } from 'vitest';
import { MAX_SQL, sanitizeSql, type SqlDialect, summarizeSql } from '../../../src/redact/sql.ts';
import { cpuMs } from '../../support/cpu-time.ts';

type Case = readonly [query: string, text: string, summary: string];

function cases(dialect: SqlDialect, table: readonly Case[]): void {
  test.each(table)(`${dialect}: %s`, (query, text, summary) => {
    expect(sanitizeSql(query, dialect)).toMatchObject({ text, summary });
    expect(summarizeSql(query, dialect)).toBe(summary);
  });
}

describe('numbers become a placeholder', () => {
  cases('other_sql', [
    ['SELECT 7, -7, +7', 'SELECT ?, ?, ?', 'SELECT'],
    ['SELECT 1.5, .5, -.5, 1.', 'SELECT ?, ?, ?, ?', 'SELECT'],
    ['SELECT 1e9, 2E+9, 3.1e-9, -4e0', 'SELECT ?, ?, ?, ?', 'SELECT'],
    ['SELECT 0xDEADBEEF, 0Xff, 0b1010, 0o17, 1_000_000', 'SELECT ?, ?, ?, ?, ?', 'SELECT'],
    ['SELECT 5+3', 'SELECT ??', 'SELECT'],
    ['SELECT a-5, (a)-5, a -5, a - 5', 'SELECT a-?, (a)-?, a ?, a - ?', 'SELECT'],
    ['SELECT 1/2/34', 'SELECT ?/?/?', 'SELECT'],
    ['SELECT 123abc', 'SELECT ?', 'SELECT'],
    ['SELECT r2d2 FROM c3po WHERE n1=5', 'SELECT r2d2 FROM c3po WHERE n1=?', 'SELECT c3po'],
    ['SELECT a FROM t WHERE b>=-5 AND c<.5', 'SELECT a FROM t WHERE b>=? AND c<?', 'SELECT t'],
    ['SELECT TOP 10 a FROM t', 'SELECT TOP ? a FROM t', 'SELECT t'],
    ['SELECT TOP (10) a FROM t', 'SELECT TOP (?) a FROM t', 'SELECT t'],
    ['SELECT ((5)) AS c', 'SELECT ((?)) AS c', 'SELECT'],
    ['SELECT a FROM t LIMIT 10 OFFSET 20', 'SELECT a FROM t LIMIT ? OFFSET ?', 'SELECT t'],
    [
      'CREATE TABLE t (a VARCHAR(255), b DECIMAL(10,2))',
      'CREATE TABLE t (a VARCHAR(?), b DECIMAL(?,?))',
      'CREATE TABLE t',
    ],
  ]);
  cases('mssql', [['SELECT a FROM t WHERE m > $12.50', 'SELECT a FROM t WHERE m > ?', 'SELECT t']]);
  cases('postgresql', [
    ['SELECT @-5, @5, 5 # 3', 'SELECT @?, @?, ? # ?', 'SELECT'],
    ['SELECT a[1:2] FROM t', 'SELECT a[?:?] FROM t', 'SELECT t'],
    ['SELECT $1234567', 'SELECT $?', 'SELECT'],
  ]);
});

describe('strings become a placeholder', () => {
  cases('other_sql', [
    ["SELECT 'it''s'", 'SELECT ?', 'SELECT'],
    ["SELECT ''", 'SELECT ?', 'SELECT'],
    ["SELECT 'two\nlines -- and /* no comment'", 'SELECT ?', 'SELECT'],
    ["SELECT N'a', X'ff', B'01', U&'\\0061', n'b'", 'SELECT ?, ?, ?, ?, ?', 'SELECT'],
    ["SELECT DATE '2026-01-01', TIMESTAMP '2026-01-01 00:00'", 'SELECT DATE ?, TIMESTAMP ?', 'SELECT'],
    ["SELECT INTERVAL '1' DAY", 'SELECT INTERVAL ? DAY', 'SELECT'],
    ["SELECT q'[it's]', nq'{a'b}', q'!c'd!'", 'SELECT ?, ?, ?', 'SELECT'],
    ["SELECT 'never ends, secret", 'SELECT ?', 'SELECT'],
    ["UPDATE t SET a = 'x' WHERE b = 'y'", 'UPDATE t SET a = ? WHERE b = ?', 'UPDATE t'],
    ["SELECT { guid '0123-4567' }", 'SELECT { guid ? }', 'SELECT'],
    ['SELECT a FROM t WHERE b = "maybe"', 'SELECT a FROM t WHERE b = ?', 'SELECT t'],
  ]);
  cases('postgresql', [
    ["SELECT E'it\\'s', e'\\\\', 'C:\\', 'x'", 'SELECT ?, ?, ?, ?', 'SELECT'],
    ["SELECT E'a\\'b'\n  'c\\'secret' FROM t", 'SELECT ? FROM t', 'SELECT t'],
    ["SELECT E'a' -- why\n 'c\\'secret' FROM t", 'SELECT ? FROM t', 'SELECT t'],
    ["SELECT 1E'it\\'s secret'", 'SELECT ??', 'SELECT'],
    ['SELECT $$it\'s "this"$$, $$$$', 'SELECT ?, ?', 'SELECT'],
    ['SELECT $a$one $b$two$b$ three$a$ FROM t', 'SELECT ? FROM t', 'SELECT t'],
    ['SELECT $tag$never ends $tag', 'SELECT ?', 'SELECT'],
    ['SELECT foo$bar$baz FROM t$1', 'SELECT foo$bar$baz FROM t$1', 'SELECT t$1'],
    ["SELECT '5'::int, 'a'::text", 'SELECT ?::int, ?::text', 'SELECT'],
    ["SELECT a->>'b', a->-1 FROM t", 'SELECT a->>?, a->? FROM t', 'SELECT t'],
    ["SELECT a ? 'b', a ?| ARRAY['c'] FROM t", 'SELECT a ? ?, a ?| ARRAY[?] FROM t', 'SELECT t'],
  ]);
  cases('mysql', [
    ["SELECT 'it\\'s', 'a''b', 'c\\\\'", 'SELECT ?, ?, ?', 'SELECT'],
    ['SELECT "it\\"s", "a""b" FROM t', 'SELECT ?, ? FROM t', 'SELECT t'],
    ["SELECT _utf8mb4'x', x'4142', 0x4142", 'SELECT _utf8mb4?, ?, ?', 'SELECT'],
    ['SELECT a FROM t WHERE b = "never ends', 'SELECT a FROM t WHERE b = ?', 'SELECT t'],
  ]);
  cases('sqlite', [
    ['SELECT "a" FROM "t" WHERE "a" = "secret"', 'SELECT "a" FROM "t" WHERE "a" = ?', 'SELECT "t"'],
    [
      'INSERT INTO "t" ("a", "b") VALUES ("x", lower("y"))',
      'INSERT INTO "t" ("a", "b") VALUES (?, lower(?))',
      'INSERT "t"',
    ],
    [
      'SELECT "a" FROM t WHERE a LIKE "x" AND b BETWEEN "y" AND "z"',
      'SELECT "a" FROM t WHERE a LIKE ? AND b BETWEEN ? AND ?',
      'SELECT t',
    ],
    [
      'SELECT * FROM t JOIN u ON "t"."a" = "u"."b"',
      'SELECT * FROM t JOIN u ON "t"."a" = "u"."b"',
      'SELECT t u',
    ],
    [
      'SELECT 1 WHERE a IN (SELECT "b" FROM "u")',
      'SELECT ? WHERE a IN (SELECT "b" FROM "u")',
      'SELECT SELECT "u"',
    ],
  ]);
});

describe('booleans become a placeholder where they are literals', () => {
  cases('postgresql', [
    ['SELECT a FROM t WHERE b = TRUE AND c = false', 'SELECT a FROM t WHERE b = ? AND c = ?', 'SELECT t'],
    [
      'SELECT a FROM t WHERE b IS TRUE AND c IS NOT FALSE',
      'SELECT a FROM t WHERE b IS TRUE AND c IS NOT FALSE',
      'SELECT t',
    ],
    ['SELECT a FROM t WHERE b IS NULL', 'SELECT a FROM t WHERE b IS NULL', 'SELECT t'],
  ]);
  cases('mssql', [['SELECT true FROM t', 'SELECT true FROM t', 'SELECT t']]);
});

describe('parameters and identifiers stay', () => {
  cases('postgresql', [
    ['SELECT a FROM t WHERE b = $1 AND c = $22', 'SELECT a FROM t WHERE b = $1 AND c = $22', 'SELECT t'],
    [
      'SELECT "Odd Name"."x" FROM "s"."Odd ""Table"""',
      'SELECT "Odd Name"."x" FROM "s"."Odd ""Table"""',
      'SELECT "s"."Odd ""Table"""',
    ],
    ['SELECT a FROM t WHERE b = "c"', 'SELECT a FROM t WHERE b = "c"', 'SELECT t'],
    ['SELECT źą FROM ćń', 'SELECT źą FROM ćń', 'SELECT ćń'],
    ['SELECT "never ends', 'SELECT ?', 'SELECT'],
  ]);
  cases('other_sql', [
    ['SELECT a FROM t WHERE b = ? AND c = :name', 'SELECT a FROM t WHERE b = ? AND c = :name', 'SELECT t'],
    [
      'SELECT a FROM t WHERE b = :from AND c = :select',
      'SELECT a FROM t WHERE b = :from AND c = :select',
      'SELECT t',
    ],
    ['SELECT a FROM users@remote', 'SELECT a FROM users@remote', 'SELECT users@remote'],
  ]);
  cases('sqlite', [
    [
      'SELECT a FROM t WHERE b = ?1 AND c = @p AND d = $p',
      'SELECT a FROM t WHERE b = ?1 AND c = @p AND d = $p',
      'SELECT t',
    ],
    ['SELECT a FROM [my table]', 'SELECT a FROM [my table]', 'SELECT [my table]'],
  ]);
  cases('mssql', [
    ['SELECT a FROM [s].[t] WHERE b = @p1', 'SELECT a FROM [s].[t] WHERE b = @p1', 'SELECT [s].[t]'],
    [
      "SELECT a FROM [it's ]]odd] JOIN db..t ON 1=1",
      "SELECT a FROM [it's ]]odd] JOIN db..t ON ?=?",
      "SELECT [it's ]]odd] db..t",
    ],
    ['SELECT a FROM #temp', 'SELECT a FROM #temp', 'SELECT #temp'],
  ]);
  cases('mysql', [
    [
      'SELECT `a` FROM `my ``table` WHERE `b` = ?',
      'SELECT `a` FROM `my ``table` WHERE `b` = ?',
      'SELECT `my ``table`',
    ],
    ['SELECT @@version, @user', 'SELECT @@version, @user', 'SELECT'],
  ]);
});

describe('comments are left out', () => {
  cases('other_sql', [
    ['SELECT a -- why\nFROM /* two\nlines */ t', 'SELECT a \nFROM  t', 'SELECT t'],
    ['/* UPDATE secret */ SELECT a FROM t', ' SELECT a FROM t', 'SELECT t'],
    ['SELECT a/* */FROM/**/t', 'SELECT a FROM t', 'SELECT t'],
    ['SELECT a-/**/-b', 'SELECT a- -b', 'SELECT'],
    ['SELECT a /* never ends', 'SELECT a ', 'SELECT'],
    ["SELECT '--' FROM t -- 'secret", 'SELECT ? FROM t ', 'SELECT t'],
    ['SELECT a /* /* inner */ secret */ FROM t', 'SELECT a  FROM t', 'SELECT t'],
  ]);
  cases('postgresql', [['SELECT 1 --a\rFROM t', 'SELECT ? \rFROM t', 'SELECT t']]);
  cases('mysql', [
    ['SELECT a # why\nFROM t', 'SELECT a \nFROM t', 'SELECT t'],
    ['SELECT 5--3', 'SELECT ?-?', 'SELECT'],
    ["SELECT 5--- it's\n, 'x'", 'SELECT ?-\n, ?', 'SELECT'],
    ['SELECT a---/**/ b', 'SELECT a- - - b', 'SELECT'],
    ['SELECT a--/**/ b', 'SELECT a- - b', 'SELECT'],
    ["SELECT a--'x\nsecret' FROM t", 'SELECT a--? FROM t', 'SELECT t'],
    ['SELECT a-- why\nFROM t', 'SELECT a\nFROM t', 'SELECT t'],
    ['SELECT /*!40001 SQL_NO_CACHE */ a FROM t', 'SELECT  SQL_NO_CACHE  a FROM t', 'SELECT t'],
    ["SELECT /*! 'a */ secret' */ b FROM t", 'SELECT  ?  b FROM t', 'SELECT t'],
    ['SELECT a /* /* */ FROM t', 'SELECT a  FROM t', 'SELECT t'],
  ]);
});

describe('lists of literals collapse', () => {
  cases('other_sql', [
    ["SELECT * FROM t WHERE a IN (1, -2, 'b', 0xAB, .5)", 'SELECT * FROM t WHERE a IN (?)', 'SELECT t'],
    ['SELECT * FROM t WHERE a in( 1 ,2 /* two */ )', 'SELECT * FROM t WHERE a in(?)', 'SELECT t'],
    ['SELECT * FROM t WHERE a IN (?, ?, ?)', 'SELECT * FROM t WHERE a IN (?)', 'SELECT t'],
    ['SELECT * FROM t WHERE a IN (?, b, 3)', 'SELECT * FROM t WHERE a IN (?, b, ?)', 'SELECT t'],
    ['SELECT * FROM t WHERE a IN ()', 'SELECT * FROM t WHERE a IN ()', 'SELECT t'],
    ["SELECT * FROM t WHERE a IN ('b', 2,", 'SELECT * FROM t WHERE a IN (?, ?,', 'SELECT t'],
    [
      'SELECT * FROM t WHERE a IN (SELECT b FROM u)',
      'SELECT * FROM t WHERE a IN (SELECT b FROM u)',
      'SELECT t SELECT u',
    ],
    [
      'SELECT * FROM t WHERE a IN (1) OR b IN (2, 3)',
      'SELECT * FROM t WHERE a IN (?) OR b IN (?)',
      'SELECT t',
    ],
  ]);
  cases('postgresql', [
    ['SELECT * FROM t WHERE a IN ($1, $2)', 'SELECT * FROM t WHERE a IN ($1, $2)', 'SELECT t'],
  ]);

  it('leaves one placeholder of 1,000 items', () => {
    const list = Array.from({ length: 1_000 }, (_, i) => `'item ${i}'`).join(', ');
    expect(sanitizeSql(`SELECT a FROM t WHERE b IN (${list}) AND c = 1`, 'mysql').text).toBe(
      'SELECT a FROM t WHERE b IN (?) AND c = ?',
    );
  });

  it('leaves one placeholder of a list that the length limit cuts', () => {
    const list = Array.from({ length: 10_000 }, (_, i) => `'item ${i}'`).join(', ');
    expect(sanitizeSql(`SELECT a FROM t WHERE b IN (${list})`, 'mysql').text).toBe(
      'SELECT a FROM t WHERE b IN (?',
    );
  });
});

describe('passwords without quotes are values', () => {
  cases('other_sql', [
    ['CREATE USER u PASSWORD Secret1', 'CREATE USER u PASSWORD ?', 'CREATE USER u'],
    ['CREATE USER password PASSWORD Secret1', 'CREATE USER password PASSWORD ?', 'CREATE USER password'],
    [
      'ALTER USER u IDENTIFIED BY New1 REPLACE Old1',
      'ALTER USER u IDENTIFIED BY ? REPLACE ?',
      'ALTER USER u',
    ],
    ['CREATE USER u IDENTIFIED BY "Secret1"', 'CREATE USER u IDENTIFIED BY ?', 'CREATE USER u'],
    ["CREATE USER u WITH PASSWORD = 'x'", 'CREATE USER u WITH PASSWORD = ?', 'CREATE USER u'],
    ['CONNECT u PASSWORD Secret1', 'CONNECT u PASSWORD ?', ''],
    ['GRANT ALL ON d.* TO u IDENTIFIED BY Secret1', 'GRANT ALL ON d.* TO u IDENTIFIED BY ?', 'GRANT'],
    ['SELECT password FROM users', 'SELECT password FROM users', 'SELECT users'],
    [
      'CREATE TABLE users (password VARCHAR(9))',
      'CREATE TABLE users (password VARCHAR(?))',
      'CREATE TABLE users',
    ],
    [
      'ALTER TABLE users ADD COLUMN password TEXT',
      'ALTER TABLE users ADD COLUMN password TEXT',
      'ALTER TABLE users',
    ],
    ['SELECT "user", "password" FROM "t"', 'SELECT "user", "password" FROM "t"', 'SELECT "t"'],
  ]);
});

describe('the summary names operations and targets in order', () => {
  const unchanged: readonly (readonly [query: string, summary: string])[] = [
    ['SELECT a FROM s.t', 'SELECT s.t'],
    ['SELECT s.t.a, t.* FROM s.t', 'SELECT s.t'],
    ['sElEcT a FrOm T', 'sElEcT T'],
    ['SELECT DISTINCT a FROM t', 'SELECT t'],
    ['SELECT * FROM a, b', 'SELECT a b'],
    ['SELECT * FROM a x, b AS y ORDER BY p, q', 'SELECT a b'],
    ['SELECT * FROM a JOIN b ON a.i = b.i LEFT OUTER JOIN c USING (i), d', 'SELECT a b c d'],
    ['SELECT * FROM a CROSS JOIN b', 'SELECT a b'],
    ['SELECT * FROM a CROSS APPLY b OUTER APPLY (SELECT * FROM c)', 'SELECT a b SELECT c'],
    ['SELECT * FROM (a JOIN b ON a.i = b.i), c', 'SELECT a b c'],
    ['SELECT * FROM (SELECT * FROM a JOIN b) x, c', 'SELECT SELECT a b c'],
    ['SELECT * FROM a, LATERAL (SELECT * FROM b) x', 'SELECT a SELECT b'],
    ['SELECT x, (SELECT y FROM b) FROM a', 'SELECT SELECT b a'],
    [
      'SELECT * FROM a WHERE x IN (SELECT y FROM b WHERE EXISTS (SELECT z FROM c))',
      'SELECT a SELECT b SELECT c',
    ],
    ['SELECT a FROM t UNION ALL SELECT a FROM u EXCEPT SELECT a FROM v', 'SELECT t u v'],
    ['(SELECT a FROM t) UNION (SELECT a FROM u)', 'SELECT t u'],
    ['SELECT EXTRACT(YEAR FROM b), SUBSTRING(c FROM d) FROM t', 'SELECT t'],
    ['SELECT a FROM t WHERE b IS DISTINCT FROM c', 'SELECT t'],
    ['SELECT COUNT(*) OVER (PARTITION BY a, b) FROM t', 'SELECT t'],
    ['SELECT a FROM t FOR UPDATE OF t, u', 'SELECT t'],
    ['SELECT insert, update FROM t AS delete', 'SELECT t'],
    ['SELECT * FROM update WHERE a = b', 'SELECT update'],
    ['SELECT * FROM ONLY t', 'SELECT t'],
    ['WITH x AS (SELECT a FROM t) SELECT * FROM x', 'SELECT t SELECT'],
    [
      'WITH x (a) AS (SELECT a FROM t), y AS (SELECT b FROM x) SELECT * FROM x JOIN y ON a = b JOIN z ON c = d',
      'SELECT t SELECT SELECT z',
    ],
    ['WITH x AS (DELETE FROM t RETURNING *) INSERT INTO u SELECT * FROM x', 'DELETE t INSERT u SELECT'],
    ['INSERT INTO t (a, b) VALUES (?, ?)', 'INSERT t'],
    ['INSERT INTO t (a) SELECT a FROM u', 'INSERT t SELECT u'],
    ['INSERT INTO t WITH x AS (SELECT a FROM u) SELECT * FROM x', 'INSERT t SELECT u SELECT'],
    ['INSERT OR REPLACE INTO t VALUES (?)', 'INSERT t'],
    ['INSERT INTO t (a) VALUES (?) ON CONFLICT (a) DO UPDATE SET b = excluded.b, c = excluded.c', 'INSERT t'],
    ['INSERT INTO t SELECT a FROM u ON DUPLICATE KEY UPDATE b = c, d = e', 'INSERT t SELECT u'],
    ['REPLACE INTO t VALUES (?)', 'REPLACE t'],
    ['UPDATE t SET a = ?, b = ? WHERE c = ?', 'UPDATE t'],
    ['UPDATE a, b SET a.x = b.x', 'UPDATE a b'],
    ['UPDATE t SET a = u.a FROM u WHERE t.i = u.i', 'UPDATE t u'],
    ['UPDATE t SET a = (SELECT b FROM u)', 'UPDATE t SELECT u'],
    ['DELETE FROM t WHERE a IN (SELECT b FROM u)', 'DELETE t SELECT u'],
    ['DELETE FROM t USING u WHERE t.i = u.i', 'DELETE t u'],
    ['DELETE o FROM orders o JOIN customers c ON o.i = c.i', 'DELETE orders customers'],
    [
      'MERGE INTO t USING u ON t.i = u.i WHEN MATCHED THEN UPDATE SET a = b WHEN NOT MATCHED THEN INSERT (a) VALUES (b)',
      'MERGE t u',
    ],
    ['CREATE TABLE IF NOT EXISTS s.t (a INT)', 'CREATE TABLE s.t'],
    ['CREATE UNIQUE CLUSTERED INDEX i ON t (a)', 'CREATE INDEX i'],
    ['CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a)', 'CREATE INDEX i'],
    ['CREATE INDEX ON t (a)', 'CREATE INDEX t'],
    ['CREATE OR REPLACE VIEW v AS SELECT * FROM t', 'CREATE VIEW v'],
    ['CREATE TRIGGER g AFTER UPDATE ON t BEGIN UPDATE t SET a = b; DELETE FROM u; END', 'CREATE TRIGGER g'],
    ['CREATE FUNCTION d.f(@a INT) RETURNS INT AS BEGIN RETURN @a; END;', 'CREATE FUNCTION d.f'],
    ['ALTER TABLE t DROP COLUMN a, DROP COLUMN b', 'ALTER TABLE t'],
    ['ALTER SCHEMA s TRANSFER d.t', 'ALTER SCHEMA s'],
    ['DROP TABLE IF EXISTS a, b CASCADE', 'DROP TABLE a b'],
    ['DROP PROCEDURE IF EXISTS p', 'DROP PROCEDURE p'],
    ['TRUNCATE TABLE a, b', 'TRUNCATE TABLE a b'],
    ['TRUNCATE t', 'TRUNCATE t'],
    ['LOCK TABLE t IN EXCLUSIVE MODE', 'LOCK TABLE t'],
    ['CALL s.p(?, ?)', 'CALL s.p'],
    ['{call p(?)}', 'call p'],
    ['{? = call p(?)}', 'call p'],
    ['EXEC p @a = ?', 'EXEC p'],
    ['EXECUTE @r = d.p @a', 'EXECUTE d.p'],
    ['BEGIN', 'BEGIN'],
    ['START TRANSACTION READ ONLY', 'START TRANSACTION'],
    ['COMMIT WORK', 'COMMIT WORK'],
    ['ROLLBACK TO SAVEPOINT s1', 'ROLLBACK'],
    ['SAVEPOINT s1', 'SAVEPOINT'],
    ['SET search_path TO s', 'SET'],
    ['SHOW CREATE TABLE t', 'SHOW'],
    ['GRANT SELECT, UPDATE ON t TO u', 'GRANT'],
    ['EXPLAIN SELECT a FROM t', 'EXPLAIN SELECT t'],
    ['EXPLAIN (ANALYZE, BUFFERS) SELECT a FROM t', 'EXPLAIN SELECT t'],
    ['PRAGMA table_info(t)', 'PRAGMA table_info'],
    ['COPY t (a, b) FROM STDIN', 'COPY t'],
    ['VALUES (?, ?)', 'VALUES'],
    ['USE d', 'USE d'],
    ['BEGIN; UPDATE t SET a = b; COMMIT;', 'BEGIN; UPDATE t; COMMIT'],
    ['SELECT a FROM t;; SELECT b FROM u;', 'SELECT t; SELECT u'],
    ['and now for something else', ''],
    ['', ''],
    [' ; ; ', ''],
  ];
  test.each(unchanged)('%s', (query, summary) => {
    expect(sanitizeSql(query, 'other_sql').summary).toBe(summary);
  });

  cases('mssql', [
    ['INSERT t VALUES (1)', 'INSERT t VALUES (?)', 'INSERT t'],
    [
      'INSERT INTO t WITH (TABLOCK) SELECT a FROM u',
      'INSERT INTO t WITH (TABLOCK) SELECT a FROM u',
      'INSERT t SELECT u',
    ],
    ['UPDATE TOP (5) t SET a = 1', 'UPDATE TOP (?) t SET a = ?', 'UPDATE t'],
    ['SELECT a FROM t WITH (NOLOCK), u', 'SELECT a FROM t WITH (NOLOCK), u', 'SELECT t u'],
  ]);

  it('never holds a string, even where a table is expected', () => {
    expect(sanitizeSql("SELECT * FROM 'secret', t", 'other_sql')).toMatchObject({
      text: 'SELECT * FROM ?, t',
      summary: 'SELECT t',
    });
    expect(sanitizeSql('SELECT * FROM "secret"', 'mysql')).toMatchObject({
      text: 'SELECT * FROM ?',
      summary: 'SELECT',
    });
  });

  it('is cut at a token at 255 characters', () => {
    const fits = 'a'.repeat(255 - 'SELECT '.length);
    expect(sanitizeSql(`SELECT * FROM ${fits}, t`, 'other_sql').summary).toBe(`SELECT ${fits}`);
    expect(sanitizeSql(`SELECT * FROM ${fits}a, t`, 'other_sql').summary).toBe('SELECT');
  });
});

describe('hostile queries', () => {
  it('are cut at 32,768 characters, not within a surrogate pair', () => {
    expect(sanitizeSql('a'.repeat(MAX_SQL), 'mysql').text).toHaveLength(MAX_SQL);
    expect(sanitizeSql('a'.repeat(MAX_SQL + 1), 'mysql').text).toHaveLength(MAX_SQL);
    expect(sanitizeSql(`${'a'.repeat(MAX_SQL - 1)}😀`, 'mysql').text).toHaveLength(MAX_SQL - 1);
    expect(sanitizeSql(`${' '.repeat(MAX_SQL - 3)}'secret'`, 'mysql').text.trim()).toBe('?');
  });

  it('of a 10,000 digit number leave one placeholder', () => {
    expect(sanitizeSql('7'.repeat(10_000), 'postgresql').text).toBe('?');
  });

  it('of any number of quotes are read to the end', () => {
    for (let n = 1; n < 2_000; n++) {
      expect(sanitizeSql("'".repeat(n), 'postgresql').text).toBe('?');
    }
  });

  const shapes: Record<string, (n: number) => string> = {
    'a long string': (n) => `SELECT '${'x'.repeat(n)}'`,
    'open parentheses': (n) => '('.repeat(n),
    'nested comments': (n) => '/*'.repeat(n / 2),
    'dollar signs': (n) => '$a$b'.repeat(n / 4),
    'dollar tags that differ at the end': (n) => `$${'a'.repeat(n / 4)}$` + `$${'a'.repeat(n / 8)}`.repeat(6),
    'lists of one': (n) => 'IN (1)'.repeat(n / 6),
    'lists within lists': (n) => 'IN (1,'.repeat(n / 6),
    subqueries: (n) => '(SELECT * FROM '.repeat(n / 15),
    'escaped strings over lines': (n) => "E'a'\n".repeat(n / 5),
    'common table expressions': (n) => `WITH ${'a AS (SELECT 1), '.repeat(n / 17)}b`,
    brackets: (n) => '[a'.repeat(n / 2),
    'quotes of both kinds': (n) => `'"`.repeat(n / 2),
    keywords: (n) => 'SELECT FROM '.repeat(n / 12),
  };
  const dialects: readonly SqlDialect[] = ['postgresql', 'mysql', 'sqlite', 'mssql', 'other_sql'];

  test.each(Object.keys(shapes))('take no more than linear time: %s', (shape) => {
    for (const dialect of dialects) {
      // The length limit bounds the whole; a square term within its 32 KiB would still take seconds.
      const query = shapes[shape](1 << 20);
      expect(cpuMs(20, () => sanitizeSql(query, dialect))).toBeLessThan(100);
    }
  });
});

describe('a statement with parameters is known by', () => {
  it.each([
    ['postgresql', "SELECT a FROM t WHERE b = 'x' AND c = $1", true],
    ['postgresql', "SELECT a ? 'b' FROM t", false],
    ['postgresql', "SELECT '$1', $tag$ $1 $tag$ -- $1", false],
    ['mysql', "SELECT a FROM t WHERE b = 'x' AND c = ?", true],
    ['mysql', "SELECT @a, ':b', '?'", false],
    ['sqlite', 'SELECT :name', true],
    ['mssql', 'SELECT @p1', true],
    ['mssql', 'SELECT @@version', false],
  ] as const)('%s: %s is %s', (dialect, query, expected) => {
    expect(sanitizeSql(query, dialect).parameterized).toBe(expected);
  });
});
