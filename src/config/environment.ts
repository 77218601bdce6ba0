import { proxyFor } from './proxy.ts';
import { readConfig } from './read.ts';
import type { Config } from './table.ts';

/** What Node reads of the environment for the requests of the app, and ours follow too. */
export interface NodeSettings {
  /** The URL of the proxy to the collector; undefined = none. A secret. */
  readonly proxy: string | undefined;
  /** False with `NODE_TLS_REJECT_UNAUTHORIZED=0`. */
  readonly rejectUnauthorized: boolean;
}

/** The configuration of this process; `process.env` is read here alone. */
export function readEnvironment(): { config: Config; warnings: string[]; node: NodeSettings } {
  const { env } = process;
  const read = readConfig(env);
  return {
    ...read,
    node: {
      proxy: proxyFor(read.config.otlp.traces.url, env, process.execArgv),
      rejectUnauthorized: env.NODE_TLS_REJECT_UNAUTHORIZED !== '0',
    },
  };
}
