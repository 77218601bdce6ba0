import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { itIf, remoteParent } from '../kit/harness.ts';
import { type AskedApp, askedApp } from '../support/asked-app.ts';
import { startHranaServer } from '../support/hrana-server.ts';
import { inMatrix, LIBRARIES, nativeLibrary } from '../support/libraries.ts';
import { MYSQL } from '../support/mysql.ts';
import type { ReceivedSpan } from '../support/otlp.ts';
import { POSTGRESQL } from '../support/postgresql.ts';
import { runApp } from '../support/run-app.ts';
import { describeWith } from '../support/services.ts';
import { startTdsServer } from '../support/tds-server.ts';

const SERVICE = "o'neill & co*/";
const APPLICATION = "application='o%27neill%20%26%20co%2A%2F'";

/** Statements whose answer is the text that the server has got. */
const OWN = {
  postgresql: {
    text: 'SELECT query AS own FROM pg_stat_activity WHERE pid = pg_backend_pid() AND $1 <> $2',
    values: ['a', 'b'],
  },
  mariadb: {
    text: 'SELECT info AS own FROM information_schema.processlist WHERE id = CONNECTION_ID() AND ? <> ?',
    values: ['a', 'b'],
  },
};

interface Answer {
  id: number;
  result?: { own: string }[];
  error?: { message: string };
}

const start = (mode: string | undefined, file: string, env: object = {}): Promise<AskedApp> =>
  askedApp({
    file,
    cwd: LIBRARIES,
    execArgv: ['--no-deprecation'],
    env: { FORETRACE_SQLCOMMENTER: mode, OTEL_SERVICE_NAME: SERVICE, ...env },
  });

const statements = (spans: ReceivedSpan[]): ReceivedSpan[] => spans.filter(({ kind }) => kind === 'CLIENT');

/** The comment of a call's own span. */
const commentOf = (driver: string, { traceId, spanId }: ReceivedSpan, flags = '01'): string =>
  `/*${APPLICATION},db_driver='${driver}',traceparent='00-${traceId}-${spanId}-${flags}'*/`;

interface Driver {
  driver: string;
  file: string;
  styles: string[];
  /** Prepared by the library, whose statements get what is the same for all calls. */
  constant?: string[];
  /** Prepared by the app. */
  alone: string[];
  /** Texts in which the library writes the values. */
  written?: true;
}

const DRIVERS: Record<'postgresql' | 'mariadb', Driver[]> = {
  postgresql: [
    {
      driver: 'pg',
      file: 'pg.cjs',
      styles: ['promise', 'callback', 'config', 'configCallback', 'pool', 'poolClient', 'submittable'],
      alone: ['prepared', 'cursor', 'stream'],
    },
    {
      driver: 'postgres',
      file: 'postgres.mjs',
      styles: [],
      constant: ['tagged'],
      alone: [],
    },
  ],
  mariadb: [
    {
      driver: 'mysql2',
      file: 'mysql2.cjs',
      styles: ['promise', 'callback', 'config', 'events', 'stream', 'pool', 'poolPromise', 'cluster'],
      alone: ['execute', 'promiseExecute', 'prepared', 'poolExecute'],
      written: true,
    },
    {
      driver: 'mysql',
      file: 'mysql.cjs',
      styles: ['promise', 'config', 'query', 'events', 'stream', 'pool', 'cluster', 'implied'],
      alone: [],
      written: true,
    },
    {
      driver: 'mariadb',
      file: 'mariadb.mjs',
      styles: ['promise', 'pool', 'callback'],
      alone: ['execute'],
      written: true,
    },
  ],
};

const SERVERS = {
  postgresql: POSTGRESQL.env,
  mariadb: MYSQL.env,
};

describe.skipIf(inMatrix)('FORETRACE_SQLCOMMENTER', async () => {
  for (const [service, drivers] of Object.entries(DRIVERS) as ['postgresql' | 'mariadb', Driver[]][]) {
    const { text, values } = OWN[service];
    await describeWith(service as 'postgresql', service, () => {
      describe.each(drivers)('$driver, $file', ({ driver, file, styles, alone, constant = [], written }) => {
        const sent = written ? text.replace('? <> ?', "'a' <> 'b'") : text;
        let running: AskedApp;
        beforeAll(async () => {
          running = await start('full', file, SERVERS[service]);
        });
        afterAll(() => running?.stop());

        async function ask(style: string, sampled = true): Promise<{ own: string; traceId: string }> {
          const { traceId, traceparent } = remoteParent({ sampled });
          const { result, error }: Answer = await running.ask({
            op: 'run',
            style,
            text,
            values,
            traceparent,
          });
          expect(error).toBeUndefined();
          return { own: result![0].own, traceId };
        }

        itIf(styles.length > 0)(
          'tells the server, for each of many calls at once, which span they are, and no span of it',
          async () => {
            running.receiver.clear();
            const asked = styles.flatMap((style) => Array.from({ length: 6 }, () => style));
            const answers = await Promise.all(asked.map((style) => ask(style)));
            const spans = await running.receiver.waitFor((all) => statements(all).length >= asked.length);
            for (const [index, { own, traceId }] of answers.entries()) {
              const span = statements(spans).find((one) => one.traceId === traceId)!;
              expect([asked[index], own]).toEqual([asked[index], `${sent} ${commentOf(driver, span)}`]);
              expect(span.attributes['db.query.text']).toBe(text);
            }
            expect(JSON.stringify(spans.map(({ attributes }) => attributes))).not.toContain('/*');
          },
        );

        itIf(styles.length > 0)('tells that a call is not recorded', async () => {
          const { own, traceId } = await ask(styles[0], false);
          expect(own).toMatch(new RegExp(`traceparent='00-${traceId}-[0-9a-f]{16}-00'\\*/$`));
        });

        itIf(alone.length > 0)('leaves alone what is prepared', async () => {
          for (const style of alone) {
            const { own } = await ask(style);
            expect([style, own]).toEqual([style, expect.not.stringContaining('/*')]);
          }
        });

        itIf(constant.length > 0)('tells of what the library prepares the app alone', async () => {
          for (const style of constant) {
            for (let i = 0; i < 3; i++) {
              const { own } = await ask(style);
              expect(own).toBe(`${text} /*${APPLICATION},db_driver='${driver}'*/`);
            }
          }
        });
      });
    });
  }

  describe('leaves to the app what is its own', async () => {
    interface Report {
      name: string;
      sent: Record<string, string>;
      seen: unknown;
    }

    async function reports(mode: string | undefined, libraries: string[], env: object): Promise<Report[]> {
      const { exited } = runApp({
        file: 'sql-comments.cjs',
        args: libraries,
        cwd: LIBRARIES,
        execArgv: ['--no-deprecation'],
        env: {
          OTEL_TRACES_EXPORTER: 'none',
          OTEL_SERVICE_NAME: 'shop',
          FORETRACE_SQLCOMMENTER: mode,
          ...env,
        },
      });
      const { stdout, stderr } = await exited;
      expect(stderr).toBe('');
      return stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
    }

    const COMMENTED = expect.stringContaining("/*application='shop',db_driver=");
    const ALONE = expect.not.stringContaining('application=');
    const LIBRARIES_OF = {
      postgresql: ['pg', 'postgres'],
      mariadb: ['mysql', 'mysql2', 'mariadb'],
    } as const;

    for (const service of ['postgresql', 'mariadb'] as const) {
      await describeWith(service, service, () => {
        it('shows it texts, errors and objects as they are without a comment', async () => {
          const libraries = [...LIBRARIES_OF[service]];
          const [without, full] = await Promise.all(
            [undefined, 'full'].map((mode) => reports(mode, libraries, SERVERS[service])),
          );
          expect(full.map(({ name, seen }) => [name, seen])).toEqual(
            without.map(({ name, seen }) => [name, seen]),
          );
          for (const { name, sent } of full) {
            expect([name, sent]).toEqual([
              name,
              {
                plain: COMMENTED,
                semicolon: COMMENTED,
                several: COMMENTED,
                literal: COMMENTED,
                bracket: COMMENTED,
                hint: ALONE,
                'end of line': ALONE,
                session: ALONE,
              },
            ]);
          }
          for (const { sent } of without) for (const text of Object.values(sent)) expect(text).toEqual(ALONE);
        });
      });
    }

    for (const library of ['sqlite3', 'better-sqlite3']) {
      const missing = nativeLibrary(library);
      it.skipIf(missing)(
        `comments the scripts of ${library}, but what they define${missing ?? ''}`,
        async () => {
          const [without] = await reports('off', [library], {});
          const [{ sent, seen }] = await reports('service', [library], {});
          expect(seen).toEqual(without.seen);
          const comment = `/*application='shop',db_driver='${library}'*/`;
          expect(sent).toEqual([
            'CREATE TABLE kit_log (a)',
            `INSERT INTO kit_log VALUES (1) ${comment}`,
            `INSERT INTO kit_log VALUES (2) ${comment};`,
            'CREATE TABLE kit_more (a)',
          ]);
        },
      );
    }
  });

  describe('tedious and mssql [stand-in server]', () => {
    const text = 'SELECT name FROM sys.types WHERE name = @a OR name = @b';
    const values = ['int', 'x'];

    it('comments batches and statements, but not what is prepared or a procedure', async () => {
      const server = await startTdsServer();
      const running = await start('service', 'tedious.cjs', {
        MSSQL_URL: `mssql://sa:secret@127.0.0.1:${server.port}/master`,
      });
      const sentBy = async (input: object): Promise<string> => {
        server.received.length = 0;
        expect(
          (await running.ask({ traceparent: remoteParent().traceparent, ...input })).error,
        ).toBeUndefined();
        return server.received.join('\n');
      };
      const comment = `/*${APPLICATION},db_driver='tedious'*/`;
      expect(await sentBy({ op: 'run', style: 'execSql', text, values })).toContain(`${text} ${comment}`);
      expect(await sentBy({ op: 'run', style: 'pool', text, values })).toContain(`${text} ${comment}`);
      expect(await sentBy({ op: 'batch', text: 'SELECT name FROM sys.types;' })).toContain(
        `SELECT name FROM sys.types ${comment};`,
      );
      expect(await sentBy({ op: 'run', style: 'prepared', text, values })).not.toContain('/*');
      expect(await sentBy({ op: 'procedure', text: 'sys.sp_who', values: [] })).not.toContain('/*');
      await running.stop();
      await server.close();
    });

    it('tells which span a call is, in connections that many share', async () => {
      const server = await startTdsServer();
      const running = await start('full', 'tedious.cjs', {
        MSSQL_URL: `mssql://sa:secret@127.0.0.1:${server.port}/master`,
      });
      await Promise.all(
        Array.from({ length: 12 }, () =>
          running.ask({ op: 'run', style: 'pool', text, values, traceparent: remoteParent().traceparent }),
        ),
      );
      const spans = await running.receiver.waitFor((all) => statements(all).length >= 12);
      const all = server.received.join('\n');
      for (const span of statements(spans)) {
        expect(all).toContain(`${text} ${commentOf('tedious', span)}`);
        expect(span.attributes['db.query.text']).toBe(text);
      }
      await running.stop();
      await server.close();
    });
  });

  it('comments what goes to a libsql server by HTTP [stand-in server]', async () => {
    const server = await startHranaServer();
    const running = await start('full', 'libsql-client.cjs', {
      LIBSQL_URL: `http://127.0.0.1:${server.port}`,
    });
    const text = 'SELECT name FROM items WHERE name = ?';
    for (const style of ['execute', 'text']) {
      running.receiver.clear();
      server.received.length = 0;
      await running.ask({ op: 'run', style, text, values: ['desk'] });
      const spans = await running.receiver.waitFor((all) =>
        all.some(({ attributes }) => attributes['db.system.name'] === 'sqlite'),
      );
      const span = spans.find(({ attributes }) => attributes['db.system.name'] === 'sqlite')!;
      expect(server.received).toEqual([`${text} ${commentOf('libsql-client', span, '03')}`]);
      expect(span.attributes['db.query.text']).toBe(text);
    }
    await running.stop();
    server.close();
  });

  await describeWith('postgresql', 'which comment', () => {
    const { text, values } = OWN.postgresql;
    const own = async (mode: string | undefined, env: object = {}): Promise<[string, string]> => {
      const running = await start(mode, 'pg.cjs', { ...POSTGRESQL.env, ...env });
      const { result } = await running.ask({ op: 'run', text, values });
      await running.stop();
      return [result[0].own, running.app.stderr];
    };

    it('is none unless it is asked for', async () => {
      expect(await own(undefined)).toEqual([text, '']);
    });

    it('names the app and the driver with service', async () => {
      expect(await own('service')).toEqual([`${text} /*${APPLICATION},db_driver='pg'*/`, '']);
    });

    it('is the whole one with the name that the Java agent has for it', async () => {
      const [sent] = await own(undefined, {
        OTEL_INSTRUMENTATION_COMMON_DB_EXPERIMENTAL_SQLCOMMENTER_ENABLED: 'true',
      });
      expect(sent).toContain('traceparent=');
    });

    it('is none for a word that is unknown, which is told', async () => {
      const [sent, stderr] = await own('always');
      expect(sent).toBe(text);
      expect(stderr).toContain(
        'FORETRACE_SQLCOMMENTER="always" is not one of off, service, full, off is used',
      );
    });
  });
});
