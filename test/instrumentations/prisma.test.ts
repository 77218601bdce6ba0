import { execFileSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { SECRET } from '../kit/db.ts';
import { MANY } from '../kit/harness.ts';
import { expectOwnParents, operations, underParent } from '../kit/operations.ts';
import type { ExpectedSpan } from '../support/expect-trace.ts';
import { LIBRARIES, libraryVersion } from '../support/libraries.ts';
import { ROOT } from '../support/run-app.ts';
import { describeWith } from '../support/services.ts';

const query = (name: unknown, more: Partial<ExpectedSpan> = {}): ExpectedSpan => ({
  name,
  kind: 'CLIENT',
  scope: 'foretrace.pg',
  ...more,
});
const TABLE = /^SELECT .*"kit_prisma"$/;

function cases(): void {
  // Told where its schema engine is, the command does not download it; to generate a client it is not needed.
  const schema = join(LIBRARIES, 'schema.prisma');
  cpSync(join(ROOT, 'test/fixtures/prisma.schema'), schema);
  execFileSync(
    process.execPath,
    [join(LIBRARIES, 'node_modules/prisma/build/index.js'), 'generate', '--schema', schema],
    {
      cwd: LIBRARIES,
      env: { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, CHECKPOINT_DISABLE: '1' },
      stdio: 'ignore',
    },
  );

  const kit = operations({ file: 'prisma.cjs' });

  beforeAll(async () => {
    await kit.run('open', { traceparent: '00-00000000000000000000000000000001-0000000000000001-00' });
  });

  it('makes one span of a query: the one of the driver', async () => {
    expect(await kit.run('find', { name: SECRET })).toEqual([]);
    const sent = Buffer.concat(kit.receiver.requests.map(({ body }) => body));
    await kit.expectSpans(underParent([query(expect.stringMatching(TABLE))]));
    expect(sent.includes(SECRET)).toBe(false);
  });

  it('makes one span of each statement of a transaction', async () => {
    await kit.run('transaction', { name: SECRET });
    await kit.expectSpans(
      underParent([
        query('BEGIN'),
        query(expect.stringMatching(TABLE)),
        query(expect.stringMatching(TABLE)),
        query('COMMIT'),
      ]),
    );
  });

  it('makes one span of a query that fails, and leaves the error to the app', async () => {
    await kit.fail('fail', { name: SECRET });
    await kit.expectSpans(underParent([query('SELECT kit_missing', { status: 'ERROR' })]));
  });

  it(`gives each of ${MANY} queries, 50 at a time, its own parent`, async () => {
    await kit.many('find', { name: SECRET }, MANY, 50);
    await expectOwnParents(kit, MANY, [], ({ attributes }) => attributes['db.system.name'] === 'postgresql');
  });
}

// 300 MB: only `npm run test:matrix -- --library prisma` installs it.
if (libraryVersion('@prisma/client') === undefined) {
  describe.skip('Prisma over pg [@prisma/client is not installed: npm run test:matrix -- --library prisma]', () => {
    it('makes one span of a query: the one of the driver', () => {});
  });
} else await describeWith('postgresql', 'Prisma over pg', cases);
