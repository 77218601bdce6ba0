import { now } from '../../trace/clock.ts';
import { type LookupAddress, Resolver, lookup as systemLookup } from 'node:dns';
import { readFileSync } from 'node:fs';
import { isIP, type LookupFunction } from 'node:net';

const FRESH_MS = 30_000;
const NAMESERVER_MS = 1000;
const NAMESERVER_TRIES = 2;
/** All candidates of one look-up together. */
const LOOKUP_MS = 4000;

/** What a look-up is made of; a test has its own. */
export interface NameService {
  /** The texts of the hosts file and of resolv.conf; undefined = there is none. */
  hosts(): string | undefined;
  resolvConf(): string | undefined;
  /** Instead of the nameservers of the system. */
  servers?: readonly string[];
  system: typeof systemLookup;
}

const OF_THE_SYSTEM: NameService = {
  hosts: () => textOf('/etc/hosts'),
  // Elsewhere the file, where there is one, does not say how names are resolved.
  resolvConf: () => (process.platform === 'linux' ? textOf('/etc/resolv.conf') : undefined),
  system: systemLookup,
};

/**
 * A `lookup` for sockets that does not wait in libuv's pool for a nameserver.
 *
 * `dns.lookup` is `getaddrinfo` on one of the pool's four threads, which the app's own look-ups, files and zlib share, and no
 * thread of Node ends before its `getaddrinfo` does: with a silent nameserver four of ours would stop the app, and one puts off
 * the end of the process by up to half a minute. So: the hosts file, then the nameservers by way of c-ares with the search list
 * of resolv.conf (a `collector.dev` of a cluster must not become the public name), and `getaddrinfo`, for what else the system
 * knows, only when every nameserver has answered. One look-up at a time; its answer is kept, and outlives nameservers that fail.
 */
export function createLookup(service: NameService = OF_THE_SYSTEM): LookupFunction {
  const known = new Map<string, { addresses: LookupAddress[]; until: number }>();
  const pending = new Map<string, Promise<LookupAddress[]>>();
  let system: Promise<unknown> = Promise.resolve();

  function fromSystem(name: string): Promise<LookupAddress[]> {
    const next = system.then(
      () =>
        new Promise<LookupAddress[]>((resolve, reject) => {
          service.system(name, { all: true }, (error, addresses) =>
            error ? reject(error) : resolve(addresses),
          );
        }),
    );
    system = next.catch(() => {});
    return next;
  }

  async function find(name: string): Promise<LookupAddress[]> {
    const local = fromHosts(service.hosts() ?? '', name);
    if (local.length > 0) return local;
    const conf = service.resolvConf();
    if (conf === undefined) return fromSystem(name);
    const resolver = new Resolver({ timeout: NAMESERVER_MS, tries: NAMESERVER_TRIES });
    if (service.servers !== undefined) resolver.setServers(service.servers);
    const timer = setTimeout(() => resolver.cancel(), LOOKUP_MS);
    timer.unref();
    try {
      for (const candidate of candidates(conf, name)) {
        // In the order of the search list: the first that exists is the one that is meant.
        // oxlint-disable-next-line no-await-in-loop
        const addresses = await ask(resolver, candidate);
        if (addresses.length > 0) return addresses;
      }
    } finally {
      clearTimeout(timer);
    }
    return fromSystem(name);
  }

  async function addressesOf(name: string): Promise<LookupAddress[]> {
    const kept = known.get(name);
    if (kept !== undefined && now() < kept.until) return kept.addresses;
    let search = pending.get(name);
    if (search === undefined) {
      search = find(name).finally(() => pending.delete(name));
      pending.set(name, search);
    }
    try {
      const addresses = await search;
      known.set(name, { addresses, until: now() + FRESH_MS });
      return addresses;
    } catch (error) {
      if (kept === undefined) throw error;
      return kept.addresses;
    }
  }

  return (hostname, options, callback) => {
    addressesOf(hostname.toLowerCase()).then(
      (all) => {
        const { family } = options;
        const wanted =
          family === 4 || family === 6 || family === 'IPv4' || family === 'IPv6'
            ? all.filter((address) => `${address.family}` === `${family}`.slice(-1))
            : all;
        const [first] = wanted;
        if (first === undefined) callback(notFound(hostname), '');
        else if (options.all) callback(null, wanted);
        else callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, ''),
    );
  };
}

/** The addresses of a name; none when the nameservers know none. Rejects when they say nothing. */
async function ask(resolver: Resolver, name: string): Promise<LookupAddress[]> {
  const answers = await Promise.all(
    ([4, 6] as const).map((family) =>
      new Promise<LookupAddress[]>((resolve, reject) => {
        resolver[family === 4 ? 'resolve4' : 'resolve6'](name, (error, addresses) => {
          if (error === null) resolve(addresses.map((address) => ({ address, family })));
          else if (error.code === 'ETIMEOUT' || error.code === 'ECANCELLED') reject(error);
          else resolve([]);
        });
      }).catch((error: unknown) => error as Error),
    ),
  );
  // A nameserver that is silent about one family has still told the other.
  const found = answers.flatMap((answer) => (answer instanceof Error ? [] : answer));
  const failed = answers.find((answer) => answer instanceof Error);
  if (found.length === 0 && failed !== undefined) throw failed;
  return found;
}

/** The full names that a name may stand for, in the resolver's order. */
export function candidates(resolvConf: string, name: string): string[] {
  if (name.endsWith('.')) return [name];
  let search: string[] = [];
  let dots = 1;
  for (const line of resolvConf.split('\n')) {
    const [word, ...rest] = line
      .replace(/[#;].*/, '')
      .trim()
      .split(/\s+/);
    if (word === 'search' || word === 'domain') search = rest;
    if (word !== 'options') continue;
    for (const option of rest) {
      const found = /^ndots:(\d+)$/.exec(option);
      if (found !== null) dots = Number(found[1]);
    }
  }
  const searched = search.filter((domain) => domain !== '.').map((domain) => `${name}.${domain}`);
  return name.split('.').length > dots ? [name, ...searched] : [...searched, name];
}

function fromHosts(hosts: string, name: string): LookupAddress[] {
  const found: LookupAddress[] = [];
  for (const line of hosts.split('\n')) {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    const family = isIP(address);
    if (family === 0) continue;
    if (names.some((one) => one.toLowerCase() === name)) found.push({ address, family });
  }
  return found;
}

function notFound(name: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`no address for ${name}`), { code: 'ENOTFOUND' });
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
