import { connect } from 'node:http2';
import { get } from 'node:https';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Certificate, makeCertificate } from '../support/certificate.ts';
import { inMatrix } from '../support/libraries.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { type App, runApp } from '../support/run-app.ts';
import { startUpstream, type Upstream } from '../support/upstream.ts';

const CALLER = '0af7651916cd43dd8448eb211c80319c';
const caller = (flags: string) => ({ traceparent: `00-${CALLER}-b7ad6b7169203331-${flags}` });

let certificate: Certificate;
let receiver: Receiver;
let upstream: Upstream;
beforeAll(async () => {
  certificate = makeCertificate();
  receiver = await startReceiver();
  upstream = await startUpstream();
});
afterEach(() => {
  receiver.clear();
  upstream.headers.length = 0;
});
afterAll(async () => {
  await receiver.close();
  await upstream.close();
  certificate.remove();
});

function start(env: Record<string, string>): App {
  const { key: TLS_KEY, cert: TLS_CERT } = certificate;
  return runApp({
    file: 'naming.mjs',
    receiver,
    env: { UPSTREAM: upstream.url, TLS_KEY, TLS_CERT, ...env },
  });
}

/** The paths of the server spans that came up to that of `/last`, which is asked for now. */
async function served(app: App): Promise<unknown[]> {
  await (await fetch(await app.url('/last'))).text();
  const spans = await receiver.waitFor((all) => all.some((span) => span.attributes['url.path'] === '/last'));
  return spans.filter(({ kind }) => kind === 'SERVER').map(({ attributes }) => attributes['url.path']);
}

describe.skipIf(inMatrix)('OTEL_NODE_EXCLUDED_URLS', () => {
  describe.each(['parentbased_always_on', 'always_on', 'traceidratio'])('with the sampler %s', (sampler) => {
    it('makes no span of an excluded request nor below it, and tells what it calls that it is not sampled', async () => {
      const app = start({ OTEL_NODE_EXCLUDED_URLS: 'health,metrics', OTEL_TRACES_SAMPLER: sampler });
      const url = await app.url('/health/call');
      const answers = [
        await (await fetch(url)).text(),
        await (await fetch(url, { headers: caller('01') })).text(),
      ];
      await app.line(({ done }) => done === '/health/call');
      await app.line(({ done }) => done === '/health/call');
      const { stderr } = await app.stop();
      expect(stderr).toBe('');
      expect(receiver.spans()).toEqual([]);
      // Two calls for each request.
      const traces = upstream.headers.map(({ traceparent }) =>
        /^00-(.{32})-.{16}-(..)$/.exec(String(traceparent))!,
      );
      expect(traces).toHaveLength(4);
      expect(traces.map(([, , flags]) => Number(flags) & 1)).toEqual([0, 0, 0, 0]);
      expect(traces[0][1]).toBe(traces[1][1]);
      expect(traces[0][1]).not.toBe(CALLER);
      expect(traces.slice(2).map(([, id]) => id)).toEqual([CALLER, CALLER]);
      expect(answers.map((answer) => answer.slice(0, 32))).toEqual([traces[0][1], CALLER]);
    });
  });

  it('traces what is not excluded: another path, and a word that is in the query alone', async () => {
    const app = start({ OTEL_NODE_EXCLUDED_URLS: 'health,metrics' });
    const url = await app.url();
    for (const path of ['/call', '/metrics', '/x?health', '/HEALTH']) await (await fetch(url + path)).text();
    await app.line(({ done }) => done === '/call');
    expect(await served(app)).toEqual(['/call', '/x', '/HEALTH', '/last']);
    const { length } = receiver.spans().filter(({ kind }) => kind !== 'SERVER');
    // What the test above misses is there otherwise: the app's two spans and two calls.
    expect(length).toBe(4);
    expect(upstream.headers.map(({ traceparent }) => String(traceparent).slice(-1))).toEqual(['3', '3']);
    await app.stop();
  });

  it('searches the URL with scheme and host, with ^/ the path, and with (?i) in any case', async () => {
    const app = start({ OTEL_NODE_EXCLUDED_URLS: '^http://127.0.0.1:\\d+/exact$,^/a/.*/b$,(?i)^/up' });
    const url = await app.url();
    for (const path of ['/exact', '/exact/2', '/a/x/y/b', '/c/a/x/b', '/UP', '/c/up'])
      await (await fetch(url + path)).text();
    expect(await served(app)).toEqual(['/exact/2', '/c/a/x/b', '/c/up', '/last']);
    expect((await app.stop()).stderr).toBe('');
  });

  it('holds for https', async () => {
    const app = start({ OTEL_NODE_EXCLUDED_URLS: '^https://localhost.*/health', PROTOCOL: 'https' });
    const port = await app.listening();
    const ask = (path: string) =>
      new Promise((resolve, reject) => {
        const headers = { host: 'localhost' };
        get({ port, path, headers, rejectUnauthorized: false, agent: false }, (res) =>
          res.resume().on('end', resolve),
        ).on('error', reject);
      });
    await ask('/health');
    await ask('/orders');
    const [span] = await receiver.waitFor(1);
    await app.stop();
    expect(receiver.spans()).toHaveLength(1);
    expect(span.attributes).toMatchObject({ 'url.path': '/orders', 'url.scheme': 'https' });
  });

  it('holds for http2', async () => {
    const app = start({ OTEL_NODE_EXCLUDED_URLS: '^https://127.0.0.1:\\d+/health', PROTOCOL: 'http2' });
    const session = connect(`https://127.0.0.1:${await app.listening()}`, { rejectUnauthorized: false });
    const ask = (path: string) =>
      new Promise((resolve, reject) => {
        session.request({ ':path': path }).resume().on('end', resolve).on('error', reject).end();
      });
    await ask('/health/call');
    await app.line(({ done }) => done === '/health/call');
    await ask('/orders');
    await receiver.waitFor(1);
    session.close();
    await app.stop();
    expect(receiver.spans().map(({ attributes }) => attributes['url.path'])).toEqual(['/orders']);
    expect(upstream.headers.map(({ traceparent }) => Number(String(traceparent).slice(-1)) & 1)).toEqual([
      0, 0,
    ]);
  });

  it('is read from OTEL_PYTHON_EXCLUDED_URLS where it is unset', async () => {
    const app = start({ OTEL_PYTHON_EXCLUDED_URLS: 'health' });
    await (await fetch(await app.url('/health'))).text();
    expect(await served(app)).toEqual(['/last']);
    await app.stop();
  });

  it.each([
    ['(', 'is not a regular expression of JavaScript'],
    ['(a+)+$', 'repeats what has repetitions or alternatives in it, which may take forever'],
    ['a.*b.*c.*d', 'has more than 2 parts of any length, which may take too long'],
  ])('says in one line that %s is not used, and the others hold', async (pattern, problem) => {
    const app = start({ OTEL_NODE_EXCLUDED_URLS: `${pattern},health` });
    await (await fetch(await app.url('/health'))).text();
    expect(await served(app)).toEqual(['/last']);
    const { stderr } = await app.stop();
    expect(stderr).toBe(
      `foretrace: OTEL_NODE_EXCLUDED_URLS has "${pattern}", which ${problem}, that part is ignored\n`,
    );
  });
});
