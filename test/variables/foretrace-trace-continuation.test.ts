import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inMatrix, LIBRARIES } from '../support/libraries.ts';
import type { ReceivedSpan } from '../support/otlp.ts';
import { AMQP_URL, rabbitmq } from '../support/rabbitmq.ts';
import { startReceiver } from '../support/receiver.ts';
import { describeWith } from '../support/services.ts';
import { runApp } from '../support/run-app.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';
const carrier = (flags = '01'): Record<string, string> => ({
  traceparent: `00-${TRACE}-${PARENT}-${flags}`,
  tracestate: 'stranger=1',
  baggage: 'user=ada',
});

describe.skipIf(inMatrix)('FORETRACE_TRACE_CONTINUATION', () => {
  let downstream: Server;
  let target: string;
  let seen: IncomingHttpHeaders[] = [];
  beforeAll(async () => {
    downstream = createServer((req, res) => {
      seen.push(req.headers);
      res.end();
    });
    await new Promise<void>((resolve) => downstream.listen(0, '127.0.0.1', resolve));
    target = `http://127.0.0.1:${(downstream.address() as AddressInfo).port}/`;
  });
  afterAll(() => downstream.close());

  async function ask(env: Record<string, string>, path: string, headers: Record<string, string>) {
    seen = [];
    const receiver = await startReceiver();
    const app = runApp({ file: 'core/manual.cjs', receiver, env });
    const answer = await (
      await fetch(await app.url(path), { headers: { 'x-target': target, ...headers } })
    ).json();
    const { stderr } = await app.stop();
    const spans = receiver.spans();
    await receiver.close();
    return { spans, stderr, answer, server: spans.find(({ kind }) => kind === 'SERVER') as ReceivedSpan };
  }

  it('continues the trace of a caller by default', async () => {
    const { server, spans } = await ask({ FORETRACE_TRACE_CONTINUATION: 'continue' }, '/out', carrier());
    expect(server).toMatchObject({ traceId: TRACE, parentSpanId: PARENT, links: [] });
    expect(spans).toHaveLength(3);
    for (const headers of seen)
      expect(headers).toMatchObject({ tracestate: 'stranger=1', baggage: 'user=ada' });
  });

  it.each(['00', '01'])(
    'restart begins a trace of its own, whatever the caller decided (%s)',
    async (flags) => {
      const { server, spans } = await ask(
        { FORETRACE_TRACE_CONTINUATION: 'restart' },
        '/out',
        carrier(flags),
      );
      expect(server).toMatchObject({ parentSpanId: undefined, traceState: undefined, links: [] });
      expect(server.traceId).not.toBe(TRACE);
      expect(spans.map(({ traceId }) => traceId)).toEqual(Array(3).fill(server.traceId));
      expect(seen).toHaveLength(2);
      for (const headers of seen) {
        expect(headers.traceparent).toContain(server.traceId);
        // Nor do the rest of a stranger's headers go on.
        expect([headers.tracestate, headers.baggage]).toEqual([undefined, undefined]);
      }
    },
  );

  it('link does the same and links the caller', async () => {
    const { server } = await ask({ FORETRACE_TRACE_CONTINUATION: 'link' }, '/out', carrier());
    expect(server.traceId).not.toBe(TRACE);
    expect(server.links).toMatchObject([{ traceId: TRACE, spanId: PARENT, traceState: 'stranger=1' }]);
    for (const headers of seen) expect(headers.baggage).toBeUndefined();
    const { server: alone } = await ask({ FORETRACE_TRACE_CONTINUATION: 'link' }, '/plain', {});
    expect(alone.links).toEqual([]);
  });

  it('lets the sampler decide in the caller’s place, also on what asks for no recording', async () => {
    const env = { FORETRACE_TRACE_CONTINUATION: 'restart', OTEL_PROPAGATORS: 'b3' };
    expect((await ask(env, '/plain', { b3: '0' })).spans).toHaveLength(1);
    const off = { ...env, OTEL_TRACES_SAMPLER: 'parentbased_always_off' };
    expect((await ask(off, '/plain', { b3: `${TRACE}-${PARENT}-1` })).spans).toEqual([]);
  });

  it.each(['restart', 'link'])(
    'a framework that reads the headers again is below the request, with %s',
    async (continuation) => {
      const env = { FORETRACE_TRACE_CONTINUATION: continuation };
      const { spans, server, answer } = await ask(env, '/again', carrier());
      expect(spans.map(({ name, traceId, parentSpanId }) => [name, traceId, parentSpanId])).toEqual([
        ['again', server.traceId, server.spanId],
        ['GET', server.traceId, undefined],
      ]);
      expect(answer).toEqual({ user: null });
      const dropped = await ask({ ...env, OTEL_TRACES_SAMPLER: 'always_off' }, '/again', carrier());
      expect(dropped.spans).toEqual([]);
    },
  );

  it.each([
    ['sometimes', 'is not one of continue, restart, link'],
    [
      'restart_external',
      'is not supported: no caller counts as external here, restart is for the services at the edge',
    ],
    ['ignore', 'is not supported: restart starts a trace without a link'],
  ])('says in one line that %s is not possible, and continues', async (value, line) => {
    const { server, stderr } = await ask({ FORETRACE_TRACE_CONTINUATION: value }, '/plain', carrier());
    expect(server.traceId).toBe(TRACE);
    expect(stderr).toBe(`foretrace: FORETRACE_TRACE_CONTINUATION="${value}" ${line}, continue is used\n`);
  });
});

if (!inMatrix) {
  await describeWith('rabbitmq', 'FORETRACE_TRACE_CONTINUATION of messages', () => {
    const broker = rabbitmq();
    afterAll(() => broker.close());

    async function consumed(continuation: string): Promise<ReceivedSpan> {
      const receiver = await startReceiver();
      const app = runApp({
        file: 'amqplib.cjs',
        cwd: LIBRARIES,
        receiver,
        stdin: true,
        env: { AMQP_URL, FORETRACE_TRACE_CONTINUATION: continuation },
      });
      const queue = await broker.queue();
      await broker.put(queue, { id: 1 }, carrier());
      app.send({ op: 'process', id: 1, destination: queue, bare: true });
      const answer = await app.line((line) => line?.id === 1);
      expect(answer.error).toBeUndefined();
      await receiver.waitFor((spans) => spans.some(({ kind }) => kind === 'CONSUMER'));
      await app.stop();
      const span = receiver.spans().find(({ kind }) => kind === 'CONSUMER') as ReceivedSpan;
      await receiver.close();
      return span;
    }

    it('holds for messages that are consumed', async () => {
      const [continued, restarted, linked] = [
        await consumed('continue'),
        await consumed('restart'),
        await consumed('link'),
      ];
      expect(continued).toMatchObject({ traceId: TRACE, parentSpanId: PARENT, links: [] });
      expect(restarted).toMatchObject({ parentSpanId: undefined, links: [] });
      expect(restarted.traceId).not.toBe(TRACE);
      expect(linked).toMatchObject({ parentSpanId: undefined, links: [{ traceId: TRACE, spanId: PARENT }] });
    });
  });
}
