import type { Agent, ClientRequest } from 'node:http';
import { isIP, type LookupFunction, type Socket } from 'node:net';
import type * as Tls from 'node:tls';

export interface ProxyOptions {
  /** The proxy's URL; may have credentials, so it is never logged. */
  url: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** How long a proxy may take to open a tunnel. */
const TUNNEL_MS = 10_000;

/**
 * The proxy for a URL, by the variables and the rules that Node's own requests follow; undefined = none. On older Node, which has
 * no such rules, by the same variables.
 */
export function proxyFor(
  url: string,
  env: Environment,
  execArgv: readonly string[],
): ProxyOptions | undefined {
  const isWanted =
    env.NODE_USE_ENV_PROXY === '1' ||
    execArgv.includes('--use-env-proxy') ||
    (env.NODE_OPTIONS ?? '').split(/\s+/).includes('--use-env-proxy');
  if (!isWanted) return undefined;
  const target = new URL(url);
  const proxy =
    target.protocol === 'https:' ? env.https_proxy || env.HTTPS_PROXY : env.http_proxy || env.HTTP_PROXY;
  if (!proxy || !URL.canParse(proxy) || !/^https?:/i.test(proxy)) return undefined;
  return isExempt(target, env.no_proxy || env.NO_PROXY || '') ? undefined : { url: proxy };
}

/** `NO_PROXY`: `*`, names, `.suffix`, `*.suffix`, addresses, ranges of IPv4 addresses as `a-b`; each may have a port. */
function isExempt({ hostname, port, protocol }: URL, list: string): boolean {
  const host = hostname.toLowerCase().replace(/^\[|\]$/g, '');
  const targetPort = port || (protocol === 'https:' ? '443' : '80');
  return list
    .split(/[\s,]+/)
    .filter(Boolean)
    .some((item) => {
      if (item === '*') return true;
      const [, name = '', onlyPort] = /^(\[.*\]|[^:]*|.*:.*:.*?)(?::(\d+))?$/.exec(item.toLowerCase()) ?? [];
      if (onlyPort !== undefined && onlyPort !== targetPort) return false;
      const bare = name.replace(/^\[|\]$/g, '');
      const range = bare.split('-');
      if (range.length === 2 && isIP(host) === 4 && range.every((end) => isIP(end) === 4)) {
        const at = number(host);
        return number(range[0]!) <= at && at <= number(range[1]!);
      }
      if (bare.startsWith('*.')) return host.endsWith(bare.slice(1));
      if (bare.startsWith('.')) return host.endsWith(bare);
      return host === bare;
    });
}

function number(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

/** Where the proxy is, and what it wants to know of us. */
interface Hop {
  host: string;
  port: number;
  isSecure: boolean;
  headers: Record<string, string>;
}

function hopOf({ url }: ProxyOptions): Hop {
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
  proxy: ProxyOptions,
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
      timeout: TUNNEL_MS,
    });
    const failed = (code: string): void =>
      callback(
        Object.assign(new Error(`the proxy does not open a tunnel: ${code}`), {
          code: `${code} (of the proxy)`,
        }),
      );
    if (unref) tunnel.once('socket', (socket) => socket.unref());
    tunnel.once('timeout', () => tunnel.destroy(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' })));
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
      socket.setTimeout(0);
      callback(null, tls().connect({ ...options, socket, path: undefined }));
    });
    tunnel.end();
  };
}
