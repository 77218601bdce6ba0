import { define, detached, scope } from '../src/define.ts';
import { commandWrapper, emitWrapper, mysqlClient, type MysqlOptions, queued } from '../src/semconv/mysql.ts';

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
    { file: 'lib/Connection.js', target: 'prototype.query', trace: query, settles: queued },
    { file: 'lib/Connection.js', target: 'prototype.connect', wrap: detached },
    { file: 'lib/Connection.js', target: 'prototype._implyConnect', wrap: detached },
    { file: 'lib/Pool.js', target: 'prototype.getConnection', wrap: detached },
    // Every query ends here, whatever happens: answered, failed, timed out or its connection lost.
    { file: SEQUENCE, target: 'prototype.end', wrap: commandWrapper },
    { file: SEQUENCE, target: 'prototype.emit', wrap: emitWrapper },
  ],
});
