import { afterAll, beforeAll, describe } from 'vitest';
import { type CallSpan, dbKit, SECRET } from '../kit/db.ts';
import { mixingDbKit, over, POOLS } from '../kit/mixing-db.ts';
import { LIBRARIES, libraryMajor } from '../support/libraries.ts';
import { seedMongo, startMongo } from '../support/mongodb.ts';

const server = await startMongo();
afterAll(() => server.close());

const MAJOR = libraryMajor('mongoose');
const where = process.env.MONGODB_URL === undefined ? 'a stand-in for MongoDB' : 'MongoDB';

const span = (command: string, more: Record<string, unknown> = {}, error?: string): CallSpan => ({
  name: `${command} kit`,
  attributes: { 'db.operation.name': command, 'db.collection.name': 'kit', ...more },
  error,
});

for (const [title, file] of [
  [`mongoose ${MAJOR}, ES modules, against ${where}`, 'mongoose.mjs'],
  [`mongoose ${MAJOR}, CommonJS, against ${where}`, 'mongoose.cjs'],
]) {
  describe(title, () => {
    beforeAll(() => seedMongo(server));

    dbKit({
      title: 'operations, one span each',
      // Version 6 warns of a default that has changed since.
      fixture: { file, env: { MONGODB_URL: server.url }, cwd: LIBRARIES, execArgv: ['--no-deprecation'] },
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
        await: [],
        exec: [],
        thenable: [],
        cursor: [],
        ...(MAJOR === 6 && { callback: ['callback'] }),
      },
      failing: {
        title: 'a duplicate key',
        op: 'save',
        input: { document: { _id: SECRET } },
        error: 11_000,
        spans: [span('insert', {}, '11000')],
      },
      cases: [
        {
          title: 'makes one span of an insert of several documents',
          op: 'call',
          input: {
            method: 'insertMany',
            args: [
              [
                { _id: 'a', name: SECRET },
                { _id: 'b', name: SECRET },
              ],
            ],
          },
          spans: [span('insert', { 'db.operation.batch.size': 2 })],
        },
        {
          title: 'makes one span of a bulk write',
          op: 'call',
          input: {
            method: 'bulkWrite',
            args: [
              [
                { updateOne: { filter: { _id: 'a' }, update: { name: SECRET } } },
                { deleteOne: { filter: { _id: 'a' } } },
              ],
            ],
          },
          spans: [span('bulkWrite', { 'db.operation.batch.size': 2 })],
        },
        ...(
          [
            ['updateOne', 'update', [{ name: 'kit-none' }, { name: SECRET }]],
            ['deleteMany', 'delete', [{ name: 'kit-none' }]],
            ['findOneAndUpdate', 'findAndModify', [{ name: 'kit-none' }, { name: SECRET }]],
            ['countDocuments', 'aggregate', [{ name: SECRET }]],
            ['aggregate', 'aggregate', [[{ $match: { name: SECRET } }]]],
            ['exists', 'find', [{ name: SECRET }]],
          ] as const
        ).map(([method, command, args]) => ({
          title: `names ${method} by its command`,
          op: 'call',
          input: { method, args },
          spans: [span(command)],
        })),
        {
          title: 'makes a span of each query of a population',
          op: 'populate',
          input: { filter: { _id: 'kit-friend' } },
          result: 'kit-read',
          spans: [span('find'), span('find')],
        },
        {
          title: 'keeps the context of an operation that waits for the connection',
          op: 'buffered',
          input: { filter: { _id: 'kit-read' } },
          result: { _id: 'kit-read', secret: SECRET },
          spans: [span('find')],
        },
      ],
      shape: { filter: { _id: 'kit-none' } },
      crashes: [{ document: { _id: SECRET } }],
    });
  });
}

mixingDbKit({
  library: 'mongoose',
  server,
  cuts: 2,
  fixture: { cwd: LIBRARIES },
  ways: over(['promise'], POOLS),
});
