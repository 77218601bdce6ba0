import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { inMatrix, LIBRARIES } from '../support/libraries.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { REDIS_URL } from '../support/redis.ts';
import { runApp } from '../support/run-app.ts';
import { describeWith } from '../support/services.ts';
import { startUpstream, type Upstream } from '../support/upstream.ts';

const NAME = 'OTEL_INSTRUMENTATION_COMMON_PEER_SERVICE_MAPPING';

let receiver: Receiver;
let upstream: Upstream;
beforeAll(async () => {
  receiver = await startReceiver();
  upstream = await startUpstream();
});
afterEach(() => receiver.clear());
afterAll(async () => {
  await receiver.close();
  await upstream.close();
});

/** The names on the spans of both calls, and what the app says, of a request to the app. */
async function call(mapping: string, path = '/stock/7') {
  const env = { [NAME]: mapping, UPSTREAM: upstream.url + path };
  const app = runApp({ file: 'naming.mjs', receiver, env });
  await (await fetch(await app.url('/call'))).text();
  await app.line(({ done }) => done !== undefined);
  const { stderr } = await app.stop();
  const spans = receiver.spans();
  const of = (wanted: string) =>
    spans
      .filter(({ kind }) => kind === wanted)
      .map(({ attributes }) => [attributes['service.peer.name'], attributes['peer.service']]);
  return { stderr, client: of('CLIENT'), others: [...of('SERVER'), ...of('INTERNAL')] };
}

const twice = (name: string | undefined) => [
  [name, name],
  [name, name],
];

describe.skipIf(inMatrix)(NAME, () => {
  it.each([
    ['the host', () => '127.0.0.1=stock', 'stock'],
    ['host and port', () => `127.0.0.1:${upstream.port}=stock,127.0.0.1=other`, 'stock'],
    ['host and path', () => `127.0.0.1/stock=stock,127.0.0.1:${upstream.port}=other`, 'stock'],
    ['another port', () => '127.0.0.1:1=stock', undefined],
    ['another path', () => '127.0.0.1/orders=orders', undefined],
    ['another host', () => 'localhost=stock', undefined],
  ])('names what is called over HTTP, by http and fetch, by %s', async (_, mapping, name) => {
    expect(await call(mapping())).toEqual({
      stderr: '',
      client: twice(name),
      others: [...twice(undefined), [undefined, undefined]],
    });
  });

  it('says in one line which place is none, and the others hold', async () => {
    const { stderr, client } = await call('http://x=y,127.0.0.1=the%20stock');
    expect(stderr).toBe(
      `foretrace: ${NAME} has "http://x", which is not host, host:port or host:port/path, that part is ignored\n`,
    );
    expect(client).toEqual(twice('the stock'));
  });

  it('says in one line that an entry has no name, and the others hold', async () => {
    const { stderr, client } = await call('127.0.0.2,127.0.0.1=stock');
    expect(stderr).toBe(
      `foretrace: ${NAME}="127.0.0.2,127.0.0.1=stock" has no key=value in entry 1, that part is ignored\n`,
    );
    expect(client).toEqual(twice('stock'));
  });
});

await describeWith('redis', `${NAME} for a database`, () => {
  it.skipIf(inMatrix)('names it by host and port, the default one too', async () => {
    const { hostname, port } = new URL(REDIS_URL);
    const app = runApp({
      eval: `
        const Redis = require('ioredis');
        const redis = new Redis(process.env.REDIS_URL);
        redis.get('kit:none').then(() => redis.quit());`,
      receiver,
      env: { REDIS_URL, [NAME]: `${hostname}:${port || 6379}=sessions` },
      cwd: LIBRARIES,
    });
    const { stderr } = await app.exited;
    const get = receiver.spans().find(({ name }) => name === 'GET');
    expect({ stderr, attributes: get?.attributes }).toMatchObject({
      stderr: '',
      attributes: { 'service.peer.name': 'sessions', 'peer.service': 'sessions' },
    });
  });
});
