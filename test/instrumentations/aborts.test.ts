/** Who gives a request up, and why: the app may, with whatever reason; what takes too long or breaks has failed. */
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operations } from '../kit/operations.ts';
import { inMatrix, LIBRARIES } from '../support/libraries.ts';

const APP = ['error', 'text', 'code', 'abort', 'none'];

type Case = [way: string, reason: string, type: string | undefined];
const given = (way: string, reasons: readonly string[], type?: string): Case[] =>
  reasons.map((reason) => [way, reason, type]);

const cases: Case[] = [
  ...given('fetch', APP),
  ...given('fetch any', ['error', 'text']),
  ...given('fetch', ['timeout'], 'TimeoutError'),
  ...given('fetch limit', [''], 'TimeoutError'),
  ...given('fetch body', ['']),
  ...given('undici request', APP),
  ...given('undici stream', ['error', 'text']),
  ...given('undici fetch', ['error', 'text']),
  ...given('undici request', ['timeout'], 'TimeoutError'),
  ...given('undici limit', [''], 'UND_ERR_HEADERS_TIMEOUT'),
  ...given('http signal', APP),
  ...given('http signal', ['timeout'], 'TimeoutError'),
  ...given('http limit', [''], 'TimeoutError'),
  ...given('http abort', ['']),
  ...given('http early', ['']),
  ...given('http destroy', ['error', 'code', 'abort', 'none']),
  ...given('http destroy', ['timeout'], 'TimeoutError'),
  ...given('http destroy', ['system'], 'EIO'),
  ...given('http idle', ['none'], 'ECONNRESET'),
  ...given('http dropped', [''], 'ECONNRESET'),
  ...given('http2 close', ['']),
  ...given('http2 close badly', ['']),
  ...given('http2 destroy', ['error', 'code', 'abort', 'none']),
  ...given('http2 destroy', ['system'], 'EIO'),
  ...given('http2 signal', ['error', 'text', 'none']),
  ...given('http2 limit', [''], 'TimeoutError'),
  ...given('http2 session', [''], 'Error'),
  ...given('got cancel', ['']),
  ...given('got signal', ['error', 'none']),
  ...given('got limit', [''], 'ETIMEDOUT'),
  ...given('axios signal', ['error', 'none']),
  ...given('axios limit', [''], 'ECONNABORTED'),
  ...given('superagent abort', ['']),
  ...given('superagent limit', [''], 'ECONNRESET'),
];

describe.skipIf(inMatrix)('a request that is given up', () => {
  const kit = operations({ file: 'aborts.mjs', cwd: LIBRARIES });
  let url: string;
  let close: () => void;
  beforeAll(async () => {
    // One port for both versions of the protocol: those of HTTP/2 begin with a preface.
    const plain = createHttpServer((request) => {
      if (request.url === '/drop') request.socket.destroy();
    });
    const http2 = createHttp2Server();
    http2.on('stream', (stream) => stream.on('error', () => {}));
    http2.on('sessionError', () => {});
    const sockets = new Set<Socket>();
    const front = createTcpServer((socket) => {
      sockets.add(socket.on('error', () => {}));
      socket.once('readable', () => {
        const first = socket.read() as Buffer | null;
        if (first === null) return;
        socket.unshift(first);
        (first.toString('latin1', 0, 3) === 'PRI' ? http2 : plain).emit('connection', socket);
      });
    });
    await new Promise<void>((resolve) => {
      front.listen(0, '127.0.0.1', resolve);
    });
    url = `http://127.0.0.1:${(front.address() as AddressInfo).port}/hang`;
    close = () => {
      front.close();
      sockets.forEach((socket) => socket.destroy());
    };
  });
  afterAll(() => close?.());

  it.each(cases)('%s, %s: %s', async (way, reason, type) => {
    await kit.run('giveUp', { way, reason, url });
    const spans = (await kit.collect(3)).filter(({ kind }) => kind === 'CLIENT');
    expect(spans.map(({ status, attributes }) => [status.code, attributes['error.type']])).toEqual([
      type === undefined ? ['UNSET', undefined] : ['ERROR', type],
    ]);
  });
});
