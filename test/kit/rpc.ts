/**
 * Behaviour of an instrumented RPC library, both ends: a client and a server, each in a process of its own, whose spans come in one
 * trace. A library costs two fixtures that understand the {@link Input} and {@link Message} below.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { type ExpectedSpan, expectTrace, optional } from '../support/expect-trace.ts';
import type { ReceivedSpan } from '../support/otlp.ts';
import { type App, runApp } from '../support/run-app.ts';
import { unusedPort } from '../support/unused-port.ts';
import { SECRET } from './db.ts';
import { byTraceId, type Fixture, itIf, MANY, PLUMBING, remoteParent } from './harness.ts';
import { operations, type Operations, underParent } from './operations.ts';
import { transparencyKit } from './transparency.ts';

/** The kinds of calls. Each is a method of the kit's service. */
export type Kind = 'unary' | 'clientStream' | 'serverStream' | 'bidi';

/** What the server is told to do with a call. It marks `handler` at its start, and `request` for each message of a stream. */
export interface Message {
  text: string;
  /** End with this status. */
  fail?: { code: number; details?: string };
  /** Throw instead of answering. */
  throws?: boolean;
  /** Never answer. The server prints `{"hanging":text}`, and `{"cancelled":text}` once the client has given up. */
  hang?: boolean;
  /** Answer, but leave the stream open. */
  stay?: boolean;
  /** Fail so many attempts with UNAVAILABLE before one is answered. */
  reject?: number;
}

/** What the operation `call` of the client is told. It marks `callback` or, of a stream of answers, `end`. */
export interface Input {
  /** Where the server is. */
  target: string;
  kind: Kind;
  message: Message;
  /** Another method than that of the kind: `missing` on the server, or with requests that it can't read (`garbled`). */
  method?: string;
  /** One of the ways to call the library that {@link RpcKit.forms} lists. */
  form?: string;
  /** Messages of a stream. Default 3. */
  messages?: number;
  metadata?: Record<string, string>;
  /** The value of a baggage entry `canary`. */
  baggage?: string;
  deadlineMs?: number;
  /** Cancel right after the start, or when the first answer has come. */
  cancel?: 'start' | 'response';
  /** An interceptor that marks `interceptor`, by a class of the library's, one of the app's or none; or one that answers by itself. */
  intercept?: 'look' | 'subclass' | 'object' | 'answer';
  channel?: { retries?: boolean };
}

/** An answer of the server, with what it has seen of the call. */
interface Answer {
  text: string;
  traceparents: string[];
  own: string[];
  baggage?: string;
}

export interface RpcKit {
  title: string;
  client: Fixture;
  server: Fixture;
  /** `rpc.system.name`. */
  system: string;
  /** `rpc.method` of a kind of call, or of another method. */
  method(name: string): string;
  /** Ways to make a unary call, each of which has to give the same span. */
  forms: readonly string[];
  /** A handler that throws ends its call. Default true; otherwise it ends the process. */
  catchesThrows?: boolean;
  /** How many calls are made where many are. Default {@link MANY}. */
  many?: number;
}

const KINDS: readonly Kind[] = ['unary', 'clientStream', 'serverStream', 'bidi'];

export const STATUS = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const;

type Status = keyof typeof STATUS;

/** What is a failure of the server; the others tell the client that it was wrong. */
const SERVER_ERRORS: readonly Status[] = [
  'UNKNOWN',
  'DEADLINE_EXCEEDED',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
];

/** Marks of the client by the kind of call, and of the server for three messages. */
const MARKS: Record<Kind, { client: string[]; server: string[] }> = {
  unary: { client: ['callback'], server: ['handler', 'handler, later'] },
  clientStream: {
    client: ['callback'],
    server: ['request', 'request', 'request', 'handler', 'handler, later'],
  },
  serverStream: { client: ['end'], server: ['handler', 'handler, later'] },
  bidi: { client: ['end'], server: ['request', 'request', 'request', 'handler', 'handler, later'] },
};

export function rpcKit(options: RpcKit): void {
  const { title, system, forms, catchesThrows = true, many = MANY } = options;

  interface Expected {
    attributes?: Record<string, unknown>;
    children?: ExpectedSpan[];
  }

  /** The call failed before there was a status if `status` is null. */
  function clientSpan(
    name: string,
    port: number,
    status: Status | null = 'OK',
    { attributes, children = [] }: Expected = {},
  ): ExpectedSpan {
    return {
      name: options.method(name),
      kind: 'CLIENT',
      attributes: {
        'rpc.system.name': system,
        'rpc.method': options.method(name),
        ...(status && { 'rpc.status_code': status }),
        'server.address': '127.0.0.1',
        'server.port': port,
        'network.peer.address': optional('127.0.0.1'),
        'network.peer.port': optional(port),
        ...(status && status !== 'OK' && { 'error.type': status }),
        ...attributes,
      },
      status: status === 'OK' ? 'UNSET' : { code: 'ERROR', message: optional(expect.any(String)) },
      children,
    };
  }

  function serverSpan(
    name: string,
    port: number,
    status: Status = 'OK',
    { attributes, children = [] }: Expected = {},
  ): ExpectedSpan {
    const failed = SERVER_ERRORS.includes(status);
    return {
      name: options.method(name),
      kind: 'SERVER',
      attributes: {
        'rpc.system.name': system,
        'rpc.method': options.method(name),
        'rpc.status_code': status,
        'server.address': optional('127.0.0.1'),
        'server.port': optional(port),
        'client.address': optional('127.0.0.1'),
        'client.port': optional(expect.any(Number)),
        'network.peer.address': optional('127.0.0.1'),
        'network.peer.port': optional(expect.any(Number)),
        ...(failed && { 'error.type': status }),
        ...attributes,
      },
      status: failed ? { code: 'ERROR', message: optional(expect.any(String)) } : 'UNSET',
      children,
    };
  }

  const marked = (names: readonly string[]): ExpectedSpan[] =>
    names.map((name) => ({ name, kind: 'INTERNAL' }));

  /** A server under the agent, whose spans go where those of the client go. */
  function startServer(receiver: { url: string }): App {
    return runApp({
      ...options.server,
      ...(PLUMBING && { agent: 'none' }),
      receiver,
      stdin: true,
      env: { OTEL_BSP_SCHEDULE_DELAY: '10', OTEL_BSP_MAX_QUEUE_SIZE: '20000', ...options.server.env },
    });
  }

  describe(title, () => {
    const kit: Operations = operations(options.client);
    let server: App;
    let port = 0;
    let target = '';
    let texts = 0;
    beforeAll(async () => {
      server = startServer(kit.receiver);
      port = await server.listening();
      target = `127.0.0.1:${port}`;
    });

    const message = (told: Partial<Message> = {}): Message => ({ text: `${SECRET} ${++texts}`, ...told });
    const call = (input: Partial<Input> & { bare?: boolean; traceparent?: string; extracted?: string }) =>
      kit.run('call', { target, kind: 'unary', message: message(), ...input }) as Promise<{
        answers: Answer[];
        unchanged: boolean;
      }>;
    const failing = (input: Partial<Input>): ReturnType<Operations['fail']> =>
      kit.fail('call', { target, kind: 'unary', message: message(), ...input });

    /** All spans of both processes: `count` and whatever else has ended by then. */
    async function collect(count: number): Promise<ReceivedSpan[]> {
      if (PLUMBING) return kit.collect(0);
      await kit.receiver.waitFor(count).catch(() => {});
      const parent = remoteParent();
      const id = `fence ${parent.spanId}`;
      server.send({ op: 'fence', id, traceparent: parent.traceparent });
      await server.line((line) => line?.id === id);
      await kit.receiver.waitFor((all) => all.some(({ parentSpanId }) => parentSpanId === parent.spanId));
      const spans = await kit.collect(0);
      return spans.filter(({ traceId }) => traceId !== parent.traceId);
    }

    const count = (spans: ExpectedSpan[]): number =>
      spans.reduce((sum, { children = [] }) => sum + 1 + count(children), 0);

    async function expectSpans(expected: ExpectedSpan[]): Promise<void> {
      expectTrace(await collect(count(expected)), expected);
    }

    /** A call of that kind that both ends see to its end. */
    function whole(kind: Kind): ExpectedSpan {
      const children = [serverSpan(kind, port, 'OK', { children: marked(MARKS[kind].server) })];
      return clientSpan(kind, port, 'OK', { children });
    }

    it.each(KINDS)(
      'makes one CLIENT and one SERVER span of a call, and keeps the context (%s)',
      async (kind) => {
        const { answers } = await call({ kind });
        expect(answers).toHaveLength(kind === 'serverStream' || kind === 'bidi' ? 3 : 1);
        await expectSpans(underParent([whole(kind)], { marks: MARKS[kind].client }));
      },
    );

    it.each(forms)('makes the same of a call in another form (%s)', async (form) => {
      await call({ form });
      await expectSpans(underParent([whole('unary')], { marks: ['callback'] }));
    });

    it.each(KINDS)('sends the ids once, in a copy of what the app has given (%s)', async (kind) => {
      const metadata = { 'x-own': SECRET };
      const { answers, unchanged } = await call({ kind, metadata });
      expect(unchanged).toBe(true);
      expect(answers[0].own).toEqual([SECRET]);
      const spans = await collect(count([whole(kind)]) + 2);
      const { traceId, spanId } = spans.find((span) => span.kind === 'CLIENT')!;
      for (const { traceparents } of answers)
        expect(traceparents).toEqual([expect.stringMatching(`^00-${traceId}-${spanId}-0[0-9a-f]$`)]);
    });

    it('replaces ids that are there already, not in the object of the app', async () => {
      const stale = remoteParent();
      const { answers, unchanged } = await call({ metadata: { traceparent: stale.traceparent } });
      expect(unchanged).toBe(true);
      const spans = await collect(count([whole('unary')]) + 3);
      const { traceId, spanId } = spans.find((span) => span.kind === 'CLIENT')!;
      expect(answers[0].traceparents).toEqual([expect.stringMatching(`^00-${traceId}-${spanId}-`)]);
      expect(spans.some((span) => span.traceId === stale.traceId)).toBe(false);
    });

    it('takes the baggage along', async () => {
      const { answers } = await call({ baggage: 'c4nary' });
      if (!PLUMBING) expect(answers[0].baggage).toBe('c4nary');
      await expectSpans(underParent([whole('unary')], { marks: ['callback'] }));
    });

    it('makes a root span of a call outside of any span', async () => {
      await call({ bare: true });
      await expectSpans([
        { ...whole('unary'), parentSpanId: undefined },
        { name: 'callback', kind: 'INTERNAL', parentSpanId: undefined },
      ]);
    });

    it('makes a child of the parent that the app has extracted', async () => {
      const { traceId, spanId, traceparent: extracted } = remoteParent();
      await call({ extracted });
      await expectSpans([
        { ...whole('unary'), traceId, parentSpanId: spanId },
        { name: 'callback', kind: 'INTERNAL', traceId, parentSpanId: spanId },
      ]);
    });

    it.each(KINDS)(
      'makes no span under an unsampled parent, and sends the decision on (%s)',
      async (kind) => {
        const { traceparent, traceId } = remoteParent({ sampled: false });
        const { answers } = await call({ kind, traceparent });
        if (!PLUMBING)
          expect(answers[0].traceparents).toEqual([expect.stringMatching(`^00-${traceId}-[0-9a-f]{16}-00$`)]);
        await expectSpans([]);
      },
    );

    describe.each(KINDS)('a status other than OK (%s)', (kind) => {
      const codes = kind === 'unary' ? Object.keys(STATUS).slice(1) : ['UNKNOWN', 'NOT_FOUND', 'INTERNAL'];

      it.each(codes as Status[])(
        '%s is an error of the client, of the server if it is its fault',
        async (status) => {
          const { code } = await failing({
            kind,
            message: message({ fail: { code: STATUS[status] } }),
            messages: 1,
          });
          expect(code).toBe(STATUS[status]);
          const { client, server: served } = MARKS[kind];
          const once = served.filter((name, index) => served.indexOf(name) === index);
          const children = [serverSpan(kind, port, status, { children: marked(once) })];
          // A stream that fails does not end.
          const marks = client.filter((name) => name !== 'end');
          const spans = await collect(count(children) + marks.length + 3);
          expectTrace(
            spans.filter(({ name }) => name !== 'end'),
            underParent([clientSpan(kind, port, status, { children })], { marks }),
          );
        },
      );
    });

    itIf(catchesThrows)('takes what a handler throws for an error that is not known', async () => {
      await failing({ message: message({ throws: true }) });
      const children = [serverSpan('unary', port, 'UNKNOWN')];
      await expectSpans(
        underParent([clientSpan('unary', port, 'UNKNOWN', { children })], { marks: ['callback'] }),
      );
    });

    it('gives a method that the server does not have no name of its own there', async () => {
      await failing({ method: 'missing' });
      const attributes = { 'rpc.method': '_OTHER', 'rpc.method_original': options.method('missing') };
      const unknown = { ...serverSpan('missing', port, 'UNIMPLEMENTED', { attributes }), name: system };
      await expectSpans(
        underParent([clientSpan('missing', port, 'UNIMPLEMENTED', { children: [unknown] })], {
          marks: ['callback'],
        }),
      );
    });

    it('makes a SERVER span of a call that does not get as far as the handler', async () => {
      await failing({ method: 'garbled' });
      const children = [serverSpan('unary', port, 'INTERNAL')];
      await expectSpans(
        underParent([clientSpan('unary', port, 'INTERNAL', { children })], { marks: ['callback'] }),
      );
    });

    it('ends both spans when the deadline has come', async () => {
      const told = message({ hang: true });
      const cancelled = server.line((line) => line?.cancelled === told.text);
      const { code } = await failing({ message: told, deadlineMs: 200 });
      expect(code).toBe(STATUS.DEADLINE_EXCEEDED);
      await cancelled;
      const spans = await collect(6);
      // The server has a clock of its own: it is the deadline there too, or the client was first to give up.
      const { attributes } = spans.find(({ kind }) => kind === 'SERVER')!;
      expect(['DEADLINE_EXCEEDED', 'CANCELLED']).toContain(attributes['rpc.status_code']);
      const children = [
        serverSpan('unary', port, attributes['rpc.status_code'] as Status, {
          children: marked(['handler', 'cancelled']),
        }),
      ];
      expectTrace(
        spans,
        underParent([clientSpan('unary', port, 'DEADLINE_EXCEEDED', { children })], { marks: ['callback'] }),
      );
    });

    it('ends the span of a call that is cancelled at once, though it may still be sent', async () => {
      const { code } = await failing({ cancel: 'start' });
      expect(code).toBe(STATUS.CANCELLED);
      // What reaches the server of it does so before this one.
      await call({});
      const spans = await collect(11);
      const { traceId } = spans.find(({ attributes }) => attributes['error.type'] === 'CANCELLED')!;
      expectTrace(
        spans.filter(
          (span) => span.traceId === traceId && span.kind !== 'SERVER' && !span.name.startsWith('handler'),
        ),
        underParent([clientSpan('unary', port, 'CANCELLED')], { marks: ['callback'] }),
      );
    });

    it('ends both spans of a stream that the client cancels', async () => {
      const told = message({ stay: true });
      const { code } = await failing({ kind: 'serverStream', message: told, cancel: 'response' });
      expect(code).toBe(STATUS.CANCELLED);
      const children = [
        serverSpan('serverStream', port, 'CANCELLED', { children: marked(MARKS.unary.server) }),
      ];
      const spans = (await collect(6)).filter(({ name }) => name !== 'end');
      expectTrace(spans, underParent([clientSpan('serverStream', port, 'CANCELLED', { children })]));
    });

    it('names the status of a server that is not there', async () => {
      const nobody = await unusedPort();
      const { code } = await failing({ target: `127.0.0.1:${nobody}` });
      expect(code).toBe(STATUS.UNAVAILABLE);
      await expectSpans(underParent([clientSpan('unary', nobody, 'UNAVAILABLE')], { marks: ['callback'] }));
    });

    it('names the error that the library throws when the client is closed', async () => {
      const { name } = await kit.fail('closed', { target, message: message() });
      await expectSpans(
        underParent([clientSpan('unary', port, null, { attributes: { 'error.type': name } })]),
      );
    });

    it.each(['look', 'subclass', 'object'] as const)(
      'runs the interceptors of the app inside of the span (%s)',
      async (intercept) => {
        const { answers } = await call({ intercept });
        const traceparents = [expect.stringMatching(/^00-/)];
        if (!PLUMBING) expect(answers).toEqual([expect.objectContaining({ traceparents })]);
        const [served] = whole('unary').children!;
        const children = [...marked(['interceptor']), served];
        await expectSpans(
          underParent([clientSpan('unary', port, 'OK', { children })], { marks: ['callback'] }),
        );
      },
    );

    it('makes a CLIENT span of a call that an interceptor answers', async () => {
      const { answers } = await call({ intercept: 'answer' });
      expect(answers).toEqual([{ text: 'from the interceptor' }]);
      await expectSpans(underParent([clientSpan('unary', port)], { marks: ['callback'] }));
    });

    it('makes one CLIENT span of a call that takes three attempts, and a SERVER span of each', async () => {
      const { answers } = await call({ message: message({ reject: 2 }), channel: { retries: true } });
      expect(answers).toHaveLength(1);
      const attempt = (status: Status): ExpectedSpan =>
        serverSpan('unary', port, status, { children: marked(MARKS.unary.server) });
      const children = [attempt('UNAVAILABLE'), attempt('UNAVAILABLE'), attempt('OK')];
      await expectSpans(
        underParent([clientSpan('unary', port, 'OK', { children })], { marks: ['callback'] }),
      );
    });

    it.each(KINDS)(
      `gives each of ${many} calls, 50 at a time, its own spans at both ends (%s)`,
      async (kind) => {
        const told = { target, kind, message: message() };
        await kit.many('call', told, many, 50);
        const each = underParent([whole(kind)], { marks: MARKS[kind].client });
        const traces = byTraceId(await collect(many * count(each)));
        expect(traces.size).toBe(many);
        for (const spans of traces.values()) {
          const id = spans.find(({ name }) => name === 'parent')!.attributes.id;
          expectTrace(spans, underParent([whole(kind)], { marks: MARKS[kind].client, id: id as never }));
        }
      },
    );

    it('never sends a message, nor metadata that nobody has asked for', async () => {
      const metadata = { 'x-own': SECRET };
      for (const kind of KINDS) {
        await call({ kind, metadata });
        await failing({ kind, metadata, message: message({ fail: { code: STATUS.INTERNAL } }) });
      }
      await collect(8 * 5);
      expect(kit.receiver.requests.some(({ body }) => Buffer.from(body).includes(SECRET))).toBe(false);
    });

    it('writes nothing to stderr meanwhile', () => {
      expect(kit.app.stderr + server.stderr).toBe('');
    });
  });

  transparencyKit({
    title,
    fixture: options.client,
    async start() {
      const server = runApp({ ...options.server, agent: 'none', stdin: true });
      return { input: { target: `127.0.0.1:${await server.listening()}` }, stop: () => server.stop() };
    },
    shape: { message: { text: 'a' } },
    crashes: [
      { how: 'callback', message: { text: 'a' } },
      { how: 'event', message: { text: 'a', fail: { code: STATUS.INTERNAL } } },
    ],
  });
}
