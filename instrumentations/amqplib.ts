import { bindCallback, callbackOr, define, type Point, promise, sync, thenable } from '../src/define.ts';
import { get, handle, noteQueue, noteServer, send, settle } from './amqplib-messages.ts';

/** The API of promises and that of callbacks are classes of the same methods. */
const ofModel = (file: string): Point[] => [
  ...[
    { versions: '<0.10', ends: callbackOr(thenable()) },
    { versions: '>=0.10', ends: callbackOr(promise) },
  ].map((of) => ({ ...of, file, target: 'Channel.prototype.get', trace: get, after: noteQueue })),
  { file, target: 'Channel.prototype.publish', trace: send, ends: sync, outermost: true },
  {
    file,
    target: 'ConfirmChannel.prototype.publish',
    trace: send,
    ends: callbackOr(sync),
    outermost: true,
  },
  { file, target: 'Channel.prototype.consume', argument: '1', trace: handle, context: 'none' },
  ...['ack', 'nack', 'reject', 'ackAll', 'nackAll'].map((name) => ({
    file,
    target: `Channel.prototype.${name}`,
    trace: settle(name),
    ends: sync,
  })),
];

export default define({
  name: 'amqplib',
  module: 'amqplib',
  versions: '>=0.5.5 <3',
  spans:
    'a producer span for each message, a consumer span for each call of a handler, a client span for each pull and settlement',
  points: [
    {
      file: 'lib/connect.js',
      target: 'connect',
      context: 'none',
      ends: callbackOr(sync),
      after: noteServer,
    },
    // What answers callbacks is the connection.
    { file: 'lib/channel.js', target: 'Channel.prototype._rpc', before: (_, args) => bindCallback(args) },
    ...['lib/channel_model.js', 'lib/callback_model.js'].flatMap(ofModel),
  ],
});
