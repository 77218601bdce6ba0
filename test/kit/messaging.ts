/** What the kits of messaging have in common: the library, the messages on its server, and the spans of its operations. */
import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { type ExpectedSpan, expectTrace, optional } from '../support/expect-trace.ts';
import type { ReceivedSpan } from '../support/otlp.ts';
import { type Exit, runApp } from '../support/run-app.ts';
import { type Fixture, PLUMBING } from './harness.ts';
import { operations, type Operations } from './operations.ts';

/** Belongs into every message of a kit; must never be in what is sent to the receiver. */
export const SECRET = 's3cret-canary';

export interface Message {
  body: any;
  /** What an instrumentation has put beside the app's own: `traceparent`, `baggage`. */
  carrier: Record<string, unknown>;
  /** The headers or options that the app has given, as they have arrived. */
  own: Record<string, unknown>;
}

/** The server as others see it: the test's process, which is not traced, makes queues, puts messages there and takes them. */
export interface Broker {
  /** Makes a queue; resolves with its name, which is `name` where one is given. */
  queue(name?: string): Promise<string>;
  put(queue: string, body: object, carrier?: unknown): Promise<void>;
  /** Takes all messages. */
  take(queue: string): Promise<Message[]>;
  close(): Promise<void>;
}

export interface MessagingLibrary {
  title: string;
  /** Its name in `OTEL_INSTRUMENTATION_<NAME>_ENABLED`. */
  name: string;
  fixture: Fixture;
  broker: Broker;
  /** Attributes of each span of an operation on the queue. */
  attributes(queue: string): Record<string, unknown>;
}

export const newName = (): string => `kit-${randomUUID().slice(0, 8)}`;

/** An operation's span, as differences to what all of the library's spans have; `undefined` removes an attribute. */
export interface Operation {
  name: string;
  kind: NonNullable<ExpectedSpan['kind']>;
  /** `messaging.operation.type`. Default: the name. */
  type?: string;
  /** Where it is not the queue: what is in the span's name and `messaging.destination.name`. */
  destination?: string;
  attributes?: Record<string, unknown>;
  error?: unknown;
}

/** The span of an operation on a queue. */
export function operationSpan(
  { attributes }: MessagingLibrary,
  queue: string,
  { name, kind, type = name, destination = queue, attributes: more, error }: Operation,
): ExpectedSpan {
  const all: Record<string, unknown> = {
    'messaging.operation.name': name,
    'messaging.operation.type': type,
    'messaging.destination.name': destination,
    ...attributes(queue),
    ...(error !== undefined && { 'error.type': error }),
    ...more,
  };
  for (const key of Object.keys(all)) if (all[key] === undefined) delete all[key];
  return {
    name: `${name} ${destination}`,
    kind,
    attributes: all,
    status: error === undefined ? 'UNSET' : { code: 'ERROR', message: optional(expect.any(String)) },
  };
}

export const sendSpan = (
  library: MessagingLibrary,
  queue: string,
  more: Partial<Operation> = {},
): ExpectedSpan => operationSpan(library, queue, { name: 'send', kind: 'PRODUCER', ...more });

export const processSpan = (
  library: MessagingLibrary,
  queue: string,
  more: Partial<Operation> = {},
): ExpectedSpan => operationSpan(library, queue, { name: 'process', kind: 'CONSUMER', ...more });

/** A mark of the fixture. */
export const marked = (name: string): ExpectedSpan => ({ name, kind: 'INTERNAL' });

/** A library may keep its messages in a database whose client has spans of its own; they are leaves, and a library's own test looks at them. */
export const withoutDatabase = (spans: readonly ReceivedSpan[]): ReceivedSpan[] =>
  spans.filter(({ attributes }) => !('db.system.name' in attributes));

/** The operations of a fixture, and of what it sends all but the spans of databases. */
export function messagingOperations(fixture: Fixture): Operations {
  const kit = operations(fixture);
  const collect = async (count: number): Promise<ReceivedSpan[]> => withoutDatabase(await kit.collect(count));
  return {
    get app() {
      return kit.app;
    },
    get receiver() {
      return kit.receiver;
    },
    run: kit.run,
    fail: kit.fail,
    many: kit.many,
    collect,
    async expectSpans(expected, options) {
      // Of databases there may be any number.
      expectTrace(await collect(expected.length > 0 ? 1 : 0), expected, options);
    },
  };
}

/** Nothing that has been received since the last test holds a message. */
export function expectNoSecret({ receiver }: Operations): void {
  expect(receiver.requests.some(({ body }) => Buffer.from(body).includes(SECRET))).toBe(false);
}

export const switchedOff = ({ name, fixture }: MessagingLibrary): Fixture => ({
  ...fixture,
  env: { ...fixture.env, [`OTEL_INSTRUMENTATION_${name.toUpperCase()}_ENABLED`]: 'false' },
});

/** What a fresh app answers to one operation, or how it ends: with the agent and without. */
export async function withAndWithout(
  fixture: Fixture,
  message: () => Promise<object>,
  wait: 'answer' | 'end',
): Promise<[unknown, unknown]> {
  const outcomes: unknown[] = [];
  for (const agent of [PLUMBING ? 'none' : (fixture.agent ?? 'import'), 'none'] as const) {
    const env = { OTEL_TRACES_EXPORTER: 'none', ...fixture.env };
    const app = runApp({ ...fixture, agent, env, stdin: true });
    app.send({ ...(await message()), id: 1 });
    if (wait === 'answer') {
      outcomes.push(await app.line((line) => line?.id === 1));
      await app.stop();
    } else outcomes.push(visible(await app.exited));
  }
  return outcomes as [unknown, unknown];
}

/** The end of a process without what differs from run to run: positions, stack frames, and the source line above the `^`. */
function visible({ code, signal, stdout, stderr }: Exit): object {
  const lines = stderr
    .replace(/^.*\n\s*\^+\n/gm, '')
    .split('\n')
    .filter((line) => !/^\s+at |^(node:|file:|\/).*:\d+$/.test(line));
  return { code, signal, stdout, stderr: lines };
}
