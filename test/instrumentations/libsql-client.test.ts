import { afterAll, describe, expect, it } from 'vitest';
import { type CallSpan, dbKit, SECRET } from '../kit/db.ts';
import { mixingDbKit } from '../kit/mixing-db.ts';
import { operations, underParent } from '../kit/operations.ts';
import { startHranaServer } from '../support/hrana-server.ts';
import { LIBRARIES, libraryVersion, oldVersions } from '../support/libraries.ts';

const server = await startHranaServer();
const LIBSQL_URL = `http://127.0.0.1:${server.port}`;

afterAll(() => server.close());

const span = (text: string, summary: string, more: Record<string, unknown> = {}): CallSpan => ({
  name: summary,
  attributes: { 'db.query.text': text, 'db.query.summary': summary, ...more },
});

const READ = 'SELECT name FROM items WHERE name = ?';
const MISSING = `SELECT * FROM kit_missing WHERE name = '${SECRET}'`;
const failed: CallSpan = {
  ...span('SELECT * FROM kit_missing WHERE name = ?', 'SELECT kit_missing'),
  error: 'SQLITE_ERROR',
};
const INSERT = `INSERT INTO items VALUES ('${SECRET}')`;
const sizeOf = (size: number): Record<string, unknown> => ({ 'db.operation.batch.size': size });
const hasMigrate = !/^0\.[0-9]\./.test(libraryVersion('@libsql/client') ?? '');

for (const file of ['libsql-client.mjs', 'libsql-client.cjs']) {
  describe(`@libsql/client over HTTP, ${file} [stand-in server]`, () => {
    dbKit({
      title: 'statements',
      fixture: {
        ...oldVersions,
        file,
        cwd: LIBRARIES,
        // Requests are in the next part: here the statements' spans are alone.
        env: {
          LIBSQL_URL,
          OTEL_INSTRUMENTATION_HTTP_ENABLED: 'false',
          OTEL_INSTRUMENTATION_UNDICI_ENABLED: 'false',
        },
      },
      attributes: {
        'db.system.name': 'sqlite',
        'server.address': '127.0.0.1',
        'server.port': server.port,
      },
      read: {
        input: { text: READ, values: [SECRET] },
        span: span(READ, 'SELECT items'),
        result: [{ name: 'desk' }],
      },
      styles: { execute: [], text: [] },
      failing: {
        title: 'a table that does not exist',
        input: { text: MISSING },
        error: 'SQLITE_ERROR',
        spans: [failed],
      },
      cases: [
        {
          title: 'makes one span of a batch of equal statements',
          op: 'batch',
          input: {
            statements: [
              { sql: READ, args: [SECRET] },
              { sql: READ, args: ['x'] },
            ],
          },
          spans: [span(READ, 'BATCH SELECT items', sizeOf(2))],
        },
        {
          title: 'names a batch of like statements by their summary',
          op: 'batch',
          input: { statements: [INSERT, `INSERT INTO items (name) VALUES ('${SECRET}')`] },
          spans: [
            span(
              'INSERT INTO items VALUES (?); INSERT INTO items (name) VALUES (?)',
              'BATCH INSERT items',
              sizeOf(2),
            ),
          ],
        },
        {
          title: 'names a batch of different statements BATCH',
          op: 'batch',
          input: { statements: [INSERT, READ.replace('?', `'${SECRET}'`)] },
          spans: [span(`INSERT INTO items VALUES (?); ${READ}`, 'BATCH', sizeOf(2))],
        },
        {
          title: 'does not take a batch of one statement for a batch',
          op: 'batch',
          input: { statements: [INSERT] },
          spans: [span('INSERT INTO items VALUES (?)', 'INSERT items')],
        },
        {
          title: 'keeps a literal out of a batch whose other statement has an open quote',
          op: 'batch',
          input: { statements: ["INSERT INTO items VALUES ('open", INSERT] },
          spans: [
            {
              ...span('', 'BATCH INSERT items', sizeOf(2)),
              attributes: {
                'db.query.text': expect.stringMatching(/^INSERT .*; INSERT INTO items VALUES \(\?\)$/),
                'db.query.summary': 'BATCH INSERT items',
                ...sizeOf(2),
              },
            },
          ],
        },
        {
          title: 'ends the span of a batch that fails',
          op: 'batch',
          input: { statements: [MISSING, MISSING] },
          error: 'SQLITE_ERROR',
          spans: [
            {
              ...span('SELECT * FROM kit_missing WHERE name = ?', 'BATCH SELECT kit_missing', sizeOf(2)),
              error: 'SQLITE_ERROR',
            },
          ],
        },
        ...(hasMigrate
          ? [
              {
                title: 'makes one span of a migration',
                op: 'batch',
                input: { statements: [INSERT, INSERT], method: 'migrate' },
                spans: [span('INSERT INTO items VALUES (?)', 'BATCH INSERT items', sizeOf(2))],
              },
            ]
          : []),
        {
          title: 'makes one span of a script',
          op: 'script',
          input: { text: `${INSERT}; SELECT '${SECRET}'` },
          spans: [
            {
              name: expect.stringMatching(/^INSERT items/),
              attributes: {
                'db.query.text': 'INSERT INTO items VALUES (?); SELECT ?',
                'db.query.summary': expect.stringMatching(/^INSERT items/),
              },
            },
          ],
        },
        {
          title: 'makes one span of each call in a transaction',
          op: 'transaction',
          input: { text: READ, values: [SECRET] },
          spans: [
            span(READ, 'SELECT items'),
            span(`${READ}`, 'BATCH SELECT items', sizeOf(2)),
            {
              name: expect.any(String),
              attributes: { 'db.query.text': 'SELECT ?', 'db.query.summary': 'SELECT' },
            },
            span('COMMIT', 'COMMIT'),
          ],
        },
        {
          title: 'makes one span of a failure in a transaction',
          op: 'failedTransaction',
          input: { text: MISSING },
          error: 'SQLITE_ERROR',
          spans: [failed, span('ROLLBACK', 'ROLLBACK')],
        },
      ],
      shape: { text: READ, values: ['x'] },
      crashes: [{ failing: MISSING }],
    });
  });
}

describe('@libsql/client over HTTP, with its requests [stand-in server]', () => {
  const kit = operations({ file: 'libsql-client.cjs', env: { LIBSQL_URL } });

  it('has the request below the statement', async () => {
    await kit.run('run', { text: READ, values: [SECRET] });
    // Before 0.18 `fetch` is that of a package, over `node:http`.
    await kit.expectSpans(
      underParent([{ name: 'SELECT items', kind: 'CLIENT', children: [{ name: 'POST', kind: 'CLIENT' }] }]),
    );
  });

  it('gives each of 100 statements, 50 at a time, its own request', async () => {
    await kit.many('run', { text: READ, values: [SECRET] }, 100, 50);
    const spans = await kit.collect(400);
    const requests = spans.filter(({ name }) => name === 'POST');
    const statements = new Map(
      spans.filter(({ name }) => name === 'SELECT items').map(({ spanId, traceId }) => [spanId, traceId]),
    );
    expect(requests.length).toBe(100);
    expect(new Set(requests.map(({ parentSpanId }) => parentSpanId)).size).toBe(100);
    expect(requests.every(({ parentSpanId, traceId }) => statements.get(parentSpanId!) === traceId)).toBe(
      true,
    );
  });
});

mixingDbKit({
  library: 'libsql-client',
  title: '@libsql/client over HTTP [stand-in server]',
  server: { host: '127.0.0.1', port: server.port },
  http: true,
  fixture: { cwd: LIBRARIES, ...oldVersions },
  ways: ['promise', 'batch'],
});
