/** RabbitMQ as the messaging kits see it from outside: the test's process talks to it with the library, untraced. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type Broker, newName } from '../kit/messaging.ts';
import { LIBRARIES } from './libraries.ts';

export const AMQP_URL = process.env.AMQP_URL ?? 'amqp://127.0.0.1:5672';
const url = new URL(AMQP_URL);
export const server = { host: url.hostname, port: Number(url.port || 5672) };

interface Channel {
  assertQueue(name: string, options: object): Promise<unknown>;
  assertExchange(name: string, type: string, options: object): Promise<unknown>;
  bindQueue(queue: string, exchange: string, key: string): Promise<unknown>;
  sendToQueue(queue: string, content: Buffer, options: object, done: (error: unknown) => void): boolean;
  get(queue: string, options: object): Promise<false | { content: Buffer; properties: { headers?: object } }>;
  deleteQueue(queue: string): Promise<{ messageCount: number }>;
}

interface Connection {
  createConfirmChannel(): Promise<Channel>;
  close(): Promise<void>;
}

const connect = (): Promise<Connection> =>
  createRequire(join(LIBRARIES, 'package.json'))('amqplib').connect(AMQP_URL);

export interface Rabbitmq extends Broker {
  /** Makes a queue that an exchange of its own sends to. */
  bound(type: string, key: string): Promise<{ queue: string; exchange: string }>;
  /** How many messages were left in a queue that is removed by this. */
  remove(queue: string): Promise<number>;
}

export function rabbitmq(): Rabbitmq {
  let opened: Promise<[Connection, Channel]> | undefined;
  const channel = async (): Promise<Channel> => {
    opened ??= connect().then(async (one) => [one, await one.createConfirmChannel()]);
    return (await opened)[1];
  };

  /** What nobody uses for ten minutes goes away by itself. */
  async function queue(name = newName()): Promise<string> {
    await (await channel()).assertQueue(name, { arguments: { 'x-expires': 600_000 } });
    return name;
  }

  return {
    queue,
    async put(name, body, carrier = {}) {
      const ch = await channel();
      await new Promise<void>((resolve, reject) => {
        const content = Buffer.from(JSON.stringify(body));
        ch.sendToQueue(name, content, { headers: carrier as object }, (error) =>
          error ? reject(error) : resolve(),
        );
      });
    },
    async take(name) {
      const ch = await channel();
      const messages = [];
      for (;;) {
        const message = await ch.get(name, { noAck: true });
        if (!message) return messages;
        const { traceparent, tracestate, baggage, ...own } = { ...message.properties.headers } as any;
        const carrier = JSON.parse(JSON.stringify({ traceparent, tracestate, baggage }));
        messages.push({ body: JSON.parse(String(message.content)), carrier, own });
      }
    },
    async bound(type, key) {
      const ch = await channel();
      const exchange = newName();
      await ch.assertExchange(exchange, type, { autoDelete: true });
      const name = await queue();
      await ch.bindQueue(name, exchange, key);
      return { queue: name, exchange };
    },
    async remove(name) {
      return (await (await channel()).deleteQueue(name)).messageCount;
    },
    async close() {
      await (await opened)?.[0].close();
      opened = undefined;
    },
  };
}
