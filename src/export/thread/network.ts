import type { Agent } from 'node:http';
import type { LookupFunction } from 'node:net';
import type { OtlpOptions } from '../options.ts';
import { readTlsOptions, type TlsOptions } from './exporters/otlp-tls.ts';
import type { GrpcClient } from './grpc/client.ts';
import { createLookup } from './lookup.ts';
import { useProxy } from './proxy.ts';

/** What the exporters of all signals share: those of one collector have one connection to it. */
export interface Network {
  /** True on the app's thread: nothing may keep the process alive. */
  readonly inline: boolean;
  /** One for all: it asks the system for one name at a time. */
  readonly lookup: LookupFunction;
  /** The agent for the collector of these options. */
  agent(options: OtlpOptions): Promise<Agent>;
  /** The same for gRPC. `make` is called where there is none yet. */
  grpc(options: OtlpOptions, make: (tls: TlsOptions) => Promise<GrpcClient>): Promise<GrpcClient>;
}

export function createNetwork(inline: boolean, lookup: LookupFunction = createLookup()): Network {
  const tls = new Map<string, TlsOptions>();
  const agents = new Map<string, Promise<Agent>>();
  const clients = new Map<string, Promise<GrpcClient>>();

  /** A file that cannot be read is one line, not one for each signal. */
  function tlsOf(options: OtlpOptions): TlsOptions {
    return known(tls, tlsKey(options), () => readTlsOptions(options));
  }

  async function makeAgent(options: OtlpOptions): Promise<Agent> {
    const isSecure = options.url.startsWith('https:');
    // Read in any case: who has named a file that is not there has made a mistake.
    const files = tlsOf(options);
    const { Agent } = isSecure ? await import('node:https') : await import('node:http');
    // While a request is under way, that of another signal gets a connection of its own: a collector that is silent for one signal must
    // not hold up the others. Only one of them is kept.
    const agent = new Agent({
      keepAlive: true,
      maxFreeSockets: 1,
      lookup,
      ...(isSecure && files),
    });
    if (options.proxy !== undefined) useProxy(agent, options.proxy, options.url, lookup, inline);
    return agent;
  }

  return {
    inline,
    lookup,
    agent: (options) => known(agents, collectorKey(options), () => makeAgent(options)),
    grpc: (options, make) =>
      known(clients, `${options.compression} ${collectorKey(options)}`, () => make(tlsOf(options))),
  };
}

function collectorKey(options: OtlpOptions): string {
  return `${new URL(options.url).origin} ${options.proxy} ${tlsKey(options)}`;
}

function tlsKey({
  certificateFile,
  clientCertificateFile,
  clientKeyFile,
  rejectUnauthorized,
}: OtlpOptions): string {
  return JSON.stringify([certificateFile, clientCertificateFile, clientKeyFile, rejectUnauthorized]);
}

function known<T>(all: Map<string, T>, key: string, make: () => T): T {
  let found = all.get(key);
  if (found === undefined) {
    found = make();
    all.set(key, found);
  }
  return found;
}
