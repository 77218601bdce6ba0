import { proxyFor } from './proxy.ts';
import { type Environment, readConfig } from './read.ts';
import { readSources, type ResourceNames } from './sources.ts';
import type { Config } from './table.ts';

/** What Node reads of the environment for the requests of the app, and ours follow too. */
export interface NodeSettings {
  /** The URL of the proxy to the collector; undefined = none. A secret. */
  readonly proxy: string | undefined;
  /** False with `NODE_TLS_REJECT_UNAUTHORIZED=0`. */
  readonly rejectUnauthorized: boolean;
}

/** What the environment says, and the files that it names. */
export interface ReadEnvironment {
  readonly config: Config;
  readonly warnings: readonly string[];
  readonly node: NodeSettings;
  /** Why nothing is to be traced: one line. */
  readonly failure?: string;
  readonly reread: Reread;
}

/** @param path the file that the texts come from; the warnings are those about them */
export type Reread = (texts: Environment, path: string) => { config: Config; warnings: string[] };

/** The configuration of this process; `process.env` is read here alone. */
export function readEnvironment(resource: ResourceNames): ReadEnvironment {
  const { env } = process;
  const { texts, called, values, warnings, failure } = readSources(env, resource);
  const read = readConfig(texts, { called, values });
  // The environment is what it is at the start, also for what is read later.
  const atStart = read.config.runtime.file === undefined ? texts : { ...texts };
  return {
    config: read.config,
    warnings: [...warnings, ...read.warnings],
    node: {
      proxy: proxyFor(read.config.otlp.traces.url, env, process.execArgv),
      rejectUnauthorized: env.NODE_TLS_REJECT_UNAUTHORIZED !== '0',
    },
    failure,
    reread: (changed, path) => {
      const places: Record<string, string> = { ...called };
      for (const name of Object.keys(changed)) places[name] = `${path}: ${name}`;
      const { config, warnings } = readConfig({ ...atStart, ...changed }, { called: places, values });
      return { config, warnings: warnings.filter((warning) => warning.startsWith(`${path}: `)) };
    },
  };
}
