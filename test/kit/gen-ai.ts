/**
 * Behaviour of an instrumented client of a generative AI service. A library costs a fixture with the operation `ask`, which
 * understands the {@link Input} below, and a table of what it can be asked.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ExpectedSpan, expectTrace, optional } from '../support/expect-trace.ts';
import { unusedPort } from '../support/unused-port.ts';
import { SECRET } from './db.ts';
import { type Fixture, MANY, PLUMBING, remoteParent } from './harness.ts';
import { operations, type Operations, underParent } from './operations.ts';
import { transparencyKit } from './transparency.ts';

/** What the operation `ask` of a fixture is told. */
export interface Input {
  /** Where the service is. */
  url: string;
  /** One of {@link GenAiKit.apis}. */
  api: string;
  params: object;
  /** What the stand-in of the service is to do, see there. */
  told?: string;
  maxRetries?: number;
  timeoutMs?: number;
  /** Abort by signal right after the start. */
  abort?: boolean;
  /** One of {@link GenAiKit.styles}; `then` makes a mark `then`, `stream` a mark `chunk` for each item if all are read. */
  style?: string;
  read?: 'all' | 'break' | 'throw' | 'abort' | 'abort unread' | string;
  frozen?: boolean;
}

export interface Api {
  /** `gen_ai.operation.name`. */
  operation: string;
  params: { model: string };
  /** Attributes of request and response besides those that every span has. */
  request?: Record<string, unknown>;
  response: Record<string, unknown>;
  /** Parameters that make it a stream, and how many items that has. What comes of it has to be told as of a whole answer. */
  stream?: { params: object; items: number };
  /** Differences of a stream that does not tell the usage. */
  withoutUsage?: { params: object; items: number };
}

export interface GenAiKit {
  title: string;
  fixture: Fixture;
  /** A stand-in of the service; what it answers contains the {@link SECRET}. */
  service(): Promise<{ url: string; port: number; left(): Promise<void>; close(): Promise<void> }>;
  /** `gen_ai.provider.name`. */
  provider: string;
  /** The first one is the usual one, and has streams. */
  apis: Record<string, Api>;
  /** Ways to ask the usual one for a whole answer, and for those of them that make marks the marks. */
  styles: Record<string, { marks?: string[]; unread?: true }>;
  /** Ways to read a stream as a whole, with what the fixture says of it. */
  reads: Record<string, unknown>;
  /** Ways to ask the usual one that do so by another method of the library. */
  wrappers: Record<string, { stream?: true }>;
  /** `error.type` by what the stand-in answers, and of other failures. */
  errors: Record<string, string>;
  refused: string;
  timeout: string;
  aborted: string;
  streamErrors: Record<string, string>;
}

export function genAiKit(options: GenAiKit): void {
  const { title, fixture, provider, apis, styles, reads, wrappers, errors } = options;
  const [usual] = Object.keys(apis);
  const streaming = Object.keys(apis).filter((api) => apis[api].stream);

  describe(title, () => {
    const kit: Operations = operations(fixture);
    let service: Awaited<ReturnType<GenAiKit['service']>>;
    beforeAll(async () => {
      service = await options.service();
    });
    afterAll(() => service?.close());

    const ask = (api: string, input: Partial<Input> & Record<string, unknown> = {}): Promise<any> =>
      kit.run('ask', { url: service.url, api, ...input, params: { ...apis[api].params, ...input.params } });
    const failing = (api: string, input: Partial<Input> = {}): ReturnType<Operations['fail']> =>
      kit.fail('ask', { url: service.url, api, ...input, params: { ...apis[api].params, ...input.params } });

    const http = (failed = false): ExpectedSpan => ({
      name: 'POST',
      kind: 'CLIENT',
      status: failed ? { code: 'ERROR', message: optional(expect.any(String)) } : 'UNSET',
    });

    interface Expected {
      /** `null`: no answer, or no whole one. */
      response?: Record<string, unknown> | null;
      error?: string;
      port?: number;
      children?: ExpectedSpan[];
      stream?: boolean;
    }

    function modelSpan(api: string, expected: Expected = {}): ExpectedSpan {
      const { operation, params, request, response } = apis[api];
      const { error, port = service?.port, children = [http()], stream = false } = expected;
      return {
        name: `${operation} ${params.model}`,
        kind: 'CLIENT',
        attributes: {
          'gen_ai.operation.name': operation,
          'gen_ai.provider.name': provider,
          'gen_ai.request.model': params.model,
          'server.address': '127.0.0.1',
          'server.port': port,
          ...request,
          ...(stream && { 'gen_ai.request.stream': optional(true) }),
          ...(stream && { 'gen_ai.response.time_to_first_chunk': optional(expect.any(Number)) }),
          ...(expected.response === null ? {} : (expected.response ?? response)),
          ...(error !== undefined && { 'error.type': error }),
        },
        status: error === undefined ? 'UNSET' : { code: 'ERROR', message: optional(expect.any(String)) },
        children,
      };
    }

    /** What is known of a stream that is given up after its first items. */
    function begun(api: string): Record<string, unknown> {
      const known = ['gen_ai.response.id', 'gen_ai.response.model'];
      const entries = Object.entries(apis[api].response).filter(([key]) => known.includes(key));
      return Object.fromEntries(entries.map(([key, value]) => [key, optional(value)]));
    }

    it.each(Object.keys(apis))(
      'makes one CLIENT span of what is asked, over that of HTTP (%s)',
      async (api) => {
        await ask(api);
        await kit.expectSpans(underParent([modelSpan(api)]));
      },
    );

    it.each(Object.keys(styles))(
      'keeps the promise of the library as it is, and the context (style: %s)',
      async (style) => {
        await ask(usual, { style });
        const { marks = [], unread = false } = styles[style];
        await kit.expectSpans(underParent([modelSpan(usual, unread ? { response: null } : {})], { marks }));
      },
    );

    it.each(streaming)(
      'ends the span of a stream when it is drained, with what its end tells (%s)',
      async (api) => {
        const { params, items } = apis[api].stream!;
        expect(await ask(api, { params, style: 'stream' })).toBe(items);
        const spans = await kit.collect(items + 4);
        const span = spans.find(({ name }) => name === modelSpan(api).name)!;
        const chunks = spans.filter(({ name }) => name === 'chunk');
        const last = chunks.reduce((latest, { startTimeUnixNano: at }) => (at > latest ? at : latest), 0n);
        expect(span.endTimeUnixNano > last).toBe(true);
        const marks = Array.from({ length: items }, () => 'chunk');
        expectTrace(spans, underParent([modelSpan(api, { stream: true })], { marks }));
      },
    );

    it.each(Object.keys(reads))('makes one span of a stream, however it is read (%s)', async (read) => {
      const { params } = apis[usual].stream!;
      expect(await ask(usual, { params, style: 'stream', read })).toEqual(reads[read]);
      const spans = (await kit.collect(4)).filter(({ name }) => name !== 'chunk');
      expectTrace(spans, underParent([modelSpan(usual, { stream: true })]));
    });

    it('says nothing of a usage that it is not told', async () => {
      const { params, items } = apis[usual].withoutUsage!;
      expect(await ask(usual, { params, style: 'stream' })).toBe(items);
      const spans = (await kit.collect(items + 4)).filter(({ name }) => name !== 'chunk');
      const response = Object.fromEntries(
        Object.entries(apis[usual].response).filter(([key]) => !key.startsWith('gen_ai.usage.')),
      );
      expectTrace(spans, underParent([modelSpan(usual, { stream: true, response })]));
    });

    describe.each(streaming)('a stream that is given up (%s)', (api) => {
      it.each(['break', 'abort', 'abort unread'])('ends its span, which is no error (%s)', async (read) => {
        const { params } = apis[api].stream!;
        await ask(api, { params, style: 'stream', read, told: 'stay' });
        await service.left();
        await kit.expectSpans(underParent([modelSpan(api, { stream: true, response: begun(api) })]));
      });

      it('ends its span when the app throws in its loop, which is no error of the service', async () => {
        const { params } = apis[api].stream!;
        const error = await failing(api, { params, style: 'stream', read: 'throw', told: 'stay' });
        expect(error.message).toBe('thrown by the app');
        await service.left();
        await kit.expectSpans(underParent([modelSpan(api, { stream: true, response: begun(api) })]));
      });
    });

    it.each(Object.keys(options.streamErrors))(
      'takes it for an error when a stream fails (%s)',
      async (told) => {
        const { params } = apis[usual].stream!;
        await failing(usual, { params, style: 'stream', told });
        const spans = (await kit.collect(4)).filter(({ name }) => name !== 'chunk');
        const error = options.streamErrors[told];
        expectTrace(spans, underParent([modelSpan(usual, { stream: true, response: begun(usual), error })]));
      },
    );

    it.each(Object.keys(errors))('names the error that the app gets (%s)', async (told) => {
      await failing(usual, { told });
      const children = [http(true)];
      await kit.expectSpans(
        underParent([modelSpan(usual, { response: null, error: errors[told], children })]),
      );
    });

    it('names it for a stream that does not begin', async () => {
      const { params } = apis[usual].stream!;
      const [[told, error]] = Object.entries(errors);
      await failing(usual, { params, style: 'stream', told });
      const children = [http(true)];
      await kit.expectSpans(
        underParent([modelSpan(usual, { stream: true, response: null, error, children })]),
      );
    });

    it('makes one span of what takes two attempts, and a span of HTTP for each', async () => {
      await ask(usual, { told: 'fail 500 once', maxRetries: 2 });
      await kit.expectSpans(underParent([modelSpan(usual, { children: [http(true), http()] })]));
    });

    it('names the error of a service that is not there', async () => {
      const port = await unusedPort();
      await failing(usual, { url: `http://127.0.0.1:${port}/v1` });
      const children = [http(true)];
      await kit.expectSpans(
        underParent([modelSpan(usual, { response: null, error: options.refused, port, children })]),
      );
    });

    it('names the error of an answer that takes too long', async () => {
      await failing(usual, { told: 'hang', timeoutMs: 200 });
      const spans = await kit.collect(4);
      // The library aborts the request: whether HTTP takes that for an error is not this kit's.
      expectTrace(
        spans.filter(({ name }) => name !== 'POST'),
        underParent([modelSpan(usual, { response: null, error: options.timeout, children: [] })]),
      );
    });

    it('does not take it for an error that the app aborts', async () => {
      const { message } = await failing(usual, { told: 'hang', abort: true });
      expect(message).toBe(options.aborted);
      const spans = (await kit.collect(3)).filter(({ name }) => name !== 'POST');
      expectTrace(spans, underParent([modelSpan(usual, { response: null, children: [] })]));
    });

    it.each(Object.keys(wrappers))(
      'makes one span of a method that asks by another one (%s)',
      async (style) => {
        const stream = wrappers[style].stream ?? false;
        await ask(usual, { style, params: stream ? apis[usual].stream!.params : {} });
        const spans = (await kit.collect(4)).filter(({ name }) => name !== 'chunk');
        expectTrace(spans, underParent([modelSpan(usual, { stream })]));
      },
    );

    it('leaves the parameters and options of the app as they were, also frozen ones', async () => {
      await ask(usual, { frozen: true, style: 'await' });
      await kit.expectSpans(underParent([modelSpan(usual)]));
    });

    it('makes a root span outside of any span', async () => {
      await ask(usual, { bare: true });
      await kit.expectSpans([{ ...modelSpan(usual), parentSpanId: undefined }]);
    });

    it('makes a child of the parent that the app has extracted', async () => {
      const { traceId, spanId, traceparent: extracted } = remoteParent();
      await ask(usual, { extracted });
      await kit.expectSpans([{ ...modelSpan(usual), traceId, parentSpanId: spanId }]);
    });

    it('makes no span under an unsampled parent', async () => {
      const { traceparent } = remoteParent({ sampled: false });
      await ask(usual, { traceparent });
      await ask(usual, { traceparent, style: 'stream', params: apis[usual].stream!.params });
      await kit.expectSpans([]);
    });

    it.each(['await', 'stream'])(
      `gives each of ${MANY} calls, 50 at a time, its own parent (style: %s)`,
      async (style) => {
        const stream = style === 'stream';
        const params = { ...apis[usual].params, ...(stream && apis[usual].stream!.params) };
        await kit.many('ask', { url: service.url, api: usual, params, style }, MANY, 50);
        if (PLUMBING) await kit.collect(0);
        const spans = (await kit.collect(MANY * 4)).filter(({ name }) => name !== 'chunk');
        const parents = spans.filter(({ name }) => name === 'parent');
        expect(parents).toHaveLength(MANY);
        for (const { traceId, attributes } of parents)
          expectTrace(
            spans.filter((span) => span.traceId === traceId),
            underParent([modelSpan(usual, { stream })], { id: attributes.id as never }),
          );
      },
    );

    it('never sends what was asked or answered, nor a key', async () => {
      for (const api of Object.keys(apis)) await ask(api);
      for (const api of streaming) await ask(api, { style: 'stream', params: apis[api].stream!.params });
      for (const told of Object.keys(errors)) await failing(usual, { told });
      await kit.collect(3 * Object.keys(apis).length);
      expect(JSON.stringify(apis), 'the kit has to have something to look for').toContain(SECRET);
      expect(kit.receiver.requests.some(({ body }) => Buffer.from(body).includes(SECRET))).toBe(false);
    });

    it('writes nothing to stderr meanwhile', () => {
      expect(kit.app.stderr).toBe('');
    });
  });

  const { params } = apis[usual];
  transparencyKit({
    title,
    fixture,
    async start() {
      const service = await options.service();
      return { input: { url: service.url }, stop: () => service.close() };
    },
    shape: { params },
    crashes: [
      { how: 'rejection', params },
      { how: 'then', params },
    ],
  });
}
