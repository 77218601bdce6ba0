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
import { addPeerService, serverBlock } from './server.ts';

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
export interface MessagingGetters<Self, Args extends unknown[], Result = unknown> {
  scope: Scope;
  /** `messaging.system`. */
  system: string;
  /** `messaging.operation.name`: the library's word for it. */
  name?: string;
  /** Undefined for a call that is no operation. `call` is the one that a handler was given to. */
  operation(self: Self, args: Args, call: Call | undefined): MessagingOperation | undefined;
  /** What its result tells besides, if something: the id that the server has given to a message, the message that was asked for. */
  got?(result: Result, operation: MessagingOperation): MessagingOperation | undefined;
  /** Whether an error is a failure; all are if absent. */
  isFailure?(error: unknown): boolean;
}

interface MessagingFacts extends Facts {
  readonly operation: MessagingOperation;
}

const MAX_DESTINATION = 256;
const MAX_ID = 256;

function roleOf<Self, Args extends unknown[], Result>(
  {
    scope,
    system,
    name: given,
    operation: operationOf,
    got,
    isFailure,
  }: MessagingGetters<Self, Args, Result>,
  kind: number,
  type: string,
): Role<Self, Args, MessagingFacts> {
  const name = given ?? type;
  const factsOf = (operation: MessagingOperation): MessagingFacts => ({
    name: `${name} ${targetOf(operation)}`.trimEnd(),
    operation,
  });
  return {
    scope,
    kind,
    layer: MESSAGING,
    of(self, args, _context, call) {
      const operation = operationOf(self, args, call);
      return operation && factsOf(operation);
    },
    start(span, { operation }) {
      span.add(MESSAGING_SYSTEM, system);
      span.add(MESSAGING_OPERATION_NAME, name);
      span.add(MESSAGING_OPERATION_TYPE, type);
      // What the result tells may be about the same attributes.
      if (got === undefined) describe(span, operation);
    },
    late:
      got &&
      ((facts, error, result) => {
        const more = error === undefined ? got(result as Result, facts.operation) : undefined;
        return more === undefined ? facts : factsOf({ ...facts.operation, ...more });
      }),
    end(span, error, _result, { operation }) {
      if (got !== undefined) describe(span, operation);
      if (error !== undefined && isFailure?.(error) !== false) failed(span, errorType(error));
    },
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
  if (server?.address !== undefined) {
    span.addBlock(serverBlock(server.address, server.port));
    if (span.kind !== CONSUMER) addPeerService(span, server.address, server.port, undefined);
  }
  for (let i = 0; i < attributes.length; i += 2)
    span.add(attributes[i] as Key, attributes[i + 1] as string | number | undefined);
}

/** Ids are the app's to choose, and may be of any type. */
function textOf(id: unknown): string | undefined {
  return typeof id === 'string' && id !== '' ? bounded(id, MAX_ID) : undefined;
}

/** The role of what sends messages; what is sent carries the span on, also one that is not recorded. */
export function producer<Self, Args extends unknown[], Result = unknown>(
  getters: MessagingGetters<Self, Args, Result> & {
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

/**
 * The role of a handler of messages: its span is below that of who sent the message, and active in the handler. What is active where the
 * library calls it is that of whoever opened the connection.
 */
export function consumer<Self, Args extends unknown[]>(
  getters: MessagingGetters<Self, Args> & {
    /** The headers of the message, or of each message of a batch. */
    headers(self: Self, args: Args): unknown;
    /** Whether the message comes again and again because it was scheduled once. */
    isRepeated?(self: Self, args: Args): boolean;
  },
): Role<Self, Args, MessagingFacts> {
  return {
    ...roleOf(getters, CONSUMER, 'process'),
    ignoresContext: true,
    received: (_facts, self, args) =>
      receivedOf(getters.headers(self, args), getters.isRepeated?.(self, args)),
  };
}

function receivedOf(headers: unknown, isRepeated?: boolean): Received<never> {
  const carriers = (Array.isArray(headers) ? headers : [headers]) as never[];
  return { carriers, get: headerOf as never, isRepeated };
}

/** The role of a call that fetches messages, where the app handles them itself: what it got is linked. */
export function receiver<Self, Args extends unknown[], Result>(
  getters: MessagingGetters<Self, Args, Result> & {
    /** The headers of the message, or of each message, that it got. */
    headers(result: Result): unknown;
  },
): Role<Self, Args, MessagingFacts> {
  const role = roleOf(getters, CLIENT, 'receive');
  return {
    ...role,
    end(span, error, result, facts) {
      role.end?.(span, error, result, facts);
      const headers = error === undefined ? getters.headers(result as Result) : undefined;
      if (headers !== undefined) linkReceived(span, receivedOf(headers));
    },
  };
}

/** The role of a call that settles messages: acknowledges, rejects or commits them. */
export function settler<Self, Args extends unknown[]>(
  getters: MessagingGetters<Self, Args>,
): Role<Self, Args, MessagingFacts> {
  return roleOf(getters, CLIENT, 'settle');
}
