import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startReceiver } from '../support/receiver.ts';
import { type App, runApp } from '../support/run-app.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';

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
afterAll(() => new Promise((resolve) => downstream.close(resolve)));

const out = async (app: App, headers: Record<string, string> = {}): Promise<unknown> =>
  (await fetch(await app.url('/out'), { headers: { 'x-target': target, ...headers } })).json();

const parent = (flags: string): Record<string, string> => ({
  traceparent: `00-${TRACE}-${PARENT}-${flags}`,
  tracestate: 'vendor=value,other=1',
  baggage: 'user=ada,level=7;p=1',
});

describe('OTEL_TRACES_SAMPLER', () => {
  // Is a root recorded, one under a sampled parent, one under an unsampled parent? The trace id’s last 56 bits are 0x48eb211c80319c.
  it.each<[sampler: string, ratio: string | undefined, root: boolean, sampled: boolean, unsampled: boolean]>([
    ['always_on', undefined, true, true, true],
    ['always_off', undefined, false, false, false],
    ['traceidratio', '1', true, true, true],
    ['traceidratio', '0', false, false, false],
    ['parentbased_always_on', undefined, true, true, false],
    ['parentbased_always_off', undefined, false, true, false],
    ['parentbased_traceidratio', '1', true, true, false],
    ['parentbased_traceidratio', '0', false, true, false],
  ])('%s %s: root %s, sampled parent %s, unsampled parent %s', async (name, ratio, ...expected) => {
    const receiver = await startReceiver();
    const app = runApp({
      file: 'core/manual.cjs',
      receiver,
      env: { OTEL_TRACES_SAMPLER: name, OTEL_TRACES_SAMPLER_ARG: ratio },
    });
    const requests = [{}, parent('01'), parent('00')];
    for (const headers of requests) await out(app, headers);
    expect(await app.stop()).toMatchObject({ code: 0, stderr: '' });
    const spans = receiver.spans();
    await receiver.close();

    // Two requests go out of each, by http and by fetch.
    expect(seen).toHaveLength(6);
    expected.forEach((recorded, index) => {
      for (const headers of seen.slice(index * 2, index * 2 + 2)) {
        const [version, traceId, spanId, flags] = String(headers.traceparent).split('-');
        expect(version).toBe('00');
        expect(Number.parseInt(flags, 16) & 1).toBe(recorded ? 1 : 0);
        const sent = spans.filter((span) => span.traceId === traceId && span.spanId === spanId);
        expect(sent.map(({ kind }) => kind)).toEqual(recorded ? ['CLIENT'] : []);
        if (index === 0) continue;
        expect(traceId).toBe(TRACE);
        expect(spanId).not.toBe(PARENT);
        expect(headers.tracestate).toBe('vendor=value,other=1');
        expect(headers.baggage).toBe('user=ada,level=7;p=1');
      }
    });
    expect(spans).toHaveLength(expected.filter(Boolean).length * 3);
  });

  it('decides alike in every process with the same ratio', async () => {
    const ids = Array.from({ length: 40 }, (_, i) =>
      (i * 6_364_136_223 + 11)
        .toString(16)
        .padStart(32, '1')
        .replace(/^(.{16})(.*)$/, (_m, a, b) => a + [...b].toReversed().join('')),
    );
    const kept: string[][] = [];
    for (let i = 0; i < 2; i++) {
      const receiver = await startReceiver();
      const app = runApp({
        file: 'core/manual.cjs',
        receiver,
        env: { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.5' },
      });
      for (const id of ids)
        await fetch(await app.url('/plain'), { headers: { traceparent: `00-${id}-${PARENT}-00` } });
      await app.stop();
      kept.push(
        receiver
          .spans()
          .map(({ traceId }) => traceId)
          .sort(),
      );
      await receiver.close();
    }
    expect(kept[0]).toEqual(kept[1]);
    expect(kept[0].length).toBeGreaterThan(5);
    expect(kept[0].length).toBeLessThan(35);
    expect(kept[0]).toEqual(ids.filter((id) => Number.parseInt(id.slice(18, 20), 16) >= 0x80).sort());
  });
});

describe('OTEL_PROPAGATORS', () => {
  it.each([
    ['b3', { b3: `${TRACE}-${PARENT}-0` }, false],
    ['b3', { b3: `${TRACE}-${PARENT}-1` }, true],
    ['b3multi', { 'x-b3-traceid': TRACE, 'x-b3-spanid': PARENT, 'x-b3-sampled': '0' }, false],
    ['b3multi', { 'x-b3-traceid': TRACE, 'x-b3-spanid': PARENT, 'x-b3-sampled': '1' }, true],
  ])('%s with %j carries the trace on, sampled or not', async (name, headers, sampled) => {
    const receiver = await startReceiver();
    const app = runApp({ file: 'core/manual.cjs', receiver, env: { OTEL_PROPAGATORS: name } });
    await out(app, headers as Record<string, string>);
    await app.stop();
    expect(receiver.spans()).toHaveLength(sampled ? 3 : 0);
    await receiver.close();
    for (const got of seen) {
      const [traceId, flag] =
        name === 'b3' ? String(got.b3).split(/-[0-9a-f]{16}-/) : [got['x-b3-traceid'], got['x-b3-sampled']];
      expect([traceId, flag]).toEqual([TRACE, sampled ? '1' : '0']);
      expect(got.traceparent).toBeUndefined();
    }
  });

  it.each([
    ['b3', { b3: `${TRACE}-${PARENT}-d` }, { b3: /-d$/ }],
    ['b3', { b3: `${TRACE}-${PARENT}` }, { b3: /-1$/ }],
    ['b3multi', { 'x-b3-traceid': TRACE, 'x-b3-spanid': PARENT, 'x-b3-flags': '1' }, { 'x-b3-flags': /^1$/ }],
    ['b3multi', { 'x-b3-traceid': TRACE, 'x-b3-spanid': PARENT }, { 'x-b3-sampled': /^1$/ }],
  ])('%s with %j is recorded, and goes on with %j', async (name, headers, state) => {
    const receiver = await startReceiver();
    const app = runApp({ file: 'core/manual.cjs', receiver, env: { OTEL_PROPAGATORS: name } });
    await out(app, headers as unknown as Record<string, string>);
    await app.stop();
    expect(receiver.spans().map(({ traceId }) => traceId)).toEqual([TRACE, TRACE, TRACE]);
    await receiver.close();
    expect(seen).toHaveLength(2);
    for (const [header, form] of Object.entries(state)) {
      for (const got of seen) expect(got[header]).toMatch(form);
    }
  });

  it('says at debug level that a traceparent has upper-case digits', async () => {
    const receiver = await startReceiver();
    const app = runApp({ file: 'core/manual.cjs', receiver, env: { OTEL_LOG_LEVEL: 'debug' } });
    for (let i = 0; i < 2; i++) await out(app, { traceparent: parent('01').traceparent.toUpperCase() });
    const { stderr } = await app.stop();
    expect(stderr.match(/foretrace: .*upper-case.*/g)).toHaveLength(1);
    expect(receiver.spans().every(({ traceId }) => traceId !== TRACE)).toBe(true);
    await receiver.close();
  });

  it('none carries nothing', async () => {
    const receiver = await startReceiver();
    const app = runApp({ file: 'core/manual.cjs', receiver, env: { OTEL_PROPAGATORS: 'none' } });
    await out(app, parent('01'));
    await app.stop();
    expect(receiver.spans().every(({ traceId }) => traceId !== TRACE)).toBe(true);
    await receiver.close();
    for (const { traceparent, tracestate, baggage } of seen) {
      expect([traceparent, tracestate, baggage]).toEqual([undefined, undefined, undefined]);
    }
  });
});
