import { expect, it } from 'vitest';
import { amqpMessage, amqpQueue, amqpServer } from '../../../src/semconv/rabbitmq.ts';

it.each([
  ['', 'orders', 'orders', 'orders'],
  ['', 'orders', undefined, 'orders'],
  ['events', 'orders.new', 'mails', 'events:orders.new:mails'],
  ['events', '', 'mails', 'events:mails'],
  ['events', '', undefined, 'events'],
  ['', '', undefined, 'amq.default'],
])('names exchange %j, routing key %j and queue %j: %s', (exchange, routingKey, queue, destination) => {
  expect(amqpMessage({ fields: { exchange, routingKey } }, queue)).toMatchObject({
    destination,
    isAnonymous: false,
  });
});

it('takes a name that the server has made up for no name', () => {
  expect(amqpQueue('amq.gen-Xa2').isAnonymous).toBe(true);
  const reply = { exchange: '', routingKey: 'amq.rabbitmq.reply-to.g1h2' };
  expect(amqpMessage({ fields: reply }).isAnonymous).toBe(true);
  expect(amqpQueue('amq.mine').isAnonymous).toBe(false);
});

it.each([
  [undefined, 'localhost', 5672],
  ['amqp://user:password@mq.example.com/shop?heartbeat=5', 'mq.example.com', 5672],
  ['amqps://mq.example.com', 'mq.example.com', 5671],
  ['amqp://[::1]:5673', '::1', 5673],
  [{ protocol: 'amqps', hostname: 'mq.example.com' }, 'mq.example.com', 5671],
  [{ hostname: 'mq.example.com', port: 5673 }, 'mq.example.com', 5673],
])('finds the server of %j', (url, address, port) => {
  expect(amqpServer(url)).toEqual({ address, port });
});
