/** What the tests of the MySQL clients have in common: the server, and the cases of the database kit. */
import { expect } from 'vitest';
import { type DbKit, SECRET } from '../kit/db.ts';
import { optional } from './expect-trace.ts';
import { plain, statement } from './sql.ts';

const host = process.env.MYSQL_HOST ?? '127.0.0.1';
const port = Number(process.env.MYSQL_PORT ?? 3306);
const database = process.env.MYSQL_DATABASE ?? 'test';

export const MYSQL = {
  host,
  port,
  database,
  env: {
    MYSQL_HOST: host,
    MYSQL_PORT: String(port),
    MYSQL_USER: process.env.MYSQL_USER ?? 'root',
    MYSQL_PASSWORD: process.env.MYSQL_PASSWORD ?? '',
    MYSQL_DATABASE: database,
  },
};

const READ =
  'SELECT id AS id FROM information_schema.collations WHERE collation_name = ? OR collation_name = ?';
const SUMMARY = 'SELECT information_schema.collations';
const MISSING = `SELECT * FROM kit_missing WHERE name = '${SECRET}'`;

export function mysqlCases(
  system: 'mysql' | 'mariadb',
): Pick<DbKit, 'attributes' | 'read' | 'failing' | 'cases'> {
  return {
    attributes: {
      'db.system.name': system,
      'db.namespace': database,
      'server.address': host,
      ...(port !== 3306 && { 'server.port': port }),
      // Of statements without a target, and not of others.
      'db.query.summary': optional(expect.any(String)),
    },
    read: {
      input: { text: READ, values: ['utf8mb4_bin', SECRET] },
      span: statement(READ, SUMMARY),
      result: [{ id: 46 }],
    },
    failing: {
      title: 'a table that does not exist',
      input: { text: MISSING },
      error: 'ER_NO_SUCH_TABLE',
      spans: [statement('SELECT * FROM kit_missing WHERE name = ?', 'SELECT kit_missing', { error: '1146' })],
    },
    cases: [
      {
        title: 'replaces literals',
        input: {
          text: `SELECT id AS id FROM information_schema.collations WHERE collation_name = "${SECRET}" AND id > 42`,
        },
        result: [],
        spans: [
          statement(
            'SELECT id AS id FROM information_schema.collations WHERE collation_name = ? AND id > ?',
            SUMMARY,
          ),
        ],
      },
      {
        title: 'tells the text before the driver writes the values into it',
        input: {
          text: 'SELECT id AS id FROM information_schema.collations WHERE collation_name = ? OR collation_name = "a" LIMIT 5',
          values: [`\\' OR "x${SECRET}`],
        },
        result: [],
        spans: [
          statement(
            'SELECT id AS id FROM information_schema.collations WHERE collation_name = ? OR collation_name = ? LIMIT ?',
            SUMMARY,
          ),
        ],
      },
      {
        title: 'traces each statement of a transaction',
        op: 'sequence',
        input: {
          texts: [
            'CREATE TEMPORARY TABLE IF NOT EXISTS kit_orders (id int, name text)',
            'START TRANSACTION',
            `INSERT INTO kit_orders VALUES (4711, '${SECRET}')`,
            'COMMIT',
          ],
        },
        spans: [
          plain('CREATE TEMPORARY TABLE IF NOT EXISTS kit_orders (id int, name text)'),
          plain('START TRANSACTION'),
          statement('INSERT INTO kit_orders VALUES (?, ?)', 'INSERT kit_orders'),
          plain('COMMIT'),
        ],
      },
      {
        title: 'copes with a query of 100 KB',
        input: {
          text: `SELECT id FROM information_schema.collations WHERE collation_name IN (${Array.from({ length: 5000 }, () => `'${SECRET}'`).join(', ')})`,
        },
        result: [],
        // The text is cut before it is sanitised.
        spans: [
          statement(
            expect.stringMatching(
              /^SELECT id FROM information_schema.collations WHERE collation_name IN \(\?\)?$/,
            ),
            SUMMARY,
          ),
        ],
      },
    ],
  };
}
