import { type Config, readConfig } from './read.ts';

/** The configuration of this process; `process.env` is read here alone. */
export function readEnvironment(): { config: Config; warnings: string[] } {
  return readConfig(process.env);
}
