import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ReceivedSpan } from '../support/otlp.ts';
import { startReceiver } from '../support/receiver.ts';
import { ROOT, runApp } from '../support/run-app.ts';

const API = join(ROOT, 'node_modules/@opentelemetry/api');

async function spansOf(targets: string[], env: Record<string, string> = {}): Promise<ReceivedSpan[]> {
  const receiver = await startReceiver();
  const app = runApp({ file: 'core/manual.cjs', receiver, env });
  for (const target of targets) await (await fetch(await app.url(target))).text();
  expect(await app.stop()).toMatchObject({ code: 0, stderr: '' });
  const spans = receiver.spans();
  await receiver.close();
  return spans;
}
const limited = async (env: Record<string, string>): Promise<ReceivedSpan> =>
  (await spansOf(['/limits'], env)).find(({ name }) => name === 'limited')!;

describe('span limits', () => {
  it('have no effect by default below 128', async () => {
    const span = await limited({});
    expect(Object.keys(span.attributes)).toHaveLength(6);
    expect(span).toMatchObject({ droppedAttributesCount: 0, droppedEventsCount: 0, droppedLinksCount: 0 });
    expect(span.attributes.k5).toBe('abcdefghij');
  });

  it('of the environment hold for attributes, events, links, theirs, and lengths, and what is dropped is counted', async () => {
    const span = await limited({
      OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '5',
      OTEL_SPAN_EVENT_COUNT_LIMIT: '3',
      OTEL_SPAN_LINK_COUNT_LIMIT: '2',
      OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT: '1',
      OTEL_LINK_ATTRIBUTE_COUNT_LIMIT: '2',
      OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: '4',
    });
    expect({ ...span.attributes }).toEqual({
      k0: ['abcd', 'ab'],
      k1: 'abcd',
      k2: 'abcd',
      k3: 'abcd',
      k4: 'abcd',
    });
    expect(span).toMatchObject({ droppedAttributesCount: 1, droppedEventsCount: 1, droppedLinksCount: 2 });
    expect(
      span.events.map(({ attributes, droppedAttributesCount }) => [
        { ...attributes },
        droppedAttributesCount,
      ]),
    ).toEqual(Array.from({ length: 3 }, () => [{ a: 'abcd' }, 2]));
    expect(
      span.links.map(({ attributes, droppedAttributesCount }) => [{ ...attributes }, droppedAttributesCount]),
    ).toEqual(Array.from({ length: 2 }, () => [{ a: 1, b: 2 }, 1]));
  });

  it('hold for our own attributes as well', async () => {
    const [span] = await spansOf(['/plain'], { OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '2' });
    expect(Object.keys(span.attributes)).toHaveLength(2);
    expect(span.droppedAttributesCount).toBeGreaterThan(3);
  });

  it('general ones count where there is no special one', async () => {
    const span = await limited({ OTEL_ATTRIBUTE_COUNT_LIMIT: '3', OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: '2' });
    expect({ ...span.attributes }).toEqual({ k0: ['ab', 'ab'], k1: 'ab', k2: 'ab' });
  });
});

describe('a tracestate of a stranger', () => {
  const app = `
    const http = require('node:http');
    const { trace } = require(process.env.API_PATH);
    const server = http.createServer((request, response) => {
      if (request.url === '/upstream') return response.end(request.headers.tracestate + ' ' + request.headers.baggage?.length);
      trace.getTracer('mine').startActiveSpan('below', (span) => {
        http.get({ port: server.address().port, path: '/upstream' }, (answer) => answer.pipe(response));
        span.end();
      });
    });
    server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port })));
    process.on('SIGTERM', () => process.exit());
  `;
  const large = (key: string): string => `${key}=${'v'.repeat(200)}`;

  it('is kept to 512 characters, goes out at most with those, and is on no span below the server’s', async () => {
    const receiver = await startReceiver();
    const { url, stop } = runApp({ eval: app, receiver, env: { API_PATH: API } });
    const answer = await fetch(await url('/'), {
      headers: {
        traceparent: `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01`,
        tracestate: [...Array.from({ length: 30 }, (_, i) => large(`k${i}`)), 'ot=th:8', 'b=2'].join(','),
        baggage: Array.from({ length: 90 }, (_, i) => `key${i}=${'v'.repeat(80)}`).join(','),
      },
    });
    const kept = `${large('k0')},${large('k1')},ot=th:8,b=2`;
    const [state, baggage] = (await answer.text()).split(' ');
    expect(state).toBe(kept);
    expect(Number(baggage)).toBeGreaterThan(2_900);
    expect(Number(baggage)).toBeLessThanOrEqual(3_072);
    expect(await stop()).toMatchObject({ code: 0, stderr: '' });
    const spans = receiver.spans().map(({ name, kind, traceState }) => [name, kind, traceState]);
    // Of the members, collectors read OpenTelemetry's own on each span.
    expect(spans).toEqual(
      expect.arrayContaining([
        ['GET', 'SERVER', kept],
        ['below', 'INTERNAL', 'ot=th:8'],
        ['GET', 'CLIENT', 'ot=th:8'],
      ]),
    );
    expect(spans).toHaveLength(4);
    await receiver.close();
  });
});

describe('cardinality', () => {
  it('of span names does not grow with paths', async () => {
    const spans = await spansOf(Array.from({ length: 100 }, (_, i) => `/random/${i * 7_919}/x`));
    expect(new Set(spans.map(({ name }) => name))).toEqual(new Set(['GET']));
    expect(spans).toHaveLength(100);
  });
});
