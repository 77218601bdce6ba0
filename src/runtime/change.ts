import type { Reread } from '../config/environment.ts';
import type { Config } from '../config/table.ts';

/** What changing the configuration takes. */
export interface Change {
  /** The configuration with other texts for some variables. */
  readonly reread: Reread;
  /** Hands the parts that may change what it says of them. */
  readonly reconfigure: (config: Config) => void;
}
