import { callbackOr, type End, guarded, promise } from '../src/define.ts';
import { begin, type Client, type Namespace, onlyHost } from './mongodb-operation.ts';

const settle = callbackOr(promise);

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

const beginBulk = guarded('mongodb', ({ batches, s }: Bulk): End | undefined => {
  if (batches.length === 0) return undefined;
  const { db, collection } = s.namespace;
  const client = s.collection?.client ?? s.collection?.s?.db?.s?.client ?? s.topology;
  const [{ batchType }] = batches;
  const name = (batches.every((batch) => batch.batchType === batchType) && TYPES[batchType]) || 'bulkWrite';
  const size = batches.reduce((sum, { operations }) => sum + operations.length, 0);
  return begin({ name, database: db, collection, size }, () => onlyHost(client));
});

/** `bulkWrite`, `insertMany` and the bulk builders: one operation, however many batches the driver makes of it. */
export function executeBulk(original: Function): Function {
  return function (this: Bulk, ...args: unknown[]) {
    const end = beginBulk(this);
    if (end === undefined) return Reflect.apply(original, this, args);
    return settle(original, this, args, end);
  };
}
