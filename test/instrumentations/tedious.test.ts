import { afterAll, describe, expect } from 'vitest';
import { type CallSpan, dbKit, SECRET } from '../kit/db.ts';
import { mixingDbKit, over, POOLS } from '../kit/mixing-db.ts';
import { LIBRARIES, oldVersions } from '../support/libraries.ts';
import { startTdsServer } from '../support/tds-server.ts';

const standIn = process.env.MSSQL_URL === undefined ? await startTdsServer() : undefined;
const MSSQL_URL = process.env.MSSQL_URL ?? `mssql://sa:secret@127.0.0.1:${standIn?.port}/master`;
const url = new URL(MSSQL_URL);
const where = standIn === undefined ? '' : ' [stand-in server]';

afterAll(() => standIn?.close());

const span = (text: string, summary: unknown, more: Partial<CallSpan> = {}): CallSpan => ({
  name: summary,
  attributes: { 'db.query.text': text, 'db.query.summary': summary },
  ...more,
});

const READ = 'SELECT name FROM sys.types WHERE name = @a OR name = @b';
const MISSING = `SELECT * FROM kit_missing WHERE name = '${SECRET}'`;

for (const file of ['tedious.mjs', 'tedious.cjs']) {
  describe(`tedious and mssql, ${file}${where}`, () => {
    dbKit({
      title: 'requests',
      fixture: { file, cwd: LIBRARIES, env: { MSSQL_URL }, ...oldVersions },
      attributes: {
        'db.system.name': 'microsoft.sql_server',
        'db.namespace': url.pathname.slice(1),
        'server.address': url.hostname,
        'server.port': Number(url.port),
      },
      read: {
        input: { text: READ, values: ['int', SECRET] },
        span: span(READ, 'SELECT sys.types'),
        result: [{ name: 'int' }],
      },
      styles: { promise: [], execSql: ['row', 'callback'], pool: [] },
      failing: {
        title: 'a table that does not exist',
        input: { text: MISSING },
        error: 'EREQUEST',
        spans: [span('SELECT * FROM kit_missing WHERE name = ?', 'SELECT kit_missing', { error: '208' })],
      },
      unreachable: { op: 'unreachable', input: { port: 1 }, error: 'ESOCKET', spans: [] },
      cases: [
        {
          title: 'replaces the literals of a batch',
          op: 'batch',
          input: { text: `SELECT name FROM sys.types WHERE name = 'int' OR name = N'${SECRET}'` },
          result: [{ name: 'int' }],
          spans: [span('SELECT name FROM sys.types WHERE name = ? OR name = ?', 'SELECT sys.types')],
        },
        {
          title: 'makes one span of a procedure',
          op: 'procedure',
          input: { text: 'sys.sp_who', values: [] },
          spans: [span('EXECUTE sys.sp_who', 'EXECUTE sys.sp_who')],
        },
        {
          title: 'makes one span of the execution of a prepared statement',
          input: { style: 'prepared', text: READ, values: ['int', SECRET] },
          result: [{ name: 'int' }],
          spans: [span(READ, 'SELECT sys.types')],
        },
        ...(standIn === undefined
          ? []
          : [
              {
                title: 'makes one span of a bulk load',
                op: 'bulk',
                input: { table: 'kit_bulk', values: [SECRET, SECRET] },
                spans: [span('insert bulk kit_bulk([name] nvarchar(?))', expect.any(String))],
              },
            ]),
        {
          title: 'makes one span of a failure in a pool of mssql',
          input: { style: 'pool', text: MISSING, values: [] },
          error: 'EREQUEST',
          spans: [span('SELECT * FROM kit_missing WHERE name = ?', 'SELECT kit_missing', { error: '208' })],
        },
      ],
      shape: { text: READ.replace(/ WHERE.*/, '') },
      crashes: [{ how: 'rejection', failing: 'SELECT * FROM kit_missing' }, { how: 'callback' }],
    });
  });
}

mixingDbKit({
  library: 'tedious',
  title: `tedious and mssql${where}`,
  server: { host: url.hostname, port: Number(url.port) },
  fixture: { cwd: LIBRARIES, ...oldVersions },
  ways:
    standIn === undefined
      ? []
      : [...over(['promise', 'callback', 'stream'], POOLS), 'events over connection'],
  patient: standIn === undefined ? [] : over(['transaction'], POOLS),
});
