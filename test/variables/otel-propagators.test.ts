import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { inMatrix, LIBRARIES } from '../support/libraries.ts';
import { AMQP_URL, rabbitmq } from '../support/rabbitmq.ts';
import { startReceiver } from '../support/receiver.ts';
import { describeWith } from '../support/services.ts';
import { runApp } from '../support/run-app.ts';

// What the propagators of W3C and B3 do is in test/process/api.samplers.test.ts.

const TRACE = '5759e988bd862e3fe1be46a994272793';
const PARENT = 'b7ad6b7169203331';
const ROOT = `Root=1-${TRACE.slice(0, 8)}-${TRACE.slice(8)}`;
const OT = (sampled: string): Record<string, string> => ({
  'ot-tracer-traceid': TRACE.slice(16),
  'ot-tracer-spanid': PARENT,
  'ot-tracer-sampled': sampled,
});
interface Case {
  came: Record<string, string>;
  /** The trace that is recorded; undefined if none is. */
  recorded: string | undefined;
  sent: Record<string, RegExp>;
}

/** By the value of the variable. */
const CASES: Record<string, Case[]> = {
  jaeger: [
    {
      came: { 'uber-trace-id': `${TRACE}:${PARENT}:0:1`, 'uberctx-user': 'ada%20b' },
      recorded: TRACE,
      sent: {
        'uber-trace-id': new RegExp(`^${TRACE}:(?!${PARENT})[0-9a-f]{16}:0:1$`),
        'uberctx-user': /^ada%20b$/,
      },
    },
    {
      came: { 'uber-trace-id': `${TRACE}%3A${PARENT}%3A0%3A0` },
      recorded: undefined,
      sent: { 'uber-trace-id': new RegExp(`^${TRACE}:[0-9a-f]{16}:0:0$`) },
    },
    {
      came: { 'uber-trace-id': `${TRACE}:${PARENT}:0:3` },
      recorded: TRACE,
      sent: { 'uber-trace-id': new RegExp(`^${TRACE}:[0-9a-f]{16}:0:3$`) },
    },
    {
      came: { 'uber-trace-id': `${TRACE}:${PARENT}:0` },
      recorded: expect.not.stringContaining(TRACE),
      sent: { 'uber-trace-id': new RegExp(`^(?!${TRACE})[0-9a-f]{32}:[0-9a-f]{16}:0:1$`) },
    },
  ],
  xray: [
    {
      came: { 'X-Amzn-Trace-Id': `Self=1-1;${ROOT};Parent=${PARENT};Sampled=1;Lineage=a87bd80c:1` },
      recorded: TRACE,
      sent: { 'x-amzn-trace-id': new RegExp(`^${ROOT};Parent=[0-9a-f]{16};Sampled=1;Lineage=a87bd80c:1$`) },
    },
    {
      came: { 'X-Amzn-Trace-Id': `${ROOT};Parent=${PARENT};Sampled=0` },
      recorded: undefined,
      sent: { 'x-amzn-trace-id': new RegExp(`^${ROOT};Parent=[0-9a-f]{16};Sampled=0$`) },
    },
    {
      came: { 'X-Amzn-Trace-Id': ROOT },
      recorded: expect.not.stringContaining(TRACE),
      sent: { 'x-amzn-trace-id': new RegExp(`^Root=1-(?!${TRACE.slice(0, 8)}).*;Sampled=1$`) },
    },
  ],
  ottrace: [
    {
      came: { ...OT('true'), 'ot-baggage-user': 'ada b' },
      recorded: `${'0'.repeat(16)}${TRACE.slice(16)}`,
      sent: {
        'ot-tracer-traceid': new RegExp(`^${TRACE.slice(16)}$`),
        'ot-tracer-sampled': /^true$/,
        'ot-baggage-user': /^ada b$/,
      },
    },
    { came: OT('false'), recorded: undefined, sent: { 'ot-tracer-sampled': /^false$/ } },
    {
      came: { ...OT('true'), 'ot-tracer-traceid': 'no' },
      recorded: expect.not.stringContaining(TRACE.slice(16)),
      sent: { 'ot-tracer-traceid': new RegExp(`^(?!${TRACE.slice(16)})[0-9a-f]{16}$`) },
    },
  ],
  // The last one named counts, and all are written.
  'tracecontext,jaeger': [
    {
      came: {
        traceparent: `00-${'1'.repeat(32)}-${PARENT}-00`,
        'uber-trace-id': `${TRACE}:${PARENT}:0:1`,
      },
      recorded: TRACE,
      sent: { traceparent: new RegExp(`^00-${TRACE}-`), 'uber-trace-id': new RegExp(`^${TRACE}:`) },
    },
  ],
  'jaeger,tracecontext': [
    {
      came: {
        traceparent: `00-${TRACE}-${PARENT}-01`,
        'uber-trace-id': `${'1'.repeat(32)}:${PARENT}:0:0`,
      },
      recorded: TRACE,
      sent: { traceparent: new RegExp(`^00-${TRACE}-`), 'uber-trace-id': new RegExp(`^${TRACE}:`) },
    },
  ],
};

describe.skipIf(inMatrix)('OTEL_PROPAGATORS', () => {
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
  beforeEach(() => {
    seen = [];
  });
  afterAll(() => downstream.close());

  /** What an app records and sends on of requests with such headers, one after the other. */
  async function out(names: string, requests: Record<string, string>[]) {
    const receiver = await startReceiver();
    const app = runApp({ file: 'core/manual.cjs', receiver, env: { OTEL_PROPAGATORS: names } });
    for (const headers of requests)
      await fetch(await app.url('/out'), { headers: { 'x-target': target, ...headers } });
    const { stderr } = await app.stop();
    const spans = receiver.spans();
    await receiver.close();
    return { spans, stderr };
  }

  it.each(Object.entries(CASES))(
    '%s is read from HTTP requests and written to them',
    async (names, cases) => {
      const { spans, stderr } = await out(
        names,
        cases.map(({ came }) => came),
      );
      // By http and by fetch.
      expect(seen).toHaveLength(cases.length * 2);
      cases.forEach(({ came, sent }, i) => {
        for (const headers of seen.slice(i * 2, i * 2 + 2)) {
          for (const [name, form] of Object.entries(sent))
            expect(headers[name], JSON.stringify(came)).toMatch(form);
          if (!names.includes('tracecontext')) expect(headers.traceparent).toBeUndefined();
        }
      });
      const servers = spans.filter(({ kind }) => kind === 'SERVER');
      const recorded = cases.flatMap((one) => one.recorded ?? []);
      expect(servers.map(({ traceId }) => traceId)).toEqual(recorded);
      expect(servers.map(({ parentSpanId }) => parentSpanId)).toEqual(
        recorded.map((id) => (typeof id === 'string' ? PARENT : undefined)),
      );
      expect(spans).toHaveLength(recorded.length * 3);
      expect(stderr).toBe('');
    },
  );

  it('says in one line what is not known, the others hold', async () => {
    const { spans, stderr } = await out('jaeger,ot,xray-lambda', [
      { 'uber-trace-id': `${TRACE}:${PARENT}:0:1` },
    ]);
    expect(spans).toMatchObject([{ traceId: TRACE }, { traceId: TRACE }, { traceId: TRACE }]);
    expect(stderr).toBe(
      'foretrace: OTEL_PROPAGATORS="jaeger,ot,xray-lambda" has "ot,xray-lambda", which is not one of tracecontext, baggage, b3, b3multi, jaeger, xray, ottrace, none, that part is ignored\n',
    );
  });
});

if (!inMatrix) {
  await describeWith('rabbitmq', 'OTEL_PROPAGATORS of messages', () => {
    const broker = rabbitmq();
    afterAll(() => broker.close());

    it.each([
      ['jaeger', { 'uber-trace-id': `${TRACE}:${PARENT}:0:1` }, /^[0-9a-f]{32}:[0-9a-f]{16}:0:1$/],
      // As the Java agent writes it.
      ['xray', { 'X-Amzn-Trace-Id': `${ROOT};Parent=${PARENT};Sampled=1` }, /^Root=1-.*;Sampled=1$/],
      ['ottrace', OT('true'), /^[0-9a-f]{16}$/],
    ])('%s takes %j with a message, and sends its own', async (names, carrier, form) => {
      const receiver = await startReceiver();
      const env = { AMQP_URL, OTEL_PROPAGATORS: names };
      const app = runApp({ file: 'amqplib.cjs', cwd: LIBRARIES, receiver, stdin: true, env });
      const [from, to] = [await broker.queue(), await broker.queue()];
      await broker.put(from, { id: 1 }, carrier);
      app.send({ op: 'process', id: 1, destination: from, bare: true });
      expect((await app.line((line) => line?.id === 1)).error).toBeUndefined();
      app.send({ op: 'send', id: 2, destination: to, body: { id: 2 } });
      expect((await app.line((line) => line?.id === 2)).error).toBeUndefined();
      await receiver.waitFor((spans) =>
        ['CONSUMER', 'PRODUCER'].every((kind) => spans.some((one) => one.kind === kind)),
      );
      const consumer = receiver.spans().find(({ kind }) => kind === 'CONSUMER');
      const producer = receiver.spans().find(({ kind }) => kind === 'PRODUCER');
      expect(consumer?.traceId.slice(16)).toBe(TRACE.slice(16));
      expect(consumer?.parentSpanId).toBe(PARENT);
      const [{ own }] = await broker.take(to);
      const [header] = Object.keys(carrier).map((name) => own[name.toLowerCase()]);
      expect(header).toMatch(form);
      expect(Object.values(own).join()).toContain(producer?.spanId);
      await app.stop();
      await receiver.close();
    });
  });
}
