import type { Agent, ClientRequest } from 'node:http';
import { isIP, type LookupFunction, type Socket } from 'node:net';
import type * as Tls from 'node:tls';

/** How long a proxy may take to open a tunnel. */
const TUNNEL_MS = 10_000;

/** Where the proxy is, and what it wants to know of us. */
interface Hop {
  host: string;
  port: number;
  isSecure: boolean;
  headers: Record<string, string>;
}

function hopOf(url: string): Hop {
  const { protocol, hostname, port, username, password } = new URL(url);
  const isSecure = protocol === 'https:';
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port || (isSecure ? 443 : 80)),
    isSecure,
    headers:
      username === ''
        ? {}
        : { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` },
  };
}

type Connect = (options: any, callback: (error: Error | null, socket?: Socket) => void) => unknown;

/**
 * Sends the requests of an agent by way of a proxy: those to `http:` as they are, with the whole URL in the first line, those to
 * `https:` through a tunnel, so that the proxy sees nothing of them.
 * @param unref nothing of it may keep the process alive
 */
export function useProxy(
  agent: Agent,
  proxy: string,
  target: string,
  lookup: LookupFunction,
  unref: boolean,
): void {
  const hop = hopOf(proxy);
  const tls = (): typeof Tls => process.getBuiltinModule('node:tls');
  const open = agent as unknown as {
    createConnection: Connect;
    addRequest(request: ClientRequest, options: object, ...rest: unknown[]): unknown;
  };
  if (target.startsWith('http:')) {
    const { addRequest } = open;
    open.addRequest = function (request, options, ...rest) {
      const { origin } = new URL(target);
      request.path = origin + request.path;
      for (const [name, value] of Object.entries(hop.headers)) request.setHeader(name, value);
      return addRequest.call(this, request, { ...options, host: hop.host, port: hop.port }, ...rest);
    };
    if (hop.isSecure) {
      open.createConnection = (options) =>
        tls().connect({ ...options, servername: isIP(hop.host) === 0 ? hop.host : '' });
    }
    return;
  }
  open.createConnection = (options, callback) => {
    const { request } = process.getBuiltinModule(hop.isSecure ? 'node:https' : 'node:http');
    const host = isIP(options.host) === 6 ? `[${options.host}]` : options.host;
    const tunnel = request({
      host: hop.host,
      port: hop.port,
      method: 'CONNECT',
      path: `${host}:${options.port}`,
      headers: { host: `${host}:${options.port}`, ...hop.headers },
      agent: false,
      lookup,
    });
    const failed = (code: string): void =>
      callback(
        Object.assign(new Error(`the proxy does not open a tunnel: ${code}`), {
          code: `${code} (of the proxy)`,
        }),
      );
    if (unref) tunnel.once('socket', (socket) => socket.unref());
    const timer = setTimeout(
      () => tunnel.destroy(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' })),
      TUNNEL_MS,
    );
    timer.unref();
    tunnel.once('close', () => clearTimeout(timer));
    tunnel.once('error', (error: NodeJS.ErrnoException) => failed(error.code ?? error.message));
    // A proxy that refuses answers as to any other request.
    tunnel.once('response', (response) => {
      response.destroy();
      failed(`HTTP status ${response.statusCode}`);
    });
    tunnel.once('connect', (response, socket) => {
      if (response.statusCode !== 200) {
        socket.destroy();
        failed(`HTTP status ${response.statusCode}`);
        return;
      }
      clearTimeout(timer);
      callback(null, tls().connect({ ...options, socket, path: undefined }));
    });
    tunnel.end();
  };
}
