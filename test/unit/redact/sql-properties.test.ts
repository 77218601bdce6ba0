import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sanitizeSql, type SqlDialect } from '../../../src/redact/sql.ts';

const DIALECTS: readonly SqlDialect[] = ['postgresql', 'mysql', 'sqlite', 'mssql', 'other_sql'];

/** Every way of a dialect to write a literal or a comment, with its content at `%`. */
const STRINGS: Record<SqlDialect, readonly string[]> = {
  postgresql: [
    "'%'",
    "E'%'",
    "E'\\'%'",
    "e'\\\\%'",
    "N'%'",
    "U&'%'",
    '$$%$$',
    '$t$%$t$',
    "E'a'\n'\\'%'",
    "'it''s %'",
    "'\\'||'%'",
  ],
  mysql: ["'%'", '"%"', "'\\'%'", '"\\"%"', "N'%'", "_utf8'%'", "'a''%'", '"a""%"', "'\"%'"],
  sqlite: ["'%'", "'a''%'", "'\\'||'%'", '= "%"', 'IN ("%", 1)', 'LIKE "%"'],
  mssql: ["'%'", "N'%'", "'a''%'", "'\\'+'%'", '= "%"'],
  other_sql: ["'%'", "N'%'", "q'[%]'", "q'!it's %!'", "'a''%'", '$$%$$', '= "%"'],
};
const COMMENTS: Record<SqlDialect, readonly string[]> = {
  postgresql: ['-- %\n', '/* % */', '/* /* % */ % */', '--%\n', "/* ' % */"],
  mysql: ['-- %\n', '# %\n', '/* % */', "#'%\n", '/* /* % */'],
  sqlite: ['-- %\n', '--%\n', '/* % */', "-- it's %\n"],
  mssql: ['-- %\n', '/* % */', '/* /* x */ % */'],
  other_sql: ['-- %\n', '--%\n', '/* % */', '/* /* x */ % */'],
};
const NUMBERS = ['%', '-%', '+%', '.%', '0.%', '%.5', '1e%', '0x%', '(%)', '=%', '5+%', '5-%'];
/** What never ends, at the end of a query. */
const OPEN_ENDS: Record<SqlDialect, readonly string[]> = {
  postgresql: ["'%", "E'%", '$$%', '$t$%', '/* %', '-- %', '"%'],
  mysql: ["'%", '"%', '/* %', '-- %', '# %', '`%', "'%\\'"],
  sqlite: ["'%", '/* %', '-- %', '"%', '[%', '`%'],
  mssql: ["'%", "N'%", '/* %', '-- %', '"%', '[%'],
  other_sql: ["'%", "q'[%", '$$%', '/* %', '-- %', '"%', '`%'],
};
const BEFORE = [
  'SELECT ',
  'SELECT a FROM t WHERE b = ',
  'SELECT a FROM t WHERE b IN (1, ',
  'INSERT INTO t (a, b) VALUES (1, ',
  'UPDATE t SET a = ',
  'DELETE FROM ',
  'CALL p(',
  'SELECT * FROM ',
  'SELECT a FROM t WHERE b BETWEEN ',
  'CREATE USER u WITH PASSWORD ',
  'WITH x AS (SELECT ',
  'SET a = ',
  '',
];
const AFTER = [
  '',
  ' FROM t',
  ') AND c = 2',
  ', 3)',
  ' AND d',
  ';',
  '; SELECT 1',
  '::text',
  '/* x */',
  ' -- x\n , 1',
];

const canary = fc.string({
  unit: fc.constantFrom(...'ABCDEFGHJKLMNPQRSTUVWXYZ0123456789'),
  minLength: 31,
  maxLength: 31,
});
const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 32, maxLength: 32 });
const filler = fc.constantFrom(' ', '', 'x', ' , ', "''", '%', ' é ');

function expectAbsent(query: string, dialect: SqlDialect, secret: string): void {
  const { text, summary } = sanitizeSql(query, dialect);
  expect(text).not.toContain(secret);
  expect(summary).not.toContain(secret);
}

describe.each(DIALECTS)('in %s', (dialect) => {
  const place = (template: string, secret: string): string => template.replaceAll('%', () => secret);

  it('a secret in a string or a comment is never sent', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...BEFORE),
        fc.constantFrom(...STRINGS[dialect], ...COMMENTS[dialect]),
        fc.constantFrom(...AFTER),
        canary,
        filler,
        (before, template, after, secret, space) => {
          const content = space === "''" || space === '%' ? secret : space + secret;
          expectAbsent(before + place(template, `S${content}`) + after, dialect, secret);
        },
      ),
      { numRuns: 1_500 },
    );
  });

  it('a secret number is never sent', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...BEFORE),
        fc.constantFrom(...NUMBERS),
        fc.constantFrom(...AFTER),
        digits,
        (before, template, after, secret) => {
          expectAbsent(before + place(template, secret) + after, dialect, secret);
        },
      ),
      { numRuns: 800 },
    );
  });

  it('a secret in what never ends is never sent', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...BEFORE),
        fc.constantFrom(...OPEN_ENDS[dialect]),
        canary,
        (before, template, secret) => {
          expectAbsent(before + place(template, secret), dialect, secret);
        },
      ),
      { numRuns: 300 },
    );
  });

  const fragment = fc.oneof(
    fc.constantFrom(
      ...'\'"`$?:@#-+*/\\.,;()[]{}=<>|&!% \n\t\r_eEnNxXuUqQbB0129aé'.split(''),
      "''",
      '--',
      '/*',
      '*/',
      '/*!',
      '$$',
      '$a$',
      "E'",
      "N'",
      "U&'",
      "q'[",
      "]'",
      '1e',
      '0x',
      '::',
      ' IN (',
      ' IN',
      'VALUES (',
      'SELECT ',
      ' FROM ',
      ' IS ',
      ' NOT ',
      'TRUE',
      ' BETWEEN ',
      ' AND ',
      'IDENTIFIED BY ',
      'PASSWORD ',
      'CREATE USER ',
      'WITH x AS (',
      'INSERT INTO ',
      'UPDATE ',
      'DELETE ',
      'DROP TABLE ',
      ' UNION ',
      'a.b',
      '"a"',
      '[a]',
      '`a`',
      '$1',
      '?1',
      ':1',
      ':a',
      '@a',
      ', ',
      '1, 2',
    ),
    fc.string({ unit: 'binary', maxLength: 3 }),
  );

  it('what was sanitised stays as it is when sanitised again', () => {
    fc.assert(
      fc.property(fc.array(fragment, { maxLength: 24 }), (fragments) => {
        const once = sanitizeSql(fragments.join(''), dialect).text;
        expect(sanitizeSql(once, dialect).text).toBe(once);
      }),
      { numRuns: 5_000 },
    );
  });

  it('no text is refused, and the summary is bounded', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(0xffff), { maxLength: 400 }), (codes) => {
        const query = String.fromCharCode(...codes);
        const { text, summary } = sanitizeSql(query, dialect);
        expect(text.length).toBeLessThanOrEqual(query.length);
        expect(summary.length).toBeLessThanOrEqual(255);
      }),
      { numRuns: 500 },
    );
  });
});
