import { define, detached } from '../src/define.ts';
import { executeBulk } from './mongodb-bulk.ts';
import { executeOperation, getMore } from './mongodb-execute.ts';

export default define({
  name: 'mongodb',
  neededBy: ['mongoose'],
  module: 'mongodb',
  versions: '>=4 <8',
  spans:
    'a client span for each operation, retries included, one for each bulk write; each further batch of a cursor is a `getMore`',
  points: [
    { file: 'lib/operations/execute_operation.js', target: 'executeOperation', wrap: executeOperation },
    { file: 'lib/bulk/common.js', target: 'BulkOperationBase.prototype.execute', wrap: executeBulk },
    { file: 'lib/sdam/server.js', versions: '<4.2', target: 'Server.prototype.getMore', wrap: getMore },
    { file: 'lib/mongo_client.js', target: 'MongoClient.prototype.connect', wrap: detached },
    { file: 'lib/cmap/connect.js', target: 'connect', wrap: detached },
  ],
});
