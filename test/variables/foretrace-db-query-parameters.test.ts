import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AskedApp, askedApp } from '../support/asked-app.ts';
import { startHranaServer } from '../support/hrana-server.ts';
import { inMatrix, LIBRARIES, nativeLibrary } from '../support/libraries.ts';
import { MYSQL } from '../support/mysql.ts';
import { POSTGRESQL, READ } from '../support/postgresql.ts';
import { describeWith } from '../support/services.ts';
import { startTdsServer } from '../support/tds-server.ts';

const PREFIX = 'db.query.parameter.';
const MYSQL_READ =
  'SELECT collation_name FROM information_schema.collations WHERE collation_name = ? OR collation_name = ?';
const SQLITE_READ = 'SELECT ? AS a, ? AS b';

type Attributes = Record<string, unknown>;

function start(file: string, env: object = {}): Promise<AskedApp> {
  return askedApp({
    file,
    cwd: LIBRARIES,
    execArgv: ['--no-deprecation'],
    env: { FORETRACE_DB_QUERY_PARAMETERS: 'on', ...env },
  });
}

/** The parameters of the statement that an operation makes. */
async function parametersOf({ receiver, ask }: AskedApp, input: object): Promise<Attributes> {
  receiver.clear();
  expect((await ask(input)).error).toBeUndefined();
  const spans = await receiver.waitFor((all) => all.some(({ name }) => name === 'parent'));
  const call = spans.find(({ attributes }) => 'db.system.name' in attributes)!;
  return Object.fromEntries(
    Object.entries(call.attributes)
      .filter(([name]) => name.startsWith(PREFIX))
      .map(([name, value]) => [name.slice(PREFIX.length), value]),
  );
}

interface Way {
  library: string;
  file: string;
  env?: object;
  styles: string[];
  text: string;
}

/** Every style of every library finds these two. */
const VALUES = ['x', 'y'];

const WAYS: Record<'postgresql' | 'mariadb', Way[]> = {
  postgresql: [
    {
      library: 'pg',
      file: 'pg.cjs',
      styles: ['promise', 'callback', 'config', 'prepared', 'pool', 'submittable', 'cursor', 'stream'],
      text: READ,
    },
    { library: 'postgres', file: 'postgres.cjs', styles: ['unsafe', 'tagged', 'cursor'], text: READ },
  ],
  mariadb: [
    {
      library: 'mysql2',
      file: 'mysql2.cjs',
      styles: ['promise', 'config', 'execute', 'pool', 'poolPromise', 'prepared'],
      text: MYSQL_READ,
    },
    { library: 'mysql', file: 'mysql.cjs', styles: ['promise', 'config', 'query', 'pool'], text: MYSQL_READ },
    {
      library: 'mariadb',
      file: 'mariadb.cjs',
      styles: ['promise', 'execute', 'pool', 'prepared', 'callback'],
      text: MYSQL_READ,
    },
  ],
};

describe.skipIf(inMatrix)('FORETRACE_DB_QUERY_PARAMETERS', async () => {
  for (const [service, ways] of Object.entries(WAYS) as ['postgresql' | 'mariadb', Way[]][]) {
    await describeWith(service, service, () => {
      it.each(ways)('records the values of $library, by their index', async ({ file, styles, text }) => {
        const running = await start(file, { ...POSTGRESQL.env, ...MYSQL.env });
        for (const style of styles) {
          const found = await parametersOf(running, { op: 'run', style, text, values: VALUES });
          expect([style, found]).toEqual([style, { 0: 'x', 1: 'y' }]);
        }
        await running.stop();
      });
    });
  }

  for (const driver of ['better-sqlite3', 'libsql']) {
    const missing = driver === 'libsql' ? undefined : nativeLibrary(driver);
    it.skipIf(missing)(`records the values of ${driver}${missing ?? ''}`, async () => {
      const running = await start('sqlite.mjs', { SQLITE_DRIVER: driver });
      for (const style of ['get', 'all', 'iterate']) {
        const found = await parametersOf(running, { op: 'run', style, text: SQLITE_READ, values: VALUES });
        expect([style, found]).toEqual([style, { 0: 'x', 1: 'y' }]);
      }
      await running.stop();
    });
  }

  const noSqlite3 = nativeLibrary('sqlite3');
  it.skipIf(noSqlite3)(`records the values of sqlite3${noSqlite3 ?? ''}`, async () => {
    const running = await start('sqlite3.cjs');
    for (const style of ['all', 'get', 'each', 'prepared']) {
      const found = await parametersOf(running, { op: 'run', style, text: SQLITE_READ, values: VALUES });
      expect([style, found]).toEqual([style, { 0: 'x', 1: 'y' }]);
    }
    await running.stop();
  });

  it('records the values of tedious and mssql, by their names [stand-in server]', async () => {
    const server = await startTdsServer();
    const running = await start('tedious.cjs', {
      MSSQL_URL: `mssql://sa:secret@127.0.0.1:${server.port}/master`,
    });
    const text = 'SELECT name FROM sys.types WHERE name = @a OR name = @b';
    for (const style of ['execSql', 'prepared', 'pool']) {
      const found = await parametersOf(running, { op: 'run', style, text, values: VALUES });
      expect([style, found]).toEqual([style, { a: 'x', b: 'y' }]);
    }
    await running.stop();
    await server.close();
  });

  it('records the values of @libsql/client over HTTP [stand-in server]', async () => {
    const server = await startHranaServer();
    const running = await start('libsql-client.cjs', { LIBSQL_URL: `http://127.0.0.1:${server.port}` });
    const found = await parametersOf(running, { op: 'run', text: SQLITE_READ, values: VALUES });
    expect(found).toEqual({ 0: 'x', 1: 'y' });
    await running.stop();
    server.close();
  });

  await describeWith('postgresql', 'a value', () => {
    let running: AskedApp;
    beforeAll(async () => {
      running = await start('pg.cjs', POSTGRESQL.env);
    });
    afterAll(() => running?.stop());

    it('that is no text is written as one', async () => {
      const found = await parametersOf(running, {
        op: 'run',
        text: 'SELECT $1::int, $2::text, $3::bool, $4::int[], $5::jsonb',
        values: [42, null, true, [1, 2], { name: 'desk', price: { eur: 7 } }],
      });
      expect(found).toEqual({
        0: '42',
        1: 'null',
        2: 'true',
        3: '[1,2]',
        4: '{"name":"desk","price":{"eur":7}}',
      });
    });

    it('that is long is cut, and only the first hundred are recorded', async () => {
      const found = await parametersOf(running, {
        op: 'run',
        text: `SELECT ${Array.from({ length: 120 }, (_, i) => `$${i + 1}::text`).join(', ')}`,
        values: Array.from({ length: 120 }, (_, i) => (i === 0 ? 'x'.repeat(5_000) : `v${i}`)),
      });
      expect(found[0]).toBe('x'.repeat(1_024));
      expect(found[99]).toBe('v99');
      expect(Object.keys(found)).toHaveLength(100);
    });
  });

  await describeWith('postgresql', 'without it', () => {
    it.each([
      ['nothing of the values is recorded', { FORETRACE_DB_QUERY_PARAMETERS: undefined }, {}],
      [
        'the name of the Java agent switches them on too',
        {
          FORETRACE_DB_QUERY_PARAMETERS: undefined,
          OTEL_INSTRUMENTATION_JDBC_EXPERIMENTAL_CAPTURE_QUERY_PARAMETERS: 'true',
        },
        { 0: 'x', 1: 'y' },
      ],
      ['a word that is unknown does not', { FORETRACE_DB_QUERY_PARAMETERS: '1' }, {}],
    ])('%s', async (_, env, expected) => {
      const running = await start('pg.cjs', { ...POSTGRESQL.env, ...env });
      const found = await parametersOf(running, { op: 'run', text: READ, values: VALUES });
      expect(found).toEqual(expected);
      await running.stop();
      if (env.FORETRACE_DB_QUERY_PARAMETERS !== undefined)
        expect(running.app.stderr).toContain(
          'FORETRACE_DB_QUERY_PARAMETERS="1" is not one of on, off, off is used',
        );
    });
  });
});
