import { afterAll, beforeAll, describe, expect } from 'vitest';
import { type CallSpan, dbKit, SECRET } from '../kit/db.ts';
import { mixingDbKit, over, POOLS } from '../kit/mixing-db.ts';
import { LIBRARIES, libraryMajor, oldVersions } from '../support/libraries.ts';
import { seedMongo, startMongo } from '../support/mongodb.ts';

const server = await startMongo();
afterAll(() => server.close());
beforeAll(() => seedMongo(server));

const MAJOR = libraryMajor('mongodb');
const env = { MONGODB_URL: server.url };
const own = process.env.MONGODB_URL === undefined;
const where = own ? 'a stand-in for MongoDB' : 'MongoDB';

const span = (command: string, more: Record<string, unknown> = {}, error?: string): CallSpan => {
  const attributes = { 'db.operation.name': command, 'db.collection.name': 'kit', ...more };
  const target = attributes['db.collection.name'] ?? 'test';
  return { name: `${command} ${target}`, attributes, error };
};
const estimate = MAJOR === 4 ? 'aggregate' : 'count';

for (const [title, file] of [
  [`mongodb ${MAJOR}, ES modules, against ${where}`, 'mongodb.mjs'],
  [`mongodb ${MAJOR}, CommonJS, against ${where}`, 'mongodb.cjs'],
]) {
  describe(title, () => {
    dbKit({
      title: 'operations',
      fixture: { file, env, cwd: LIBRARIES, ...oldVersions },
      attributes: {
        'db.system.name': 'mongodb',
        'db.namespace': 'test',
        'server.address': server.host,
        ...(server.port !== 27_017 && { 'server.port': server.port }),
      },
      read: {
        input: { filter: { _id: 'kit-read', secret: SECRET } },
        span: span('find'),
        result: { _id: 'kit-read', secret: SECRET },
      },
      styles: {
        promise: [],
        cursor: [],
        toArray: [],
        next: [],
        stream: [],
        session: [],
        ...(MAJOR === 4 && { callback: ['callback'] }),
      },
      failing: {
        title: 'a duplicate key',
        op: 'call',
        input: { method: 'insertOne', args: [{ _id: SECRET }] },
        error: 11_000,
        spans: [span('insert', {}, '11000')],
      },
      unreachable:
        MAJOR > 4
          ? {
              op: 'unreachable',
              input: { port: 1, filter: { name: SECRET } },
              error: '',
              spans: [
                {
                  name: 'find kit',
                  attributes: {
                    ...span('find').attributes,
                    'server.address': '127.0.0.1',
                    'server.port': 1,
                    'error.type': 'MongoServerSelectionError',
                  },
                },
              ],
            }
          : undefined,
      cases: [
        {
          title: 'traces an insert',
          op: 'call',
          input: { method: 'insertOne', args: [{ name: SECRET }] },
          spans: [span('insert')],
        },
        {
          title: 'makes one span of an insert of several documents',
          op: 'call',
          input: { method: 'insertMany', args: [[{ name: SECRET }, { name: SECRET }]] },
          result: 2,
          spans: [span('insert', { 'db.operation.batch.size': 2 })],
        },
        {
          title: 'makes one span of a bulk write',
          op: 'call',
          input: {
            method: 'bulkWrite',
            args: [
              [
                { insertOne: { document: { _id: 'kit-bulk', name: SECRET } } },
                { updateOne: { filter: { _id: 'kit-bulk' }, update: { $set: { name: SECRET } } } },
                { deleteOne: { filter: { _id: 'kit-bulk' } } },
              ],
            ],
          },
          spans: [span('bulkWrite', { 'db.operation.batch.size': 3 })],
        },
        ...['initializeOrderedBulkOp', 'initializeUnorderedBulkOp'].map((how) => ({
          title: `makes one span of a bulk builder (${how})`,
          op: 'bulk',
          input: { how, documents: [{ _id: how, name: SECRET }, { name: SECRET }] },
          spans: [span('bulkWrite', { 'db.operation.batch.size': 3 })],
        })),
        {
          title: 'names the code of a bulk write that fails',
          op: 'call',
          input: { method: 'insertMany', args: [[{ _id: SECRET }, { name: SECRET }]] },
          error: 11_000,
          spans: [span('insert', { 'db.operation.batch.size': 2 }, '11000')],
        },
        ...(
          [
            ['updateOne', 'update', [{ name: 'kit-none' }, { $set: { name: SECRET } }]],
            ['updateMany', 'update', [{ name: 'kit-none' }, { $set: { name: SECRET } }]],
            ['replaceOne', 'update', [{ name: 'kit-none' }, { name: SECRET }]],
            ['deleteOne', 'delete', [{ name: 'kit-none' }]],
            ['deleteMany', 'delete', [{ name: 'kit-none' }]],
            ['findOneAndUpdate', 'findAndModify', [{ name: 'kit-none' }, { $set: { name: SECRET } }]],
            ['findOneAndDelete', 'findAndModify', [{ name: 'kit-none' }]],
            ['countDocuments', 'aggregate', [{ name: SECRET }]],
            ['estimatedDocumentCount', expect.stringMatching(new RegExp(`^(${estimate}|count)$`)), []],
            ['distinct', 'distinct', ['name']],
            ['aggregate', 'aggregate', [[{ $match: { name: SECRET } }]]],
            ['createIndex', 'createIndexes', [{ name: 1 }]],
          ] as const
        ).map(([method, command, args]) => ({
          title: `names ${method} by its command`,
          op: 'call',
          input: { method, args },
          spans: [
            typeof command === 'string'
              ? span(command)
              : {
                  ...span(''),
                  name: expect.any(String),
                  attributes: { ...span('').attributes, 'db.operation.name': command },
                },
          ],
        })),
        {
          title: 'makes a span of each batch of a cursor',
          op: 'read',
          input: { filter: { group: 'kit-many' }, batchSize: 2, count: 5 },
          result: 5,
          spans: [span('find'), span('getMore'), span('getMore')],
        },
        {
          title: 'makes no span of closing a cursor early',
          op: 'read',
          input: { filter: { group: 'kit-many' }, batchSize: 2, count: 1 },
          result: 1,
          spans: [span('find')],
        },
        {
          title: 'names a command that the app runs by its first key',
          op: 'command',
          input: { command: { ping: 1 } },
          spans: [span('ping', { 'db.collection.name': undefined })],
        },
        {
          title: 'names the code of a command that does not exist',
          op: 'command',
          input: { command: { kitMissing: SECRET } },
          error: 59,
          spans: [span('kitMissing', { 'db.collection.name': undefined }, '59')],
        },
        {
          title: 'traces what the driver does for the list of collections once',
          op: 'collections',
          input: {},
          spans: [span('listCollections', { 'db.collection.name': undefined })],
        },
        // Before 4.8 a client has to be connected first.
        ...(MAJOR > 4
          ? [
              {
                title: 'makes no span of connecting with the first operation',
                op: 'first',
                input: { filter: { _id: 'kit-read' } },
                spans: [span('find')],
              },
            ]
          : []),
        ...(own
          ? [
              {
                title: 'makes one span of an operation that the driver retries',
                op: 'retried',
                input: { filter: { _id: 'kit-read' } },
                result: { _id: 'kit-read', secret: SECRET },
                spans: [
                  {
                    name: 'configureFailPoint admin',
                    attributes: {
                      'db.operation.name': 'configureFailPoint',
                      'db.namespace': 'admin',
                    },
                  },
                  span('find'),
                ],
              },
            ]
          : []),
      ],
      shape: { filter: { _id: 'kit-none' } },
      crashes: [
        { how: 'rejection', document: { _id: SECRET } },
        ...(MAJOR === 4 ? [{ how: 'callback', filter: {} }] : []),
      ],
    });
  });
}

mixingDbKit({
  library: 'mongodb',
  server,
  cuts: 2,
  fixture: { cwd: LIBRARIES, ...oldVersions },
  ways: over(['promise', 'toArray', 'cursor', 'stream', ...(MAJOR === 4 ? ['callback'] : [])], POOLS),
});
