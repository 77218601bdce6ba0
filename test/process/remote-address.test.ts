/** Who is at the other end of a connection: in the span always, for the app as if nobody had asked. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Certificate, makeCertificate } from '../support/certificate.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { runApp } from '../support/run-app.ts';

/** Serves one request of its own to the dual-stack address; prints what the socket says of its other end once that is gone. */
const app = (kind: 'http' | 'https' | 'http2'): string => `
  const { createServer, createSecureServer, connect, request } = require('${kind}');
  const options = { key: process.env.KEY, cert: process.env.CERT, rejectUnauthorized: false };
  let left;
  const server = createServer(options, (req, res) => {
    const session = req.stream?.session;
    const hidden = session && Object.getOwnPropertySymbols(session).find((symbol) => symbol.description === 'socket');
    const socket = session?.[hidden] ?? req.socket;
    // Behind the proxy of an HTTP/2 session a property that is empty stays.
    const names = Object.keys(socket).filter((name) => name === '_peername' && '${kind}' !== 'http2');
    socket.on('close', () => {
      console.log(JSON.stringify([String(socket.remoteAddress), String(socket.remotePort), names]));
      server.close();
    });
    left();
  });
  server.listen(0, '::', () => {
    const { port } = server.address();
    if ('${kind}' === 'http2') {
      const session = connect('http://127.0.0.1:' + port);
      const stream = session.request({ ':path': '/' });
      stream.on('error', () => {});
      left = () => session.destroy();
    } else {
      const call = request({ ...options, host: '127.0.0.1', port });
      call.on('error', () => {}).end();
      left = () => call.destroy();
    }
  });
`;

/** Sends two requests over one connection, which the server then closes; prints what its socket says of the other end by then. */
const client = (kind: 'http' | 'https' | 'fetch'): string => `
  const { createServer, request, Agent } = require('${kind === 'fetch' ? 'http' : kind}');
  const { subscribe } = require('diagnostics_channel');
  const { once } = require('events');
  const options = { key: process.env.KEY, cert: process.env.CERT, rejectUnauthorized: false };
  let leave;
  const server = createServer(options, (req, res) => {
    leave = () => req.socket.destroy();
    res.end();
  });
  let socket;
  const agent = new Agent({ keepAlive: true });
  const ways = {
    async http(port) {
      const [response] = await once(request({ ...options, agent, host: '127.0.0.1', port }).end(), 'response');
      ({ socket } = response);
      await once(response.resume(), 'end');
    },
    async fetch(port) {
      subscribe('undici:client:connected', (message) => ({ socket } = message));
      await (await fetch('http://127.0.0.1:' + port)).text();
    },
  };
  ways.https = ways.http;
  server.listen(0, '127.0.0.1', async () => {
    const { port } = server.address();
    for (let i = 0; i < 2; i++) await ways.${kind}(port);
    socket.on('close', () => {
      const names = Object.keys(socket).filter((name) => name === '_peername');
      console.log(JSON.stringify([String(socket.remoteAddress), names]));
      server.close();
    });
    leave();
  });
`;

describe('the address of who', () => {
  let certificate: Certificate;
  let receiver: Receiver;
  beforeAll(async () => {
    certificate = makeCertificate();
    receiver = await startReceiver();
  });
  afterAll(async () => {
    certificate.remove();
    await receiver.close();
  });

  it.each(['http', 'https', 'http2'] as const)('was a client and has left: %s', async (kind) => {
    receiver.clear();
    const env = { KEY: certificate.key, CERT: certificate.cert };
    const traced = await runApp({ eval: app(kind), env, receiver }).exited;
    const plain = await runApp({ eval: app(kind), env, agent: 'none' }).exited;
    expect(traced).toMatchObject({ code: 0, stdout: plain.stdout, stderr: plain.stderr });
    expect(plain).toMatchObject({ code: 0, stdout: '["undefined","undefined",[]]\n' });
    const [span, ...others] = receiver.spans().filter((one) => one.kind === 'SERVER');
    expect(others).toEqual([]);
    // Of an IPv4 client on a socket for both families.
    expect(span.attributes).toMatchObject({
      'client.address': '127.0.0.1',
      'network.peer.address': '127.0.0.1',
      'network.peer.port': expect.any(Number),
    });
  });
  it.each(['http', 'https', 'fetch'] as const)('was a server and has closed: %s', async (kind) => {
    receiver.clear();
    const env = { KEY: certificate.key, CERT: certificate.cert };
    const traced = await runApp({ eval: client(kind), env, receiver }).exited;
    const plain = await runApp({ eval: client(kind), env, agent: 'none' }).exited;
    expect(traced).toMatchObject({ code: 0, stdout: plain.stdout, stderr: plain.stderr });
    // undici asks for itself when a connection breaks.
    if (kind !== 'fetch') expect(plain).toMatchObject({ code: 0, stdout: '["undefined",[]]\n' });
    const spans = receiver.spans().filter((one) => one.kind === 'CLIENT');
    const ends = spans.map(({ attributes }) => [
      attributes['network.peer.address'],
      attributes['network.peer.port'] === attributes['server.port'],
    ]);
    expect(ends).toEqual([
      ['127.0.0.1', true],
      ['127.0.0.1', true],
    ]);
  });
});
