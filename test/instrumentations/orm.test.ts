import { beforeAll, describe, expect, it } from 'vitest';
import { SECRET } from '../kit/db.ts';
import { mixingDbKit, over, POOLS } from '../kit/mixing-db.ts';
import { MANY } from '../kit/harness.ts';
import { expectOwnParents, operations, underParent } from '../kit/operations.ts';
import type { ExpectedSpan } from '../support/expect-trace.ts';
import { nativeLibrary } from '../support/libraries.ts';
import { MYSQL } from '../support/mysql.ts';
import { POSTGRESQL } from '../support/postgresql.ts';
import { describeWith } from '../support/services.ts';

/** Which ORM over which driver, whose scope its spans have, and the code of a table that is missing. */
const COMBINATIONS = [
  ['knex', 'pg', 'postgresql', '42P01'],
  ['knex', 'mysql2', 'mysql', '1146'],
  ['sequelize', 'pg', 'postgresql', '42P01'],
  ['sequelize', 'mysql2', 'mysql', '1146'],
  ['typeorm', 'pg', 'postgresql', '42P01'],
  ['typeorm', 'mysql2', 'mysql', '1146'],
  ['drizzle', 'pg', 'postgresql', '42P01'],
  ['drizzle', 'postgres', 'postgresql', '42P01'],
  ['drizzle', 'mysql2', 'mysql', '1146'],
  ['drizzle', 'better-sqlite3', 'sqlite', undefined],
  ['drizzle', '@libsql/client', 'sqlite', undefined],
] as const;

for (const [orm, driver, system, missing] of COMBINATIONS) {
  const title = `${orm} over ${driver}`;
  const cases = (): void => {
    const kit = operations({ file: 'orm.cjs', env: { ORM: orm, ORM_DRIVER: driver } });
    const scope = driver === '@libsql/client' ? 'foretrace.libsql' : `foretrace.${driver}`;

    function query(table: string, more: Partial<ExpectedSpan> = {}): ExpectedSpan {
      return {
        name: expect.stringMatching(new RegExp(`^SELECT [\`"a-z.]*${table}[\`"]?$`, 'i')),
        kind: 'CLIENT',
        scope,
        ...more,
      };
    }

    beforeAll(async () => {
      await kit.run('open', { traceparent: '00-00000000000000000000000000000001-0000000000000001-00' });
    });

    it('makes one span of a query: the one of the driver', async () => {
      expect(await kit.run('find', { name: SECRET })).toEqual([]);
      const sent = Buffer.concat(kit.receiver.requests.map(({ body }) => body));
      await kit.expectSpans(underParent([query('kit_orm')]));
      expect(sent.includes(SECRET)).toBe(false);
    });

    it('makes one span of a query that fails, and leaves the error to the app', async () => {
      await kit.fail('fail', { name: SECRET });
      // SQLite finds out when it prepares the statement: that is no execution.
      const spans = missing === undefined ? [] : [query('kit_missing', { status: 'ERROR' })];
      await kit.expectSpans(underParent(spans));
    });

    it(`gives each of ${MANY} queries, 50 at a time, its own parent`, async () => {
      await kit.many('find', { name: SECRET }, MANY, 50);
      await expectOwnParents(kit, MANY, [], ({ attributes }) => attributes['db.system.name'] === system);
    });

    it('writes nothing to stderr meanwhile', () => {
      expect(kit.app.stderr).toBe('');
    });
  };
  if (system === 'sqlite')
    describe.skipIf(nativeLibrary(driver))(`${title}${nativeLibrary(driver) ?? ''}`, cases);
  else await describeWith(system === 'mysql' ? 'mariadb' : 'postgresql', title, cases);
}

for (const [library, driver, styles] of [
  ['knex', 'pg', ['promise', 'builder', 'transaction']],
  ['knex', 'mysql2', ['promise', 'builder', 'transaction']],
  ['sequelize', 'pg', ['promise']],
  ['sequelize', 'mysql2', ['promise']],
  ['typeorm', 'pg', ['promise']],
] as const) {
  const server = driver === 'pg' ? POSTGRESQL : MYSQL;
  await describeWith(driver === 'pg' ? 'postgresql' : 'mariadb', `${library} over ${driver}`, () => {
    mixingDbKit({
      library,
      server,
      asksItself: true,
      fixture: { env: { ...server.env, ORM_DRIVER: driver } },
      ways: over(styles, POOLS),
    });
  });
}
