import { define, detached } from '../src/define.ts';
import { execute } from './redis-3-batches.ts';
import { answer, flush, handshake, sendCommand } from './redis-3-commands.ts';

export default define({
  name: 'redis',
  module: 'redis',
  // From version 4 on, the package hands on @redis/client.
  versions: '>=2.6 <7',
  spans:
    'a client span for each command, one for each batch or transaction; from version 4 on by `redis-client`',
  points: [
    { versions: '<4', target: 'RedisClient.prototype.internal_send_command', wrap: sendCommand },
    { versions: '<4', target: 'RedisClient.prototype.create_stream', wrap: detached },
    { versions: '<4', target: 'RedisClient.prototype.on_connect', wrap: handshake },
    { versions: '<4', target: 'RedisClient.prototype.on_ready', wrap: handshake },
    { versions: '<4', target: 'RedisClient.prototype.ready_check', wrap: handshake },
    { versions: '<4', target: 'RedisClient.prototype.return_reply', wrap: answer(false) },
    { versions: '<4', target: 'RedisClient.prototype.return_error', wrap: answer(true) },
    { versions: '<4', target: 'RedisClient.prototype.flush_and_error', wrap: flush },
    { versions: '<4', file: 'lib/multi.js', target: 'prototype.exec_transaction', wrap: execute(true) },
    { versions: '<4', file: 'lib/multi.js', target: 'prototype.exec', wrap: execute(false) },
    { versions: '<4', file: 'lib/multi.js', target: 'prototype.EXEC', wrap: execute(false) },
    { versions: '<4', file: 'lib/multi.js', target: 'prototype.exec_batch', wrap: execute(false) },
  ],
});
