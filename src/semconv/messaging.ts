import { MESSAGING } from '../context/layers.ts';
import { bounded } from '../encode/flat-copy.ts';
import type { Key } from '../encode/key.ts';
import { linkReceived, type Received } from '../operation/entry.ts';
import type { Call, Facts, Role } from '../operation/operation.ts';
import type { Scope } from '../trace/scope.ts';
import { CLIENT, CONSUMER, PRODUCER, type Span } from '../trace/span.ts';
import { errorType, failed } from './error.ts';
import {
  MESSAGING_BATCH_MESSAGE_COUNT,
  MESSAGING_CONSUMER_GROUP_NAME,
  MESSAGING_DESTINATION_ANONYMOUS,
  MESSAGING_DESTINATION_NAME,
  MESSAGING_MESSAGE_CONVERSATION_ID,
  MESSAGING_MESSAGE_ID,
  MESSAGING_OPERATION_NAME,
  MESSAGING_OPERATION_TYPE,
  MESSAGING_SYSTEM,
} from './keys.ts';
import { type Fields, fieldsOf, headerOf } from './fields.ts';
import { serverBlock } from './server.ts';

/** What is known of an operation on messages. Fields are named after the attributes that they answer. */
export interface MessagingOperation {
  /** Where the messages go to or come from: a queue, a topic, or as the system's convention puts it together. */
  destination?: string;
  /** The destination's name is made up by the server: it names no span. */
  isAnonymous?: boolean;
  server?: { address?: string; port?: number };
  messageId?: string;
  conversationId?: string;
  consumerGroup?: string;
  /** How many messages a batch has; only of calls that take several. */
  batchSize?: number;
  /** Attributes of one system: key, value, key, value … */
  attributes?: readonly unknown[];
}

/** The answers that a messaging library gives. */
export interface MessagingGetters<Self, Args extends unknown[]> {
  scope: Scope;
  /** `messaging.system`. */
  system: string;
  /** `messaging.operation.name`: the library's word for it. */
  name?: string;
  /** Undefined for a call that is no operation. `call` is the one that a handler was given to. */
  operation(self: Self, args: Args, call: Call | undefined): MessagingOperation | undefined;
}

interface MessagingFacts extends Facts {
  readonly operation: MessagingOperation;
}

const MAX_DESTINATION = 256;
const MAX_ID = 256;

function roleOf<Self, Args extends unknown[]>(
  { scope, system, name: given, operation: operationOf }: MessagingGetters<Self, Args>,
  kind: number,
  type: string,
): Role<Self, Args, MessagingFacts> {
  const name = given ?? type;
  return {
    scope,
    kind,
    layer: MESSAGING,
    of(self, args, _context, call) {
      const operation = operationOf(self, args, call);
      return operation && { name: `${name} ${targetOf(operation)}`.trimEnd(), operation };
    },
    start(span, { operation }) {
      span.add(MESSAGING_SYSTEM, system);
      span.add(MESSAGING_OPERATION_NAME, name);
      span.add(MESSAGING_OPERATION_TYPE, type);
      describe(span, operation);
    },
    end: endMessaging,
  };
}

/** `{destination}` of a span's name: low in cardinality, so not what a server has made up. */
function targetOf({ destination, isAnonymous, server }: MessagingOperation): string {
  if (destination !== undefined && destination !== '' && isAnonymous !== true)
    return bounded(destination, MAX_DESTINATION);
  const { address, port } = server ?? {};
  if (address === undefined) return '';
  return port === undefined ? address : `${address}:${port}`;
}

function describe(span: Span, operation: MessagingOperation): void {
  const { destination, isAnonymous, server, attributes = [] } = operation;
  if (destination !== undefined) span.add(MESSAGING_DESTINATION_NAME, bounded(destination, MAX_DESTINATION));
  if (isAnonymous === true) span.add(MESSAGING_DESTINATION_ANONYMOUS, true);
  span.add(MESSAGING_MESSAGE_ID, textOf(operation.messageId));
  span.add(MESSAGING_MESSAGE_CONVERSATION_ID, textOf(operation.conversationId));
  span.add(MESSAGING_CONSUMER_GROUP_NAME, textOf(operation.consumerGroup));
  span.add(MESSAGING_BATCH_MESSAGE_COUNT, operation.batchSize);
  if (server?.address !== undefined) span.addBlock(serverBlock(server.address, server.port));
  for (let i = 0; i < attributes.length; i += 2)
    span.add(attributes[i] as Key, attributes[i + 1] as string | number | undefined);
}

/** Ids are the app's to choose, and may be of any type. */
function textOf(id: unknown): string | undefined {
  return typeof id === 'string' && id !== '' ? bounded(id, MAX_ID) : undefined;
}

function endMessaging(span: Span, error: unknown): void {
  if (error !== undefined) failed(span, errorType(error));
}

/** The role of what sends messages; what is sent carries the span on, also one that is not recorded. */
export function producer<Self, Args extends unknown[]>(
  getters: MessagingGetters<Self, Args> & {
    /** Puts the fields into what is sent: {@link withFields} makes the copy of the app's headers. */
    carry(fields: Fields, self: Self, args: Args): void;
  },
): Role<Self, Args, MessagingFacts> {
  return {
    ...roleOf(getters, PRODUCER, 'send'),
    inject(span, _facts, self, args, context) {
      getters.carry(fieldsOf(span, context), self, args);
    },
  };
}

/** The role of a handler of messages: its span is below that of who sent the message, and active in the handler. */
export function consumer<Self, Args extends unknown[]>(
  getters: MessagingGetters<Self, Args> & {
    /** The headers of the message, or of each message of a batch. */
    headers(self: Self, args: Args): unknown;
  },
): Role<Self, Args, MessagingFacts> {
  return {
    ...roleOf(getters, CONSUMER, 'process'),
    received: (_facts, self, args) => receivedOf(getters.headers(self, args)),
  };
}

function receivedOf(headers: unknown): Received<never> {
  return { carriers: (Array.isArray(headers) ? headers : [headers]) as never[], get: headerOf as never };
}

/** The role of a call that fetches messages, where the app handles them itself: what it got is linked. */
export function receiver<Self, Args extends unknown[]>(
  getters: MessagingGetters<Self, Args> & {
    /** What is known of the messages only once they are there. */
    got(result: unknown): (MessagingOperation & { headers?: unknown }) | undefined;
  },
): Role<Self, Args, MessagingFacts> {
  return {
    ...roleOf(getters, CLIENT, 'receive'),
    end(span, error, result) {
      endMessaging(span, error);
      const got = error === undefined ? getters.got(result) : undefined;
      if (got === undefined) return;
      describe(span, got);
      linkReceived(span, receivedOf(got.headers));
    },
  };
}

/** The role of a call that settles messages: acknowledges, rejects or commits them. */
export function settler<Self, Args extends unknown[]>(
  getters: MessagingGetters<Self, Args>,
): Role<Self, Args, MessagingFacts> {
  return roleOf(getters, CLIENT, 'settle');
}
