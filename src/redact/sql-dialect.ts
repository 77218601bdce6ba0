/** The lexical rules by which a query is read. Use that of the nearest relative: MariaDB's are MySQL's, CockroachDB's PostgreSQL's. */
export type SqlDialect = 'postgresql' | 'mysql' | 'sqlite' | 'mssql' | 'other_sql';

/** What the dialects differ in. */
export interface Rules {
  /** Backslash escapes in every string, as opposed to those of E'…' alone. */
  readonly backslashes: boolean;
  /** What "…" is: an identifier, a string, or either. */
  readonly doubleQuotes: 'identifier' | 'string' | 'either';
  readonly backticks: boolean;
  /** [identifier]. Elsewhere an array subscript. */
  readonly brackets: boolean;
  readonly dollarQuotes: boolean;
  readonly nestedComments: boolean;
  /** # starts a comment, and -- only if white space follows. `/*!` opens a comment that is carried out. */
  readonly mysqlComments: boolean;
  /** A carriage return ends a line, and with it a comment. */
  readonly returnEndsLine: boolean;
  /** @ starts an identifier. In PostgreSQL an operator: @-5 is 5. */
  readonly atIdentifiers: boolean;
  /** # and @ may be part of a word. */
  readonly hashIdentifiers: boolean;
  /** $5 is an amount of money. */
  readonly money: boolean;
  /** TRUE and FALSE are literals, not columns. */
  readonly booleans: boolean;
  /** :5 and ?5 are parameters. In PostgreSQL the end of an array slice and an operator. */
  readonly numberedMarks: boolean;
  /** Oracle's q'[…]'. */
  readonly quoteOperator: boolean;
}

export const RULES: Readonly<Record<SqlDialect, Rules>> = {
  postgresql: {
    backslashes: false,
    doubleQuotes: 'identifier',
    backticks: false,
    brackets: false,
    dollarQuotes: true,
    nestedComments: true,
    mysqlComments: false,
    returnEndsLine: true,
    atIdentifiers: false,
    hashIdentifiers: false,
    money: false,
    booleans: true,
    numberedMarks: false,
    quoteOperator: false,
  },
  mysql: {
    backslashes: true,
    doubleQuotes: 'string',
    backticks: true,
    brackets: false,
    dollarQuotes: false,
    nestedComments: false,
    mysqlComments: true,
    returnEndsLine: false,
    atIdentifiers: true,
    hashIdentifiers: false,
    money: false,
    booleans: true,
    numberedMarks: true,
    quoteOperator: false,
  },
  sqlite: {
    backslashes: false,
    doubleQuotes: 'either',
    backticks: true,
    brackets: true,
    dollarQuotes: false,
    nestedComments: false,
    mysqlComments: false,
    returnEndsLine: false,
    atIdentifiers: true,
    hashIdentifiers: false,
    money: false,
    booleans: true,
    numberedMarks: true,
    quoteOperator: false,
  },
  mssql: {
    backslashes: false,
    doubleQuotes: 'either',
    backticks: false,
    brackets: true,
    dollarQuotes: false,
    nestedComments: true,
    mysqlComments: false,
    returnEndsLine: false,
    atIdentifiers: true,
    hashIdentifiers: true,
    money: true,
    booleans: false,
    numberedMarks: true,
    quoteOperator: false,
  },
  other_sql: {
    backslashes: false,
    doubleQuotes: 'either',
    backticks: true,
    brackets: false,
    dollarQuotes: true,
    nestedComments: true,
    mysqlComments: false,
    returnEndsLine: false,
    atIdentifiers: true,
    hashIdentifiers: true,
    money: false,
    booleans: true,
    numberedMarks: true,
    quoteOperator: true,
  },
};
