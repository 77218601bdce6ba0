import { define, scope } from '../src/define.ts';
import { mysqlClient, type MysqlOptions } from '../src/semconv/mysql.ts';
import { asking, boundValues, contextOf, emit, enqueued, queued } from './mysql-commands.ts';
import { calling, give, sending } from './sql-comments.ts';

const query = mysqlClient<{ config?: MysqlOptions }>({
  system: 'mysql',
  scope: scope('foretrace.mysql'),
  options: ({ config }) => config,
  parameters: boundValues,
  comment: give,
});

const SEQUENCE = 'lib/protocol/sequences/Sequence.js';

export default define({
  name: 'mysql',
  module: 'mysql',
  versions: '>=2.11 <3',
  spans: 'a client span for each query: callback, events or stream',
  points: [
    { file: 'lib/Connection.js', target: 'prototype.query', ...calling },
    { file: 'lib/Connection.js', target: 'prototype.query', trace: query, ends: queued },
    { file: 'lib/Connection.js', target: 'prototype.connect', context: 'none' },
    { file: 'lib/Connection.js', target: 'prototype._implyConnect', context: 'none' },
    { file: 'lib/Pool.js', target: 'prototype.getConnection', context: 'none' },
    { file: 'lib/Pool.js', target: 'prototype.query', ...asking },
    { file: 'lib/protocol/Protocol.js', target: 'prototype._enqueue', ...enqueued },
    { file: 'lib/protocol/sequences/Query.js', target: 'prototype.start', ...sending('sql') },
    // Every query ends here, whatever happens: answered, failed, timed out or its connection lost.
    { file: SEQUENCE, target: 'prototype.end', context: contextOf },
    { file: SEQUENCE, target: 'prototype.emit', ...emit },
  ],
});
