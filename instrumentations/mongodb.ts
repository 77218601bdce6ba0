import { callbackOr, define, promise } from '../src/define.ts';
import { bulk } from './mongodb-bulk.ts';
import { getMore, keepContext, operation } from './mongodb-operations.ts';

const EXECUTE = 'lib/operations/execute_operation.js';
const SERVER = 'lib/sdam/server.js';
const BULK = 'lib/bulk/common.js';
const ends = callbackOr(promise);

export default define({
  name: 'mongodb',
  neededBy: ['mongoose'],
  module: 'mongodb',
  versions: '>=4 <8',
  spans:
    'a client span for each operation, retries included, one for each bulk write; each further batch of a cursor is a `getMore`',
  points: [
    { file: EXECUTE, target: 'executeOperation', trace: operation, ends, before: keepContext },
    { file: BULK, target: 'BulkOperationBase.prototype.execute', trace: bulk, ends },
    { file: SERVER, versions: '<4.2', target: 'Server.prototype.getMore', trace: getMore, ends },
    { file: 'lib/mongo_client.js', target: 'MongoClient.prototype.connect', context: 'none' },
    { file: 'lib/cmap/connect.js', target: 'connect', context: 'none' },
  ],
});
