/** What the tests of the PostgreSQL clients have in common: the server, a read and a table that is missing. */
import { type DbKit, SECRET } from '../kit/db.ts';
import { statement } from './sql.ts';

const host = process.env.PGHOST ?? '127.0.0.1';
const port = Number(process.env.PGPORT ?? 5432);
const env = {
  PGHOST: host,
  PGPORT: String(port),
  PGUSER: process.env.PGUSER ?? 'postgres',
  PGDATABASE: process.env.PGDATABASE ?? 'postgres',
};

export const READ = 'SELECT typname FROM pg_type WHERE typname = $1 OR typname = $2';
export const MISSING = `SELECT * FROM kit_missing WHERE name = '${SECRET}'`;

export const POSTGRESQL = { host, port, env };

export const postgresqlCases: Pick<DbKit, 'attributes' | 'read' | 'failing' | 'shape'> = {
  attributes: {
    'db.system.name': 'postgresql',
    'db.namespace': env.PGDATABASE,
    'server.address': host,
    ...(port !== 5432 && { 'server.port': port }),
  },
  read: {
    input: { text: READ, values: ['bool', SECRET] },
    span: statement(READ, 'SELECT pg_type'),
    result: [{ typname: 'bool' }],
  },
  failing: {
    title: 'a table that does not exist',
    input: { text: MISSING },
    error: '42P01',
    spans: [statement('SELECT * FROM kit_missing WHERE name = ?', 'SELECT kit_missing', { error: '42P01' })],
  },
  shape: { text: READ, values: ['bool', 'int4'] },
};
