/** Where a request of node:http goes, by its span, and where its headers stand. */
import { createServer, type Server } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PLUMBING } from '../kit/harness.ts';
import { operations, underParent } from '../kit/operations.ts';
import { inMatrix, LIBRARIES } from '../support/libraries.ts';

const listen = (server: Server, ...where: [number, string] | [string]): Promise<void> =>
  new Promise((resolve) => {
    server.listen(...(where as [number, string]), resolve);
  });

describe('a request of node:http', () => {
  const kit = operations({ file: 'http-targets.mjs', cwd: LIBRARIES });
  const seen: { url: string; names: string[]; headers: Record<string, unknown> }[] = [];
  const servers: Server[] = [];
  const socketPath = join(tmpdir(), `foretrace-${process.pid}.sock`);
  let port: number;

  function start(...where: [number, string] | [string]): Promise<Server> {
    const server = createServer((request, response) => {
      const names = request.rawHeaders.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase());
      seen.push({ url: request.url!, names, headers: request.headers });
      request.resume();
      response.end('ok');
    });
    server.on('connect', (request, socket) => {
      seen.push({ url: request.url!, names: [], headers: request.headers });
      socket.end('HTTP/1.1 200 OK\r\n\r\n');
    });
    servers.push(server);
    return listen(server, ...where).then(() => server);
  }

  beforeAll(async () => {
    port = ((await start(0, '127.0.0.1')).address() as AddressInfo).port;
    await start(socketPath);
  });
  beforeEach(() => {
    seen.length = 0;
  });
  afterAll(() => {
    for (const server of servers) server.close().closeAllConnections();
  });

  const send = (options: object, more: object = {}): Promise<any> =>
    kit.run('send', { options: { host: '127.0.0.1', port, ...options }, ...more });

  async function placeOf(): Promise<Record<string, unknown>> {
    const client = (await kit.collect(3)).find(({ kind }) => kind === 'CLIENT')!;
    const { attributes, name } = client;
    return {
      name,
      url: attributes['url.full'],
      address: attributes['server.address'],
      port: attributes['server.port'],
    };
  }
  const here = (): object => ({ name: 'GET', address: '127.0.0.1', port });

  describe.each(['agent', 'none', 'own', 'createConnection'])('over %s', (by) => {
    it('is named after the host that was asked for', async () => {
      await send({ path: '/a' }, { by });
      expect(await placeOf()).toEqual({ ...here(), url: `http://127.0.0.1:${port}/a` });
    });
  });

  it.each(['agent', 'none'])('is not named after another Host header (%s)', async (by) => {
    await send({ path: '/a', headers: { host: 'shop.example' } }, { by });
    expect(seen[0].headers.host).toBe('shop.example');
    expect(await placeOf()).toEqual({ ...here(), url: `http://127.0.0.1:${port}/a` });
  });

  it.each([
    ['a list', ['Host', 'shop.example']],
    ['pairs', [['Host', 'shop.example']]],
    ['a list that waits for 100 Continue', ['Host', 'shop.example', 'Expect', '100-continue']],
    ['an object that waits for 100 Continue', { host: 'shop.example', expect: '100-continue' }],
  ])('is not named after another Host header in %s', async (_, headers) => {
    await send({ path: '/a', headers });
    expect(seen[0].headers.host).toBe('shop.example');
    expect(await placeOf()).toEqual({ ...here(), url: `http://127.0.0.1:${port}/a` });
  });

  it('is named after the path of a socket', async () => {
    await kit.run('send', { options: { socketPath, path: '/a' } });
    expect(await placeOf()).toEqual({
      name: 'GET',
      url: 'http://localhost/a',
      address: socketPath,
      port: undefined,
    });
  });

  it('has no URL when it asks for a tunnel, and names the proxy', async () => {
    await send({ method: 'CONNECT', path: 'target.example.com:443' });
    expect(seen[0].url).toBe('target.example.com:443');
    expect(await placeOf()).toEqual({ ...here(), name: 'CONNECT', url: undefined });
  });

  it('has the URL of the server when it asks for its options', async () => {
    await send({ method: 'OPTIONS', path: '*' });
    expect(await placeOf()).toEqual({ ...here(), name: 'OPTIONS', url: `http://127.0.0.1:${port}` });
  });

  it.each([
    ['none where its path makes none', 'a/b', undefined],
    ['one without a path', '?a=1', '?a=1'],
  ])('has a URL that is one: %s', async (_, path, rest) => {
    await send({ path });
    expect(await placeOf()).toEqual({
      ...here(),
      url: rest === undefined ? undefined : `http://127.0.0.1:${port}${rest}`,
    });
  });

  it('has the whole URL that it asks a proxy for, and names the proxy', async () => {
    await send({ path: 'http://shop.example/a' });
    expect(await placeOf()).toEqual({ ...here(), url: 'http://shop.example/a' });
  });

  it.runIf(!inMatrix)('is a span without a word on stderr when nock answers it', async () => {
    expect(await kit.run('mocked', { url: 'http://mocked.example' })).toEqual({
      status: 200,
      body: 'from nock',
    });
    expect(await placeOf()).toMatchObject({ name: 'GET' });
    expect(kit.app.stderr).toBe('');
  });

  it('is a GET without a word on stderr when it lacks what requests have', async () => {
    expect(await kit.run('hollow')).toEqual({ traced: true });
    const attributes = { 'http.request.method': 'GET', 'http.response.status_code': 302 };
    await kit.expectSpans(underParent([{ name: 'GET', kind: 'CLIENT', attributes }]));
    expect(kit.app.stderr).toBe('');
  });

  // A server that reads a part of them (`maxHeadersCount`) then reads the app's.
  it.each([
    ['an object', { 'x-first': '1', 'x-last': '2' }],
    ['a list', ['host', 'a.example', 'x-first', '1', 'x-last', '2']],
    [
      'pairs',
      [
        ['host', 'a.example'],
        ['x-first', '1'],
        ['x-last', '2'],
      ],
    ],
    ['an object that waits for 100 Continue', { 'x-first': '1', 'x-last': '2', expect: '100-continue' }],
    ['a list that waits for 100 Continue', ['host', 'a.example', 'x-last', '2', 'Expect', '100-continue']],
  ])('has what we add, and no more, behind all headers of the app: %s', async (_, headers) => {
    await send({ headers });
    const [{ names }] = seen;
    const flat = Array.isArray(headers)
      ? headers.flat().filter((__, i) => i % 2 === 0)
      : Object.keys(headers);
    const own = flat.map((name) => name.toLowerCase());
    if (!PLUMBING) {
      expect(names.filter((name) => /trace|baggage|b3/.test(name))).toEqual(['traceparent']);
      expect(names.indexOf('traceparent')).toBeGreaterThan(
        Math.max(...own.map((name) => names.indexOf(name))),
      );
    }
    await kit.collect(3);
  });
});

describe('a request of node:http2', () => {
  const kit = operations({ file: 'http2-client.mjs' });

  it('is named after the session, and has what we add behind the headers of the app', async () => {
    const seen: string[][] = [];
    const server = createHttp2Server();
    server.on('stream', (stream, _, __, rawHeaders) => {
      seen.push((rawHeaders as unknown as string[]).filter((___, i) => i % 2 === 0));
      stream.respond({ ':status': 200 });
      stream.end('ok');
    });
    await listen(server as unknown as Server, 0, '127.0.0.1');
    const { port } = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}/a`;
    await kit.run('request', { url, headers: { ':authority': 'shop.example', 'x-last': '1' } });
    const attributes = {
      'server.address': '127.0.0.1',
      'server.port': port,
      'url.full': url,
    };
    await kit.expectSpans(
      underParent([{ name: 'GET', kind: 'CLIENT', attributes }], { marks: ['response'] }),
      {
        attributes: 'subset',
      },
    );
    expect(seen[0].at(-1)).toBe('traceparent');
    server.close();
  });
});
