import { define, type Point } from '../src/define.ts';
import { pipeline, transaction } from './redis-batches.ts';
import { answerError, answerReply, connecting, flush, sendCommand } from './redis-commands.ts';

const client = (method: string, point: Partial<Point>): Point => ({
  versions: '<4',
  target: `RedisClient.prototype.${method}`,
  ...point,
});
const multi = (method: string, point: Partial<Point>): Point => ({
  versions: '<4',
  file: 'lib/multi.js',
  target: `prototype.${method}`,
  ...point,
});

export default define({
  name: 'redis',
  module: 'redis',
  // From version 4 on, the package hands on @redis/client.
  versions: '>=2.6 <7',
  spans:
    'a client span for each command, one for each batch or transaction; from version 4 on by `redis-client`',
  points: [
    client('internal_send_command', { before: sendCommand }),
    client('create_stream', { context: 'none' }),
    client('on_connect', connecting),
    client('on_ready', connecting),
    client('ready_check', connecting),
    client('return_reply', { before: answerReply }),
    client('return_error', { before: answerError }),
    client('flush_and_error', { before: flush }),
    multi('exec_transaction', transaction),
    multi('exec', pipeline),
    multi('EXEC', pipeline),
    multi('exec_batch', pipeline),
  ],
});
