import {
  MESSAGING_RABBITMQ_DESTINATION_ROUTING_KEY,
  MESSAGING_RABBITMQ_MESSAGE_DELIVERY_TAG,
} from './keys.ts';
import type { MessagingOperation } from './messaging.ts';

/** A message, or one to be sent: that has not been delivered yet. */
export interface AmqpMessage {
  fields: { exchange: string; routingKey: string; deliveryTag?: number };
  properties?: { headers?: object; messageId?: string; correlationId?: string };
}

/** Names that the server makes up: of a queue that one process has for itself, of where to send an answer. */
const GENERATED = /^amq\.(?:gen-|rabbitmq\.reply-to\.)/;

/** What is known of a message that is sent to an exchange, or that was taken from a queue. */
export function amqpMessage({ fields, properties }: AmqpMessage, queue?: string): MessagingOperation {
  const { exchange, routingKey, deliveryTag } = fields;
  const parts = [exchange, routingKey, queue === routingKey ? '' : queue].filter(Boolean);
  return {
    destination: parts.join(':') || 'amq.default',
    isAnonymous: GENERATED.test(queue ?? routingKey),
    messageId: properties?.messageId,
    conversationId: properties?.correlationId,
    attributes: [
      MESSAGING_RABBITMQ_DESTINATION_ROUTING_KEY,
      routingKey || undefined,
      MESSAGING_RABBITMQ_MESSAGE_DELIVERY_TAG,
      deliveryTag,
    ],
  };
}

/** What is known of a queue that is asked for a message. */
export function amqpQueue(queue: string): MessagingOperation {
  return { destination: queue, isAnonymous: GENERATED.test(queue) };
}

/** The server of a URL, or of an object in its place, with the defaults of AMQP. */
export function amqpServer(url: unknown): { address: string; port: number } {
  const parsed = typeof url === 'object' && url !== null ? url : new URL(String(url ?? 'amqp://localhost'));
  const { protocol, hostname, port } = parsed as { protocol?: string; hostname?: string; port?: unknown };
  const isEncrypted = protocol?.startsWith('amqps') === true;
  return {
    address: (hostname || 'localhost').replace(/^\[|\]$/g, ''),
    port: Number(port) || (isEncrypted ? 5671 : 5672),
  };
}
