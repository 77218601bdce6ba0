import { scope } from '../src/define.ts';
import { fitting, withFields } from '../src/semconv/fields.ts';
import { consumer, producer, receiver, settler } from '../src/semconv/messaging.ts';
import { type AmqpMessage, amqpMessage, amqpQueue, amqpServer } from '../src/semconv/rabbitmq.ts';

/** The parts of amqplib that are touched. */
interface Channel {
  connection: { frameMax: number };
}

type Message = Required<AmqpMessage>;
type Options = AmqpMessage['properties'];

const system = { scope: scope('foretrace.amqplib'), system: 'rabbitmq' };
const servers = new WeakMap<object, ReturnType<typeof amqpServer>>();
/** Which queue a message is from: it does not tell itself. */
const queues = new WeakMap<object, string>();
const serverOf = ({ connection }: Channel) => ({ server: servers.get(connection) });

/** `publish(exchange, routingKey, content, options, callback)`. */
export const send = producer<Channel, [string, string, unknown, Options]>({
  ...system,
  operation: (channel, [exchange, routingKey, , properties]) => ({
    ...amqpMessage({ fields: { exchange, routingKey }, properties }),
    ...serverOf(channel),
  }),
  carry(fields, { connection }, args) {
    // Headers have to fit into one frame: else the server closes the connection.
    const headers = withFields(args[3]?.headers, fitting(fields, connection.frameMax / 4));
    args[3] = { ...args[3], headers };
  },
});

/** The handler of `consume(queue, handler, options, callback)`. */
export const handle = consumer<unknown, [Message | null]>({
  ...system,
  operation(_, [message], call) {
    // Null tells that the consumer is cancelled.
    if (message === null || call === undefined) return undefined;
    const queue = call.args[0] as string;
    queues.set(message, queue);
    return { ...amqpMessage(message, queue), ...serverOf(call.self as Channel) };
  },
  headers: (_, [message]) => message?.properties.headers,
});

/** `get(queue, options, callback)`. */
export const get = receiver<Channel, [string], Message | false>({
  ...system,
  operation: (channel, [queue]) => ({ ...amqpQueue(queue), ...serverOf(channel) }),
  got: (message, { destination }) => (message ? amqpMessage(message, destination) : undefined),
  headers: (message) => message && message.properties.headers,
});

/** `ack(message, allUpTo)` and the like; those of all messages have no message. */
export const settle = (name: string) =>
  settler<Channel, [Message?]>({
    ...system,
    name,
    operation: (channel, [message]) => ({
      ...(message?.fields && amqpMessage(message, queues.get(message))),
      ...serverOf(channel),
    }),
  });

export function noteQueue(
  _: Channel,
  [queue]: [string],
  _error: unknown,
  message: Message | false | undefined,
): void {
  if (message) queues.set(message, queue);
}

/** Keeps where a connection goes. */
export function noteServer(_: unknown, [url]: [unknown], _error: unknown, connection?: object): void {
  if (connection !== undefined) servers.set(connection, amqpServer(url));
}
