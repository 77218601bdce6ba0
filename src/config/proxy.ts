type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The URL of the proxy for a URL, by the variables and the rules that Node's own requests follow; undefined = none. On older Node, which has
 * no such rules, by the same variables. It may have credentials, so it is never logged.
 */
export function proxyFor(url: string, env: Environment, execArgv: readonly string[]): string | undefined {
  const isWanted =
    env.NODE_USE_ENV_PROXY === '1' ||
    execArgv.includes('--use-env-proxy') ||
    env.NODE_OPTIONS?.split(/\s+/).includes('--use-env-proxy') === true;
  if (!isWanted) return undefined;
  const target = new URL(url);
  const proxy =
    target.protocol === 'https:' ? env.https_proxy || env.HTTPS_PROXY : env.http_proxy || env.HTTP_PROXY;
  if (!proxy || !URL.canParse(proxy) || !/^https?:/i.test(proxy)) return undefined;
  return isExempt(target, env.no_proxy || env.NO_PROXY || '') ? undefined : proxy;
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
      if (range.length === 2 && isIPv4(host) && range.every(isIPv4)) {
        const at = number(host);
        return number(range[0]!) <= at && at <= number(range[1]!);
      }
      if (bare.startsWith('*.')) return host.endsWith(bare.slice(1));
      if (bare.startsWith('.')) return host.endsWith(bare);
      return host === bare;
    });
}

/** Not imported: apps that make no connections would load it, and streams with it: 5 ms and 2 MB on Node 24. */
function isIPv4(address: string): boolean {
  return process.getBuiltinModule('node:net').isIPv4(address);
}

function number(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}
