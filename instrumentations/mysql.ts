import { define, scope } from '../src/define.ts';
import { mysqlClient, type MysqlOptions } from '../src/semconv/mysql.ts';
import { contextOf, emit, queued } from './mysql-commands.ts';

const query = mysqlClient<{ config?: MysqlOptions }>({
  system: 'mysql',
  scope: scope('foretrace.mysql'),
  options: ({ config }) => config,
});

const SEQUENCE = 'lib/protocol/sequences/Sequence.js';

export default define({
  name: 'mysql',
  module: 'mysql',
  versions: '>=2.11 <3',
  spans: 'a client span for each query: callback, events or stream',
  points: [
    { file: 'lib/Connection.js', target: 'prototype.query', trace: query, ends: queued },
    { file: 'lib/Connection.js', target: 'prototype.connect', context: 'none' },
    { file: 'lib/Connection.js', target: 'prototype._implyConnect', context: 'none' },
    { file: 'lib/Pool.js', target: 'prototype.getConnection', context: 'none' },
    // Every query ends here, whatever happens: answered, failed, timed out or its connection lost.
    { file: SEQUENCE, target: 'prototype.end', context: contextOf },
    { file: SEQUENCE, target: 'prototype.emit', ...emit },
  ],
});
