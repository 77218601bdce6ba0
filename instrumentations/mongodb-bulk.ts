import { mongoClient } from '../src/semconv/mongo.ts';
import { type Client, mongodb, type Namespace, onlyHost } from './mongodb-operations.ts';

interface Bulk {
  batches: readonly { batchType: number; operations: readonly unknown[] }[];
  s: {
    namespace: Namespace;
    topology?: Client;
    collection?: { client?: Client; s?: { db?: { s?: { client?: Client } } } };
  };
}

/** Commands by the type of a batch. */
const TYPES = [undefined, 'insert', 'update', 'delete'];

/** `bulkWrite`, `insertMany` and the bulk builders: one operation, however many batches the driver makes of it. */
export const bulk = mongoClient<Bulk, unknown[]>({
  scope: mongodb,
  operation({ batches, s }) {
    if (batches.length === 0) return undefined;
    const { db, collection } = s.namespace;
    const client = s.collection?.client ?? s.collection?.s?.db?.s?.client ?? s.topology;
    const [{ batchType }] = batches;
    const name = (batches.every((batch) => batch.batchType === batchType) && TYPES[batchType]) || 'bulkWrite';
    const size = batches.reduce((sum, { operations }) => sum + operations.length, 0);
    return { name, database: db, collection, size, server: () => onlyHost(client) };
  },
});
