import { expect } from 'vitest';
import { dbKit } from '../kit/db.ts';
import { mixingDbKit, over, POOLS } from '../kit/mixing-db.ts';
import { LIBRARIES, libraryVersion } from '../support/libraries.ts';
import { MYSQL, mysqlCases } from '../support/mysql.ts';
import { describeWith } from '../support/services.ts';

/** From 3.11.5 to 3.18, an `error` that nobody listens to closes the connection, and the app hears nothing. */
const swallows = /^3\.1[1-8]\./.test(libraryVersion('mysql2') ?? '');
/** Version 1 has no `query` for a group of a cluster's pools. */
const isFirst = libraryVersion('mysql2')?.startsWith('1.') === true;

for (const file of ['mysql2.mjs', 'mysql2.cjs']) {
  await describeWith('mariadb', `mysql2, ${file}`, () => {
    const { failing, read, cases, ...common } = mysqlCases('mysql');
    dbKit({
      title: 'queries',
      fixture: { file, env: MYSQL.env, cwd: LIBRARIES },
      ...common,
      read,
      failing,
      styles: {
        promise: [],
        promiseExecute: [],
        callback: ['callback'],
        config: ['callback'],
        execute: ['callback'],
        events: ['end'],
        executeEvents: ['end'],
        stream: ['end'],
        pool: ['callback'],
        poolExecute: ['callback'],
        poolEvents: ['end'],
        poolConnection: ['callback'],
        ...(!isFirst && { cluster: ['callback'] }),
        clusterConnection: ['callback'],
        poolPromise: [],
        poolPromiseExecute: [],
        poolPromiseConnection: [],
        prepared: [],
      },
      unreachable: {
        op: 'unreachable',
        input: { port: 1, text: 'SELECT 1' },
        error: 'ECONNREFUSED',
        spans: [],
      },
      cases: [
        ...cases,
        {
          title: 'ends the span of an execution that can not be prepared',
          input: { ...failing.input, style: 'promiseExecute' },
          error: failing.error,
          spans: failing.spans,
        },
        {
          title: 'ends the span of a query on a connection that is closed',
          op: 'closed',
          input: { text: 'SELECT 1' },
          error: '',
          spans: [
            {
              name: expect.any(String),
              attributes: { 'db.query.text': 'SELECT ?', 'error.type': expect.any(String) },
            },
          ],
        },
        ...['callback', 'events'].map((style) => ({
          title: `ends the span of a query whose connection is lost (style: ${style})`,
          op: 'lost',
          input: { style, text: 'SELECT SLEEP(20)' },
          error: 'PROTOCOL_CONNECTION_LOST',
          spans: [
            { name: expect.any(String), attributes: { 'db.query.text': 'SELECT ?' } },
            {
              name: expect.any(String),
              attributes: {
                'db.query.text': 'SELECT SLEEP(?)',
                'error.type': 'PROTOCOL_CONNECTION_LOST',
              },
            },
          ],
        })),
      ],
      shape: read.input,
      crashes: [
        { how: 'rejection', text: 'SELECT 1', failing: 'SELECT * FROM kit_missing' },
        ...(swallows ? [] : [{ how: 'event', failing: 'SELECT * FROM kit_missing' }]),
        { how: 'callback', text: 'SELECT 1', failing: 'SELECT 1' },
      ],
    });
  });
}

await describeWith('mariadb', 'mysql2', () => {
  mixingDbKit({
    library: 'mysql2',
    server: MYSQL,
    fixture: { env: MYSQL.env, cwd: LIBRARIES },
    ways: [
      ...over(['callback', 'config', 'lent', 'execute', 'promise', 'promiseExecute', 'promiseLent'], POOLS),
      ...over(['callback', 'execute', 'promise'], ['connection']),
    ],
    patient: over(['events', 'stream'], [...POOLS, 'connection']),
  });
});
